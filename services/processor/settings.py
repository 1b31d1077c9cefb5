"""What the processor is told from outside."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProcessorSettings(BaseSettings):
    """Settings of the processor."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    answer_items: int = Field(
        default=5,
        ge=1,
        le=50,
        description="Rows that the text of an answer names; the table holds the others.",
    )
    answer_locale: str = Field(
        default="pt-BR",
        description="Language of an answer where neither the caller nor the question tells one.",
    )
