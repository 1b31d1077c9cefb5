"""Conditions that compare a field with another one, or with a value of other rows."""

from collections.abc import Iterable, Sequence

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.frame import Frame
from services.analyzer.link import Link
from services.analyzer.reading import Compare, Item, Reading, Ref, Source
from services.analyzer.slot import COMPARISONS, NUMERIC
from services.analyzer.slot_tests import Tests
from services.analyzer.vocabulary import Target


def averages(tests: Tests) -> None:
    """Against a value that a query finds: "above the average", "more than the maximum", "older than every engineer",
    "more than the employee with number 163"."""
    frame = tests.frame
    for at, unit in enumerate(frame.units):
        above, below = "ABOVE_AVG" in unit.tags, "BELOW_AVG" in unit.tags
        compared = next((op for tag, op in COMPARISONS.items() if tag in unit.tags and op not in ("=", "<>")), "")
        if above or below:
            _nested(tests, at, ">" if above else "<", ("avg",))
            continue
        if not compared or (at + 1 < len(frame.units) and frame.units[at + 1].number is not None):
            continue
        _nested(tests, at, compared, _functions_after(frame, at, compared))


def _functions_after(frame: Frame, at: int, op: str) -> tuple[str, ...]:
    """What of the other rows is compared with, as the words behind the comparison say it."""
    for tag, fn in (("AVG", "avg"), ("MAX", "max"), ("MIN", "min")):
        if frame.near(at, tag)[1] <= 4:
            return (fn,)
    least, most = ("min", "max") if op.startswith(">") else ("max", "min")
    if min(frame.near(at, tag)[1] for tag in ("EACH", "ALL")) <= 2:
        return (most, least)
    return ("", least, most)


def _nested(tests: Tests, at: int, op: str, functions: Sequence[str]) -> None:
    """Comparisons with a value of other rows. functions: of their values; "": of the one row that conditions name."""
    unit = tests.frame.units[at]
    ranked = sorted(tests.evidence.by_field.items(), key=lambda each: (-each[1][0].score, each[0]))
    made = 0
    for (dataset, name), links in ranked:
        held = tests.vocabulary.fields[dataset, name]
        timed = held.role == semantics_pb2.FIELD_ROLE_TIME
        coded = held.role == semantics_pb2.FIELD_ROLE_IDENTIFIER
        if (held.family not in NUMERIC and not timed) or coded or links[0].score < 0.4 or made >= 4:
            continue
        made += 1
        ref, score = Ref(dataset, name), links[0].score
        tokens = {*range(unit.first, unit.last), *range(links[0].first, links[0].last)}
        source = Source(tuple(sorted(tokens)), links[0].kind, score)
        for better, fn in enumerate(functions):
            inner = Reading(root=dataset, select=(Item(ref, fn=fn),))
            condition = Compare(Item(ref, source=source), op, inner, source=source)
            target = Target("field", dataset, name)
            tests.add(condition, "average", target, at, tokens, op=op, score=score, better=better)


def fields(tests: Tests) -> None:
    """One field against another: "the support rate is lower than the oppose rate"."""
    frame = tests.frame
    for at, unit in enumerate(frame.units):
        op = next((op for tag, op in COMPARISONS.items() if tag in unit.tags and tag not in ("EQ", "NE")), "")
        if not op:
            continue
        left = _measure_near(tests, range(at - 1, max(-1, at - 5), -1))
        right = _measure_near(tests, range(at + 1, min(len(frame.units), at + 5)))
        if left is None or right is None or left.target == right.target:
            continue
        tokens = {*range(left.first, left.last), *range(unit.first, unit.last), *range(right.first, right.last)}
        source = Source(tuple(sorted(tokens)), "cue", min(left.score, right.score))
        first, second = Ref(left.target.dataset, left.target.name), Ref(right.target.dataset, right.target.name)
        condition = Compare(Item(first, source=source), op, Item(second, source=source), source=source)
        tests.add(condition, "fields", left.target, at, tokens, op=op, score=source.score)


def _measure_near(tests: Tests, places: Iterable[int]) -> Link | None:
    """The number or time that the nearest of these units names; None where a number or value comes first."""
    for place in places:
        unit = tests.frame.units[place]
        if unit.number is not None or "value" in unit.tags:
            return None
        for link in unit.links:
            held = tests.vocabulary.field_of(link.target)
            if link.target.kind == "field" and held is not None and link.score >= 0.55:
                if held.family in NUMERIC or held.role == semantics_pb2.FIELD_ROLE_TIME:
                    return link
    return None
