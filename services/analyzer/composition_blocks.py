"""How a block is combined with another one: not at all, as a set operation of the same question asked twice, as rows
without a partner, or as rows that have the extreme value."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.analyzer.composition_where import where_of
from services.analyzer.features import Evidence
from services.analyzer.parts import Placed
from services.analyzer.reading import Combination, Compare, Condition, Item, Reading, Ref, Related, Source
from services.analyzer.slot import Test

Costed = tuple[float, Reading]
WHOLE = ("intersect", "union", "except")
"""Combinations of which equal rows count once anyway."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """placed: the conditions; absent: named datasets that only a negation can be about."""

    evidence: Evidence
    placed: Placed
    absent: Sequence[str]

    def of(self, how: str, base: Reading) -> Iterable[Costed]:
        """The readings of a block by how it is combined (one of COMBINED), each with what this costs."""
        if how == "none":
            if not _ordered_in_vain(base):
                yield 0.0, base
            yield from self._extremes(base)
        elif how in ("intersect", "union"):
            yield from self._paired(base, how)
        elif how == "except":
            yield from self._without(base)
        else:
            yield from self._not_in(base)

    def _where(self, tests: Sequence[Test]) -> tuple[Condition, ...]:
        return where_of(tests, self.placed.inner, self.evidence)

    # Extremes

    def _extremes(self, base: Reading) -> Iterable[Costed]:
        """An order of which only the first is wanted, as a condition: all rows that have the extreme value, or that belong
        to the row that has it."""
        if base.limit != 1 or base.group or len(base.order) != 1 or base.order[0].item.ref is None:
            return
        vocabulary = self.evidence.vocabulary
        order, key = base.order[0], base.order[0].item.ref
        plain = replace(base, order=(), limit=0)
        extreme = Item(key, fn="max" if order.descending else "min")
        source = order.item.source
        inner = Reading(root=key.dataset, select=(extreme,))
        condition = Compare(Item(key, source=source), "=", inner, source=source)
        yield 1.6, replace(plain, where=(*base.where, condition))
        if key.dataset == base.root:
            return
        for edge in vocabulary.graph.neighbours(base.root):
            if edge.goal != key.dataset or not edge.forward:
                continue
            column = self._referring(edge.name)
            target = vocabulary.datasets[key.dataset].key_fields
            if column is None or len(target) != 1:
                continue
            inner = Reading(root=key.dataset, select=(Item(Ref(key.dataset, target[0])),), order=(order,), limit=1)
            condition = Compare(Item(column, source=source), "=", inner, source=source)
            yield 0.8, replace(plain, where=(*base.where, condition))

    def _referring(self, name: str) -> Ref | None:
        """The one field that refers by a relationship."""
        for entry in self.evidence.vocabulary.relationships.get(name, ()):
            each = entry.relationship
            if len(each.from_columns) == 1:
                return Ref(entry.from_dataset, each.from_columns[0])
        return None

    # Set operations

    def _paired(self, base: Reading, how: str) -> Iterable[Costed]:
        """The same question asked twice, of one condition and of the other."""
        rows, other = self.placed.rows, self.placed.second
        tests = sorted((*rows, *other), key=lambda each: each.unit)
        first, second = (rows, other) if other else (tests[:-1], tests[-1:])
        plain = replace(base, distinct=False)
        left = replace(plain, where=self._where(first), tables=self._extra(plain, first))
        right = replace(plain, where=self._where(second), tables=self._extra(plain, second))
        yield 0.0, replace(left, combine=Combination(how, right))
        shared = [test for test in first if all(test.on != other.on for other in second)]
        if shared and len(first) > 1:
            right = replace(plain, where=self._where([*shared, *second]))
            yield 0.7, replace(left, combine=Combination(how, right))

    def _extra(self, base: Reading, tests: Sequence[Test]) -> tuple[str, ...]:
        """Datasets to be joined besides: none that only the other side's conditions are about."""
        both = (*self.placed.rows, *self.placed.second)
        foreign = {test.on.dataset for test in both} - {test.on.dataset for test in tests}
        return tuple(name for name in base.tables if name not in foreign)

    def _without(self, base: Reading) -> Iterable[Costed]:
        left = replace(base, distinct=False, tables=tuple(name for name in base.tables if name not in self.absent))
        rows, negated = self.placed.rows, self.placed.negated
        if negated:
            right = replace(left, where=self._where(negated))
            yield 0.0, replace(left, combine=Combination("except", right))
            if rows:
                right = replace(left, where=self._where([*rows, *negated]))
                yield 0.8, replace(left, combine=Combination("except", right))
            return
        for name in self.absent:
            column = self._shared_key(left, name)
            if column is not None:
                right = Reading(root=name, select=(Item(column),))
                yield 0.4, replace(left, combine=Combination("except", right))
            right = replace(left, where=(), tables=(*left.tables, name))
            yield 1.0, replace(left, combine=Combination("except", right))

    def _shared_key(self, left: Reading, name: str) -> Ref | None:
        """The field of another dataset that holds the one key that is shown."""
        if len(left.select) != 1 or left.select[0].ref is None:
            return None
        shown = left.select[0].ref
        for entry in self.evidence.vocabulary.touching.get(name, ()):
            each = entry.relationship
            if len(each.from_columns) != 1:
                continue
            ends = ((entry.from_dataset, each.from_columns[0]), (entry.to_dataset, each.to_columns[0]))
            for one, other in (ends, ends[::-1]):
                if one[0] == name and other == (shown.dataset, shown.field):
                    return Ref(name, one[1])
        return None

    # Partners

    def _not_in(self, base: Reading) -> Iterable[Costed]:
        """Rows of the root that have no partner."""
        tests = self.placed.negated
        goals = list(dict.fromkeys([*(test.on.dataset for test in tests), *self.absent]))
        left = replace(base, tables=tuple(name for name in base.tables if name not in goals))
        for number, goal in enumerate(goals[:2]):
            if goal == base.root:
                continue
            source = self.evidence.by_dataset.get(goal, ())
            tokens = tuple(range(source[0].first, source[0].last)) if source else ()
            missing = Related(base.root, goal, self._where(tests), negated=True, source=Source(tokens, "cue"))
            yield 0.3 * number, replace(left, where=(*left.where, missing))


def _ordered_in_vain(reading: Reading) -> bool:
    """Whether one value of all rows would be put in an order of theirs: "the number of concerts by capacity" is no reading
    of "the number of concerts in the stadium with the greatest capacity"."""
    return (
        not reading.group
        and any(item.aggregated for item in reading.select)
        and any(not order.item.aggregated for order in reading.order)
    )
