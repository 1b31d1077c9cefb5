"""What the enricher is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EnricherSettings(BaseSettings):
    """Settings of the enricher alone."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    enrich_seconds: float = Field(
        default=2.0,
        gt=0,
        description="Seconds that the queries of comparisons may take together; an answer is not held up for longer.",
    )
    enrich_cost: float = Field(
        default=2_000.0,
        gt=0,
        description="Highest cost that the planner may estimate for the queries of facts that are told only where they are "
        "cheap: the rank of a number among all groups, and outliers where not all groups were fetched.",
    )
