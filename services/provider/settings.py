"""What the provider is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProviderSettings(BaseSettings):
    """Settings of the provider alone."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    cache_seconds: float = Field(
        default=10.0,
        ge=0,
        description="Seconds that a result is served again without asking the database; 0: never. Answers say the age.",
    )
    cache_bytes: int = Field(default=32 * 1024 * 1024, ge=0, description="Bytes of results that are kept at most.")
