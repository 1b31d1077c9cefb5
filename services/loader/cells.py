"""Rows of a driver → rows of maestro.result.v1."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from maestro.result.v1 import result_pb2
from services.loader.types import Family

Value = result_pb2.Value
_Maker = Callable[[Any], Value]


def families_of(shown: tuple[Family, ...], said: tuple[Family, ...], rows: list[tuple[Any, ...]]) -> tuple[Family, ...]:
    """The family of each column: as the database says, else as the plan implies where the values bear it out, else as
    the values show (SQLite's columns hold anything)."""
    found: list[Family] = []
    for at, (implied, database) in enumerate(zip(shown, said, strict=False)):
        if database not in (Family.UNKNOWN, Family.OTHER):
            found.append(database)
            continue
        seen = {type(row[at]) for row in rows if row[at] is not None}
        found.append(_agreed(implied, seen, database))
    return tuple(found)


def _agreed(implied: Family, seen: set[type], database: Family) -> Family:
    if database is Family.OTHER:
        return implied if implied is not Family.UNKNOWN else Family.OTHER
    if bytes in seen:
        return Family.BINARY
    if str in seen:
        textual = (
            Family.TEXT,
            Family.DATE,
            Family.TIMESTAMP,
            Family.TIME,
            Family.UUID,
            Family.JSON,
            Family.ARRAY,
        )
        return implied if implied in textual else Family.TEXT
    if float in seen:
        return implied if implied in (Family.FLOAT, Family.DECIMAL) else Family.FLOAT
    if int in seen:
        numbers = (Family.INTEGER, Family.BOOLEAN, Family.DECIMAL, Family.FLOAT)
        return implied if implied in numbers else Family.INTEGER
    return implied


def _integer(value: Any) -> Value:
    return Value(integer=value)


def _float(value: Any) -> Value:
    return Value(float=value)


def _decimal(value: Any) -> Value:
    if isinstance(value, float):
        # Shortest text that reads back alike; never in exponents.
        return Value(decimal=format(Decimal(repr(value)), "f"))
    return Value(decimal=str(value))


def _text(value: Any) -> Value:
    return Value(text=value if isinstance(value, str) else str(value))


def _boolean(value: Any) -> Value:
    return Value(boolean=bool(value))


def _date(value: Any) -> Value:
    return Value(date=str(value))


def _time(value: Any) -> Value:
    return Value(time=str(value))


def _binary(value: Any) -> Value:
    return Value(binary=bytes(value))


def _timestamp(value: Any) -> Value:
    return Value(timestamp=str(value).replace(" ", "T", 1))


def _zoned(zone: tzinfo) -> _Maker:
    def make(value: Any) -> Value:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            # Before the year 1 or without end: as the database spells it.
            return Value(timestamp=str(value))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return Value(timestamp=moment.astimezone(zone).isoformat())

    return make


_MAKERS: dict[Family, _Maker] = {
    Family.INTEGER: _integer,
    Family.FLOAT: _float,
    Family.DECIMAL: _decimal,
    Family.BOOLEAN: _boolean,
    Family.DATE: _date,
    Family.TIME: _time,
    Family.TIMESTAMP: _timestamp,
    Family.BINARY: _binary,
}
_LOOSE: dict[type, _Maker] = {int: _integer, float: _float, str: _text, bytes: _binary}


def _strict(make: _Maker, types: tuple[type, ...]) -> _Maker:
    """SQLite may hold a text among numbers: such a value is what it is."""

    def made(value: Any) -> Value:
        return make(value) if isinstance(value, types) else _LOOSE.get(type(value), _text)(value)

    return made


_EXPECTED: dict[Family, tuple[type, ...]] = {
    Family.INTEGER: (int,),
    Family.FLOAT: (float, int),
    Family.DECIMAL: (float, int, str),
    Family.BOOLEAN: (int,),
    Family.DATE: (str,),
    Family.TIME: (str,),
    Family.TIMESTAMP: (str,),
    Family.BINARY: (bytes, memoryview),
    Family.TEXT: (str,),
}


def makers(families: tuple[Family, ...], zoned: tuple[bool, ...], zone: tzinfo) -> list[_Maker]:
    """What makes a cell of each column."""
    made = []
    for family, known in zip(families, zoned, strict=True):
        make = _zoned(zone) if known else _MAKERS.get(family, _text)
        made.append(_strict(make, _EXPECTED[family]) if family in _EXPECTED else make)
    return made


def row_of(values: tuple[Any, ...], making: list[_Maker]) -> result_pb2.Row:
    """One row; values beyond the columns are hidden ones."""
    return result_pb2.Row(
        values=[Value() if value is None else make(value) for value, make in zip(values, making, strict=False)]
    )
