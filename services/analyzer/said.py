"""Conditions as the question says them, for readings that are made from its grammar: a stored value, an amount, a period."""

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.doubt import dataset_of
from services.analyzer.features import Evidence
from services.analyzer.frame import Unit
from services.analyzer.reading import Compare, Condition, Item, Ref, Source
from services.analyzer.slots import Test, slots_of, source_of
from services.analyzer.vocabulary import Vocabulary

VALUE = 0.84
"""Score of a link from which a word is taken for a stored value."""
KINDS = ("number", "between", "period", "like")
"""Conditions of slots that are taken as they are."""
_NUMERIC = (1, 2, 3)
_NEAR = 4
_ANYTHING = Ref("", "")


def says(unit: Unit) -> bool:
    """Whether a unit may be the end of a condition."""
    return bool(unit.tags & {"value", "number", "period"})


def surely(unit: Unit) -> bool:
    """Whether a unit is a stored value, and nothing else."""
    return bool(unit.links) and unit.links[0].target.kind == "value" and unit.links[0].score >= 0.95


def condition(place: int, evidence: Evidence, but: Ref = _ANYTHING) -> Condition | None:
    """What is asked of the rows at a unit. but: a field that it is not about."""
    unit = evidence.frame.units[place]
    if unit.links and unit.links[0].target.kind in ("field", "dataset") and unit.number is None:
        return None
    code = _code(place, evidence)
    if code is not None:
        return code
    values = [
        link
        for link in unit.links
        if link.target.kind == "value" and link.score >= VALUE and Ref(link.target.dataset, link.target.name) != but
    ]
    if values:
        near = _near_fields(place, evidence)
        best = max(
            values,
            key=lambda link: (
                (link.target.dataset, link.target.name) in near,
                link.score,
                evidence.affinity.get(link.target.dataset, 0.0),
                link.target,
            ),
        )
        source = source_of(best)
        ref = Ref(best.target.dataset, best.target.name)
        return Compare(Item(ref, source=source), "=", best.target.value, source=source)
    found = [test for test in tests(evidence) if test.unit == place and test.kind in KINDS]
    return found[0].condition if found else _amount(place, evidence, but.dataset)


def tests(evidence: Evidence) -> tuple[Test, ...]:
    """The conditions among the slots of a question."""
    held = evidence.kept.get("said.tests")
    if held is None:
        held = evidence.kept["said.tests"] = slots_of(evidence).tests
    return held


def _near_fields(place: int, evidence: Evidence) -> set[tuple[str, str]]:
    """Fields that are named beside a unit."""
    units = evidence.frame.units[max(0, place - 3) : place + 4]
    return {
        (link.target.dataset, link.target.name) for unit in units for link in unit.links if link.target.kind == "field"
    }


def code_run(place: int, evidence: Evidence) -> tuple[int, int]:
    """The units around a number that are written together with it, "555-1234": [first, last)."""
    units, tokens = evidence.frame.units, evidence.frame.parsed.question.tokens
    first, last = place, place + 1
    while (
        first > 0
        and tokens[units[first - 1].last - 1].end == tokens[units[first].first].start
        and _coded(units[first - 1], evidence)
    ):
        first -= 1
    while (
        last < len(units)
        and tokens[units[last - 1].last - 1].end == tokens[units[last].first].start
        and _coded(units[last], evidence)
    ):
        last += 1
    while last > place + 1 and units[last - 1].number is None:
        last -= 1
    while first < place and units[first].number is None:
        first += 1
    return first, last


def _coded(unit: Unit, evidence: Evidence) -> bool:
    return unit.number is not None or evidence.frame.parsed.keys[unit.first] in ("-", "/")


def _code(place: int, evidence: Evidence) -> Condition | None:
    """A code that is written with signs in it, of the text field that is named before it."""
    first, last = code_run(place, evidence)
    if last - first < 3:
        return None
    units, vocabulary = evidence.frame.units, evidence.vocabulary
    for near in reversed(units[max(0, first - _NEAR) : first]):
        for link in near.links:
            held = vocabulary.fields.get((link.target.dataset, link.target.name))
            if link.target.kind == "field" and held is not None and link.score >= 0.6 and held.family not in _NUMERIC:
                text = evidence.frame.parsed.text(units[first].first, units[last - 1].last)
                source = Source(tuple(range(units[first].first, units[last - 1].last)), "cue")
                return Compare(
                    Item(Ref(link.target.dataset, link.target.name), source=source), "=", text, source=source
                )
    return None


def _amount(place: int, evidence: Evidence, about: str) -> Condition | None:
    """A number beside the name of a table that holds one amount ("a budget of 700"), or that can only be the one whole
    number that the rows have ("halls for 500 people")."""
    unit = evidence.frame.units[place]
    if unit.number is None:
        return None
    named = [dataset_of(near) for near in reversed(evidence.frame.units[max(0, place - 3) : place])]
    value = int(unit.number.value) if unit.number.whole else unit.number.value
    source = Source(tuple(range(unit.first, unit.last)), "cue")
    for name in (*named, about):
        if not name:
            continue
        held = amounts(name, evidence.vocabulary)
        if name == about:
            held = [each for each in held if evidence.vocabulary.fields[name, each].family == 1]
        if len(held) == 1 and (name != about or unit.number.whole):
            return Compare(Item(Ref(name, held[0]), source=source), "=", value, source=source)
    return None


def amounts(name: str, vocabulary: Vocabulary) -> list[str]:
    """Fields of a dataset that say how much."""
    held = vocabulary.datasets[name]
    return [
        each.name
        for each in held.fields
        if each.family in _NUMERIC
        and each.name not in held.key_fields
        and (name, each.name) not in vocabulary.referring
        and each.role not in (semantics_pb2.FIELD_ROLE_IDENTIFIER, semantics_pb2.FIELD_ROLE_TIME)
        and each.unit != "year"
    ]
