"""What the coordinator is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CoordinatorSettings(BaseSettings):
    """Settings of the coordinator alone."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    default_source: str = Field(
        default="", description="Source that a request means which names none. Empty: the only one, where there is one."
    )
    time_zone: str = Field(
        default="America/Sao_Paulo",
        description="IANA zone in which days begin and end, where neither the request nor the source names one.",
    )
    admission_total: int = Field(default=512, gt=0, description="Requests that run at once at most.")
    admission_per_source: int = Field(
        default=384, gt=0, description="Requests that run at once at most for one source."
    )
    admission_per_caller: int = Field(
        default=256, gt=0, description="Requests that run at once at most for one caller."
    )
    admission_lease: float = Field(
        default=60.0, gt=0, description="Seconds after which an admission ends that was not given back."
    )
    health_interval: float = Field(
        default=5.0, gt=0, description="Seconds between two health checks of every instance."
    )
