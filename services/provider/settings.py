"""What the provider is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProviderSettings(BaseSettings):
    """How long and how much is remembered."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    cache_seconds: float = Field(
        default=10.0,
        ge=0,
        description="Seconds that a result of a table of unknown or high volatility may be served again. Tables that "
        "hardly change are served up to thirty times as long. 0: nothing is kept.",
    )
    cache_bytes: int = Field(
        default=64 * 1024**2, ge=0, description="Bytes of results that one provider process keeps at most."
    )
