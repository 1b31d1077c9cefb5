"""What the enricher is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EnricherSettings(BaseSettings):
    """Settings of the enricher."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    enrich_timeout: float = Field(
        default=2.0,
        gt=0,
        description="Seconds that one further query for a comparison, a total or the like may take.",
    )
