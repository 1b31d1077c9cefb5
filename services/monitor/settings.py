"""What the monitor is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class MonitorSettings(BaseSettings):
    """Settings of the monitor alone."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    state: str = Field(
        description="The state database, postgresql://…; the monitor keeps spans in its schema `monitor`."
    )
    monitor_retention: int = Field(default=72, gt=0, description="Hours that spans are kept.")
    monitor_interval: float = Field(
        default=1.0, gt=0, description="Seconds between two writes of the spans that have come in."
    )
    monitor_queue: int = Field(
        default=200_000,
        gt=0,
        description="Spans that wait to be written at most; further ones are dropped and counted.",
    )
    advice_interval: float = Field(
        default=30.0,
        gt=0,
        description="Seconds between two looks at whether an index that was suggested is in the catalog: from then on "
        "what is asked is measured against the prediction.",
    )
