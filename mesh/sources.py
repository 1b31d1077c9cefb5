"""The user's databases, as the environment names them.

MAESTRO_SOURCE_<NAME>            postgresql://… or sqlite:///path
MAESTRO_SOURCE_<NAME>__SCHEMAS   schemas to read, separated by commas; empty: all but the system's
MAESTRO_SOURCE_<NAME>__MODEL     files or folders of semantic models (Ossie YAML), separated by commas
MAESTRO_SOURCE_<NAME>__LOCALE    the language of its names and comments, such as pt-BR
MAESTRO_SOURCE_<NAME>__TIME_ZONE the time zone of its timestamps without one, such as America/Sao_Paulo
MAESTRO_SOURCE_<NAME>__AS_OF     the day that "today" is for who names none, such as 2025-11-19
MAESTRO_SOURCE_<NAME>__MAX_ROWS, __MAX_BYTES, __MAX_COST, __STATEMENT_TIMEOUT
                                 ceilings of this source, instead of MAESTRO_MAX_ROWS and so on
"""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from mesh.fault import Fault

_PREFIX = "MAESTRO_SOURCE_"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CEILINGS = {"MAX_ROWS": int, "MAX_BYTES": int, "MAX_COST": float, "STATEMENT_TIMEOUT": float}
_OPTIONS = frozenset({"SCHEMAS", "MODEL", "LOCALE", "TIME_ZONE", "AS_OF", *_CEILINGS})
_KINDS = {"postgresql": "postgresql", "postgres": "postgresql", "sqlite": "sqlite"}


@dataclass(frozen=True, slots=True)
class SourceUrl:
    """One source. `url` may hold a password: log `safe_url` instead, which repr shows as well."""

    name: str
    kind: str
    """"postgresql" or "sqlite"."""
    url: str = field(repr=False)
    """As configured; for psycopg and ADBC as it is."""
    safe_url: str
    """Without the password."""
    path: str
    """The file of a sqlite source; "" for others."""
    schemas: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    locale: str = ""
    time_zone: str = ""
    as_of: date | None = None
    max_rows: int | None = None
    """Ceilings: None where the operator's general ones hold."""
    max_bytes: int | None = None
    max_cost: float | None = None
    statement_timeout: float | None = None


def sources(environ: Mapping[str, str] | None = None) -> dict[str, SourceUrl]:
    """All configured sources by lower-case name, in alphabetical order.

    Raises Fault SETTINGS_INVALID where a variable cannot be read; it names the variable and never shows the
    value.
    """
    environ = os.environ if environ is None else environ
    urls: dict[str, str] = {}
    options: dict[str, dict[str, str]] = {}
    for key, value in environ.items():
        if not key.startswith(_PREFIX) or not value.strip():
            continue
        name, separator, option = key.removeprefix(_PREFIX).partition("__")
        name = name.lower()
        if not _NAME.fullmatch(name):
            raise _invalid(key, "the name of a source is letters, digits and _")
        if not separator:
            urls[name] = value.strip()
        elif option in _OPTIONS:
            options.setdefault(name, {})[option] = value.strip()
        else:
            raise _invalid(key, f"a source has no option {option}; it has {', '.join(sorted(_OPTIONS))}")
    for name in options.keys() - urls.keys():
        raise _invalid(f"{_PREFIX}{name.upper()}", "it is not set, but an option of it is")
    return {name: _source(name, urls[name], options.get(name, {})) for name in sorted(urls)}


def _source(name: str, url: str, options: Mapping[str, str]) -> SourceUrl:
    key = _PREFIX + name.upper()
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _invalid(key, "it is not a URL") from error
    kind = _KINDS.get(parts.scheme, "")
    if not kind:
        raise _invalid(key, "it must begin with postgresql:// or sqlite:///")
    path = _path(key, parts, url) if kind == "sqlite" else ""
    return SourceUrl(
        name=name,
        kind=kind,
        url=url,
        safe_url=_without_password(parts, url),
        path=path,
        schemas=_listed(options.get("SCHEMAS", "")),
        model=_listed(options.get("MODEL", "")),
        locale=options.get("LOCALE", ""),
        time_zone=options.get("TIME_ZONE", ""),
        as_of=_day(key, options.get("AS_OF", "")),
        **{option.lower(): _ceiling(key, option, options[option]) for option in _CEILINGS if option in options},
    )


def _day(key: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _invalid(f"{key}__AS_OF", "a day is written as 2025-11-19") from None


def _ceiling(key: str, option: str, text: str) -> Any:
    try:
        value = _CEILINGS[option](text)
    except ValueError:
        value = -1
    # A cost of 0 is none at all; of anything else nothing would be left.
    if not (0 < value < math.inf or (value == 0 and option == "MAX_COST")):
        raise _invalid(f"{key}__{option}", "a ceiling is a number above 0")
    return value


def _path(key: str, parts: SplitResult, url: str) -> str:
    if parts.netloc or not url.startswith("sqlite:///"):
        raise _invalid(key, "a SQLite file is written sqlite:///relative/path or sqlite:////absolute/path")
    path = unquote(url.removeprefix("sqlite:///").partition("?")[0])
    if not path:
        raise _invalid(key, "it names no file")
    return path


def _without_password(parts: SplitResult, url: str) -> str:
    """libpq reads a password from the authority and from the query alike."""
    query = "&".join(
        "password=***" if part.startswith(("password=", "sslpassword=")) else part for part in parts.query.split("&")
    )
    netloc = parts.netloc
    if "@" in netloc:
        user, _, host = netloc.rpartition("@")
        netloc = f"{user.partition(':')[0]}{':***' if ':' in user else ''}@{host}"
    if query == parts.query and netloc == parts.netloc:
        return url
    return parts._replace(netloc=netloc, query=query).geturl()


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in (piece.strip() for piece in text.split(",")) if part)


def _invalid(key: str, why: str) -> Fault:
    return Fault("SETTINGS_INVALID", f"{key}: {why}.", metadata={"setting": key})
