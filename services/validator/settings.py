"""What the validator is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ValidatorSettings(BaseSettings):
    """Settings of the validator."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    question_limit: int = Field(default=10_000, ge=1, le=100_000, description="Characters that a question may have.")
