"""What the analyzer is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class AnalyzerSettings(BaseSettings):
    """The analyzer's own settings."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_ANALYZER_", extra="ignore")

    first_models: float = Field(
        default=20.0,
        ge=0,
        description="Seconds that the analyzer waits at most for the first semantic models before it says that it is "
        "ready: a source that is down must not keep the others from being served.",
    )
    version_wait: float = Field(
        default=2.0,
        ge=0,
        description="Seconds that a question waits for a version of model or patterns that is newer than the ones held.",
    )
    answer_at: float = Field(
        default=0.75,
        ge=0,
        le=1,
        description="Least calibrated probability of a reading for it to be run without asking back.",
    )
    offer_at: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="Least calibrated probability that one of the three likeliest readings is meant for them to be offered "
        "as choices; below it the question is refused.",
    )
    language: str = Field(
        default="pt",
        pattern="^(pt|en)$",
        description="Language that is assumed where neither the question nor the caller tells: `pt` or `en`.",
    )
    lookup_timeout: float = Field(
        default=2.0, gt=0, description="Seconds that the mapper may take to look up the values of a question."
    )
