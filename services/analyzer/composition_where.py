"""The conditions of one block: those that exclude each other, or that "or" joins, are alternatives."""

from collections.abc import Sequence
from dataclasses import replace

from services.analyzer.features import Evidence
from services.analyzer.frame import Unit
from services.analyzer.parts import nested
from services.analyzer.reading import AnyOf, Compare, Condition, Constant, Item, Named, Reading, Source, Within
from services.analyzer.slot import Test


def where_of(tests: Sequence[Test], inner: Sequence[Test], evidence: Evidence) -> tuple[Condition, ...]:
    """All tests as conditions, put together once for a question. inner: those that belong inside a compared query."""
    key = ("where", tuple(map(id, tests)), tuple(map(id, inner)))
    held = evidence.kept.get(key)
    if held is None:
        # With the tests themselves, so that no other can come to have their ids.
        held = evidence.kept[key] = (_clustered(tests, inner, evidence), tuple(tests), tuple(inner))
    made: tuple[Condition, ...] = held[0]
    return made


def _clustered(tests: Sequence[Test], inner: Sequence[Test], evidence: Evidence) -> tuple[Condition, ...]:
    frame = evidence.frame
    clusters: list[list[Test]] = []
    for test in sorted(tests, key=lambda each: each.unit):
        before = clusters[-1][-1] if clusters else None
        if before is not None and _alternative(before, test, frame.units[before.unit + 1 : test.unit]):
            clusters[-1].append(test)
        else:
            clusters.append([test])
    return tuple(_any_of([_completed(test.condition, inner) for test in cluster]) for cluster in clusters)


def _completed(condition: Condition, inner: Sequence[Test]) -> Condition:
    """A comparison with a query's value, with the conditions that belong inside the query."""
    if not inner or not nested(condition):
        return condition
    assert isinstance(condition, Compare)
    assert isinstance(condition.right, Reading)
    return replace(condition, right=replace(condition.right, where=tuple(test.condition for test in inner)))


def _alternative(one: Test, other: Test, between: Sequence[Unit]) -> bool:
    first, second = one.condition, other.condition
    if isinstance(first, Named) and isinstance(second, Named):
        return True
    if isinstance(first, Compare) and isinstance(second, Compare):
        if first.left.ref == second.left.ref and first.op == second.op == "=":
            return True
    return any("OR" in unit.tags for unit in between)


def _any_of(conditions: list[Condition]) -> Condition:
    if len(conditions) == 1:
        return conditions[0]
    compared = [
        each for each in conditions if isinstance(each, Compare) and each.op == "=" and each.left.ref is not None
    ]
    if len(compared) == len(conditions) and len({each.left.ref for each in compared}) == 1:
        ref = compared[0].left.ref
        assert ref is not None
        values: list[Constant] = []
        for each in compared:
            if not isinstance(each.right, (Item, Reading)) and each.right not in values:
                values.append(each.right)
        tokens = tuple(sorted({token for each in compared for token in each.source.tokens}))
        return Within(ref, tuple(values), source=Source(tokens, compared[0].source.kind, compared[0].source.score))
    return AnyOf(tuple(conditions))
