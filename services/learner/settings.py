"""What the learner is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class LearnerSettings(BaseSettings):
    """Settings of the learner."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    state: str = Field(
        default="",
        description="libpq URL of Maestro's own database (`postgresql://…`): memory, patterns, runs, spans.",
    )
    learn_interval: float = Field(
        default=60.0,
        ge=0,
        description="Seconds between two rounds of learning from new feedback. 0: only when Learn is called.",
    )
    learn_days: float = Field(
        default=365.0, gt=0, description="Days after which feedback no longer counts and is removed."
    )
    observe_days: float = Field(default=90.0, gt=0, description="Days after which an observed question is removed.")
    learn_connections: int = Field(
        default=3, ge=1, description="Connections to the state database that the learner holds at most."
    )
