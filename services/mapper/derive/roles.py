"""Roles: what a column is good for, judged by keys, names, types, distinctness and values."""

import re

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive.dates import is_time
from services.mapper.derive.facts import NUMERIC, Facts
from services.mapper.lexicon import judging

IDENTIFIER = semantics.FIELD_ROLE_IDENTIFIER
MEASURE = semantics.FIELD_ROLE_MEASURE
DIMENSION = semantics.FIELD_ROLE_DIMENSION
TIME = semantics.FIELD_ROLE_TIME
TEXT = semantics.FIELD_ROLE_TEXT

_IDENTIFYING = judging.words("identifying")
_NUMBERING = judging.words("numbering")
_COUNTING = judging.words("counting")
_GROUPING = judging.words("grouping")
_QUANTITIES = judging.words("quantities")
_PROSE = judging.words("prose")
_NAMING = judging.words("naming")
_CODE_LIKE = re.compile(r"(?=.*\d)[\w./\-]{3,}")


def role_of(facts: Facts) -> semantics.FieldRole.ValueType:
    """What a column is good for; flags are judged before, by `flags`."""
    if is_time(facts):
        return TIME
    if facts.family in (catalog.TYPE_FAMILY_BINARY, catalog.TYPE_FAMILY_JSON):
        return TEXT
    if facts.family == catalog.TYPE_FAMILY_UUID:
        return IDENTIFIER
    if facts.family in NUMERIC:
        return _number(facts)
    if facts.family == catalog.TYPE_FAMILY_TEXT:
        return _text(facts)
    return DIMENSION


def is_year(facts: Facts) -> bool:
    """Whether a number is a year: it groups, and is never summed."""
    return facts.family in NUMERIC and facts.says(frozenset({"year", "ano"})) and not facts.says(_COUNTING)


def _number(facts: Facts) -> semantics.FieldRole.ValueType:
    if _is_key(facts):
        return IDENTIFIER
    if facts.family != catalog.TYPE_FAMILY_INTEGER and not _whole_values(facts):
        return MEASURE
    quantity = facts.says(_QUANTITIES)
    numbered = facts.says(_NUMBERING) and not facts.says(_COUNTING) and facts.unique
    if (facts.says(_IDENTIFYING) or numbered) and not quantity:
        return IDENTIFIER
    if is_year(facts):
        return DIMENSION
    return DIMENSION if facts.says(_GROUPING) and not quantity else MEASURE


def _is_key(facts: Facts) -> bool:
    named = bool(facts.name.folded) and facts.name.folded[-1] in ("id", "ids")
    return facts.refers or named or facts.column.identity or (facts.key and not facts.says(_QUANTITIES))


def _whole_values(facts: Facts) -> bool:
    """Drivers often give whole numbers as decimals with nothing behind the point."""
    return bool(facts.samples) and all(re.fullmatch(r"-?\d+(\.0*)?", value) for value in facts.samples)


def _text(facts: Facts) -> semantics.FieldRole.ValueType:
    naming = facts.says(_NAMING)
    if facts.says(_PROSE) and not naming and not _few(facts):
        return TEXT
    width = facts.column.statistics.average_width or _mean_length(facts)
    if width > 80 and not naming and not _few(facts):
        return TEXT
    if naming:
        return DIMENSION
    if facts.refers:
        return IDENTIFIER
    if facts.says(_IDENTIFYING) and not _few(facts):
        return IDENTIFIER
    if (facts.key or facts.unique or facts.says(_NUMBERING)) and _codes(facts):
        return IDENTIFIER
    return DIMENSION


def _few(facts: Facts) -> bool:
    """Few values, each many times: they group, whatever the name says."""
    return 0 < facts.distinct <= 30 and (facts.rows < 0 or facts.rows >= 3 * facts.distinct)


def _codes(facts: Facts) -> bool:
    """Whether the values look like numbers and codes rather than words."""
    return bool(facts.samples) and sum(bool(_CODE_LIKE.fullmatch(value)) for value in facts.samples) >= 0.7 * len(
        facts.samples
    )


def _mean_length(facts: Facts) -> float:
    return sum(map(len, facts.samples)) / len(facts.samples) if facts.samples else 0.0
