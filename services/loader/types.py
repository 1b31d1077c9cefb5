"""What may be done with values: families of types, and the database's own name where it is known."""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Final


class Family(IntEnum):
    """The values of maestro.catalog.v1.TypeFamily."""

    UNKNOWN = 0
    INTEGER = 1
    DECIMAL = 2
    FLOAT = 3
    TEXT = 4
    BOOLEAN = 5
    DATE = 6
    TIMESTAMP = 7
    TIME = 8
    INTERVAL = 9
    BINARY = 10
    JSON = 11
    UUID = 12
    ARRAY = 13
    OTHER = 14


NUMERIC: Final = frozenset({Family.INTEGER, Family.DECIMAL, Family.FLOAT})
TEMPORAL: Final = frozenset({Family.DATE, Family.TIMESTAMP})

_MODIFIER = re.compile(r"\(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Type:
    """family: what it is. name: the database's name without length or precision, lower case; "" where unknown. scale:
    digits behind the point, where the type fixes them. labels: an enum's."""

    family: Family = Family.UNKNOWN
    name: str = ""
    scale: int | None = None
    labels: tuple[str, ...] = ()

    @property
    def zoned(self) -> bool:
        """Whether it is a moment that knows its zone."""
        return self.name in ("timestamp with time zone", "timestamptz")

    @property
    def padded(self) -> bool:
        """Whether it is text of fixed length, kept with blanks behind it."""
        return self.name in ("character", "char", "bpchar")

    @property
    def numeric(self) -> bool:
        """Whether it is a number."""
        return self.family in NUMERIC

    @property
    def temporal(self) -> bool:
        """Whether it is a day or a moment."""
        return self.family in TEMPORAL


UNKNOWN: Final = Type()
INTEGER: Final = Type(Family.INTEGER, "bigint")
DECIMAL: Final = Type(Family.DECIMAL, "numeric")
FLOAT: Final = Type(Family.FLOAT, "double precision")
REAL: Final = Type(Family.FLOAT, "real")
TEXT: Final = Type(Family.TEXT, "text")
BOOLEAN: Final = Type(Family.BOOLEAN, "boolean")
DATE: Final = Type(Family.DATE, "date")
TIMESTAMP: Final = Type(Family.TIMESTAMP, "timestamp without time zone")
TIMESTAMP_ZONED: Final = Type(Family.TIMESTAMP, "timestamp with time zone")
TIME: Final = Type(Family.TIME, "time without time zone")


@cache
def column_type(spelled: str, family: int, labels: tuple[str, ...] = ()) -> Type:
    """The type of a column as the catalog spells it, for example "character varying(20)" of family TEXT."""
    modifier = _MODIFIER.search(spelled)
    name = " ".join(_MODIFIER.sub(" ", spelled).split())
    # An enum's name is an identifier; every other type's is a keyword.
    name = name if labels else name.lower()
    scale = None
    if modifier and family == Family.DECIMAL:
        digits = modifier[1].split(",")
        scale = int(digits[1]) if len(digits) > 1 and digits[1].strip().isdigit() else 0
    known = family if family in Family._value2member_map_ else 0
    return Type(Family(known), name, scale, labels)
