"""Flags: columns that say yes or no, however they spell it."""

from dataclasses import dataclass

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from services.mapper.derive.facts import NUMERIC, Facts
from services.mapper.lexicon import judging

_YES = frozenset({"y", "yes", "t", "true", "s", "sim", "1", "v", "verdadeiro"})
_NO = frozenset({"n", "no", "f", "false", "nao", "não", "0", "falso"})
_PAIRS = (
    ("y", "n"), ("yes", "no"), ("t", "f"), ("true", "false"), ("s", "n"), ("sim", "não"), ("sim", "nao"),
    ("1", "0"), ("v", "f"), ("verdadeiro", "falso"),
)  # fmt: skip
# A name that asks for yes or no; needed where 0 and 1 could as well be numbers, or where one of the two never occurs.
_ASKING = judging.words("asking")


@dataclass(frozen=True, slots=True)
class Flag:
    """A yes-or-no column: its values that mean yes and no, as stored ("" where that one does not occur)."""

    yes: str
    no: str


def flag_of(facts: Facts) -> Flag | None:
    """How a column says yes and no; None where it says something else."""
    if facts.family == catalog.TYPE_FAMILY_BOOLEAN:
        return Flag("true", "false")
    if not facts.complete or not 1 <= len(facts.samples) <= 2 or facts.key:
        return None
    by_fold = {value.strip().lower(): value for value in facts.samples}
    numeric = facts.family in NUMERIC
    asks = facts.says(_ASKING)
    for yes, no in _PAIRS:
        if set(by_fold) == {yes, no}:
            # "T" and "F" may be anything; 0 and 1 may be counts. Their name has to ask for a yes or no.
            if (numeric or {yes, no} in ({"t", "f"}, {"v", "f"})) and not asks and facts.rows < 50:
                return None
            return Flag(by_fold[yes], by_fold[no])
    if len(by_fold) == 1 and asks:
        only, stored = next(iter(by_fold.items()))
        if only in _YES:
            return Flag(stored, "")
        if only in _NO:
            return Flag("", stored)
    return None


def predicate(facts: Facts, flag: Flag) -> plan.Predicate | None:
    """The condition "it says yes" on the column; None where a yes has never been seen."""
    reference = plan.Expression(column=plan.ColumnRef(column=facts.column.name))
    if facts.family == catalog.TYPE_FAMILY_BOOLEAN:
        return plan.Predicate(truth=reference)
    if not flag.yes:
        return None
    literal = plan.Literal(integer=int(flag.yes)) if _whole(facts) else plan.Literal(text=flag.yes)
    return plan.Predicate(
        comparison=plan.Comparison(
            operator=plan.COMPARISON_OPERATOR_EQUAL, left=reference, right=plan.Expression(literal=literal)
        )
    )


def _whole(facts: Facts) -> bool:
    return facts.family in NUMERIC
