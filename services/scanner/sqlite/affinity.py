"""Which family a SQLite column belongs to. Declared types are only hints there, so the values decide with
them.
"""

import re
from collections.abc import Sequence

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.sqlite.file import Value

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?")
# First match wins. SQLite's own rule is looser still ("POINT" contains INT), so the words are bounded at
# their start.
_DECLARED: tuple[tuple[str, "pb.TypeFamily.ValueType"], ...] = (
    (r"\bbool", pb.TYPE_FAMILY_BOOLEAN),
    (r"\b(datetime|timestamp)", pb.TYPE_FAMILY_TIMESTAMP),
    (r"\bdate", pb.TYPE_FAMILY_DATE),
    (r"\btime", pb.TYPE_FAMILY_TIME),
    (r"\b(big|small|tiny|medium|u|unsigned )?int|\bserial|\byear|\bint\d|\bbit\b", pb.TYPE_FAMILY_INTEGER),
    (r"\b(real|float|double)", pb.TYPE_FAMILY_FLOAT),
    (r"\b(dec|num|money|currency)", pb.TYPE_FAMILY_DECIMAL),
    (r"\buuid|\bguid|\buniqueidentifier", pb.TYPE_FAMILY_TEXT),
    (r"\bjson", pb.TYPE_FAMILY_JSON),
    (r"char|text|clob|string|enum", pb.TYPE_FAMILY_TEXT),
    (r"blob|binary|bytea|image", pb.TYPE_FAMILY_BINARY),
)


def family(declared: str, values: Sequence[Value]) -> "pb.TypeFamily.ValueType":
    """The family of a column with that declared type and those values (NULLs left out, some or all of the
    distinct ones).

    Text in a column declared as a number, date or boolean makes it text, unless dates and times are ISO 8601,
    as SQLite's own functions want them. Without values the declaration is believed; without either it is
    OTHER.
    """
    said = _declared(declared)
    # An empty text is how many files write "none".
    told = [value for value in values if value != ""]
    if not told:
        return said
    if any(isinstance(value, bytes) for value in told):
        return pb.TYPE_FAMILY_BINARY
    texts = [value for value in told if isinstance(value, str)]
    if not texts:
        return _of_numbers(said, [value for value in told if isinstance(value, (int, float))])
    if len(texts) < len(told):
        return pb.TYPE_FAMILY_TEXT
    return _of_texts(said, texts)


def _declared(text: str) -> "pb.TypeFamily.ValueType":
    for pattern, each in _DECLARED:
        if re.search(pattern, text.lower()):
            return each
    return pb.TYPE_FAMILY_OTHER


def _of_numbers(said: "pb.TypeFamily.ValueType", values: Sequence[int | float]) -> "pb.TypeFamily.ValueType":
    if said == pb.TYPE_FAMILY_BOOLEAN and set(values) <= {0, 1}:
        return said
    if said in (pb.TYPE_FAMILY_FLOAT, pb.TYPE_FAMILY_DECIMAL):
        return said
    return pb.TYPE_FAMILY_INTEGER if all(isinstance(value, int) for value in values) else pb.TYPE_FAMILY_FLOAT


def _of_texts(said: "pb.TypeFamily.ValueType", texts: Sequence[str]) -> "pb.TypeFamily.ValueType":
    if said == pb.TYPE_FAMILY_JSON:
        return said
    if said in (pb.TYPE_FAMILY_DATE, pb.TYPE_FAMILY_TIMESTAMP):
        if all(_DAY.fullmatch(text) for text in texts):
            return pb.TYPE_FAMILY_DATE
        if all(_MOMENT.fullmatch(text) for text in texts):
            return pb.TYPE_FAMILY_TIMESTAMP
    if said == pb.TYPE_FAMILY_TIME and all(_TIME.fullmatch(text) for text in texts):
        return said
    return pb.TYPE_FAMILY_TEXT
