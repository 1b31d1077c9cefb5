"""Where what a question asks for stands in it."""

from services.analyzer.features import Evidence
from services.analyzer.frame import Unit

_DEGREES = frozenset({"ORDER", "ASC", "DESC", "DEGREE_MAX", "DEGREE_MIN", "MOST", "FEWEST", "FIRST", "LAST"})
ASKING = frozenset({"WHO", "WHAT", "WHICH", "LIST", "WHEN", "WHERE", "BY", "HOW"})
"""Operators that begin what is asked for."""
_CONDITIONS = frozenset(
    {"THAT", "WITH", "WHOSE", "IN", "FROM", "AT", "ON", "HAVE", "GT", "LT", "GE", "LE", "EQ", "BETWEEN", "SAME"}
)
PRONOUNS = frozenset("who whom when where quem quando onde".split())  # noqa: SIM905
"""Words that ask where they begin, and only tie where they do not."""


def asked_for(place: int, evidence: Evidence) -> bool:
    """Whether a unit stands where what is asked for stands: not behind a word that begins a condition."""
    units = evidence.frame.units
    if units[place].tags & _DEGREES:
        return False
    if units[place].tags & {"WHO", "WHEN", "WHERE"} or words_in(units[place], evidence) & PRONOUNS:
        return place <= 1 or bool(units[place - 1].tags & {"AND", "LIST"}) or "comma" in units[place - 1].tags
    for number in range(place - 1, -1, -1):
        unit = units[number]
        if unit.tags & _DEGREES:
            return False
        if (
            unit.tags & {"WHICH", "WHAT", "WHO"}
            and number > 1
            and not units[number - 1].tags & {"AND", "LIST", "comma"}
        ):
            return False
        if unit.tags & ASKING:
            return True
        if unit.tags & _CONDITIONS:
            return "AND" in units[place - 1].tags
    return place <= 1


def words_in(unit: Unit, evidence: Evidence) -> set[str]:
    """The norms of a unit's tokens."""
    return set(evidence.frame.parsed.keys[unit.first : unit.last])
