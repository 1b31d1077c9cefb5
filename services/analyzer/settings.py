"""What the analyzer is told from outside."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.analyzer.proposer_http import Address


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
        default=0.85,
        ge=0,
        le=1,
        description="Least calibrated probability of a reading for it to be answered without more ado.",
    )
    show_at: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="Least calibrated probability of a reading for it to be answered with other readings shown beside it; "
        "below it the question is asked back.",
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

    relate_timeout: float = Field(
        default=10.0,
        ge=0,
        description="Seconds that the mapper may take to say what an unknown word of a question comes near to in meaning, and "
        "at most half of what the question has left; the first such question loads the encoder. Without an answer by then "
        "the question is refused, as it is without the extra `similarity`. 0: nobody is asked.",
    )
    relate_at: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="Least likeness of meaning of a name for an unknown word to be taken for it; it is always asked back.",
    )


class LlmSettings(BaseSettings):
    """A language model that proposes plans as well. Without a URL there is none."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_LLM_", extra="ignore")

    url: str = Field(
        default="",
        description="Base URL of an OpenAI-compatible endpoint (`http://127.0.0.1:8080/v1`) whose language model proposes "
        "plans beside the analyzer's own. It gets questions, names and descriptions. Empty: there is none.",
    )
    model: str = Field(default="", max_length=200, description="Name of the model, as the endpoint knows it.")
    key: SecretStr | None = Field(
        default=None,
        description="Key of the endpoint, sent as a bearer token. Empty: none, or that of the file.",
    )
    key_file: str = Field(default="", description="File that holds the key, for secrets that are mounted.")
    timeout: float = Field(
        default=8.0,
        gt=0,
        description="Seconds that the model may take for a question, and at most half of what the question has left. "
        "Without an answer by then the question goes on without.",
    )
    tokens: int = Field(default=400, ge=50, le=4000, description="Tokens that the model's answer may have.")
    values: int = Field(
        default=6,
        ge=0,
        le=50,
        description="Values of the data that the model may see at most, of each field that has few, and of those that the "
        "question's words led to. 0: none at all.",
    )

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        if url.strip():
            Address.of(url)
        return url.strip()
