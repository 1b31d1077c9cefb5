"""What the memorizer is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class MemorizerSettings(BaseSettings):
    """Settings of the memorizer."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    state: str = Field(
        default="",
        description="libpq URL of Maestro's own database (`postgresql://…`): memory, patterns, runs, spans.",
    )
    memory_days: float = Field(
        default=90.0, gt=0, description="Days after which a turn of a conversation is forgotten."
    )
    memory_turns: int = Field(
        default=200, ge=10, description="Turns that are kept of one conversation; older ones are forgotten."
    )
    memory_facts: int = Field(
        default=1000, ge=1, description="Facts that are kept for one caller; further ones are refused."
    )
    memory_connections: int = Field(
        default=4, ge=1, description="Connections to the state database that the memorizer holds at most."
    )
    memory_sweep: float = Field(default=3600.0, gt=0, description="Seconds between two removals of what is too old.")
