"""What the combinations of one question have in common: each is worked out once, however many combinations it is part of.

Parts are told apart by identity: the lists that combinations are taken from live as long as this does.
"""

from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any

from services.analyzer.composition_groups import Groups
from services.analyzer.features import Evidence
from services.analyzer.parts import Ordered, Placed, Shown, Tested
from services.analyzer.reading import Item, Order, Reading, Source, datasets
from services.analyzer.slot import Column, Test

_FN = {"plain": "", "count": "count", "count distinct": "count", "sum": "sum", "avg": "avg", "min": "min", "max": "max"}
_AGGREGATES = (("AVG", "avg"), ("SUM", "sum"), ("MAX", "max"), ("MIN", "min"))


class Common:
    """Of one question. grouped: columns that rows may be grouped by, with their chances."""

    def __init__(self, evidence: Evidence, grouped: Sequence[tuple[float, Column]]) -> None:
        self.evidence = evidence
        self.vocabulary = evidence.vocabulary
        self.groups = Groups(evidence.vocabulary, grouped)
        self._items: dict[int, tuple[Item, ...]] = {}
        self._placed: dict[int, Placed] = {}
        self._told: dict[Hashable, frozenset[int]] = {}
        self._ways: dict[Hashable, list[tuple[float, tuple[str, ...]]]] = {}
        self._orders: dict[Hashable, Order] = {}

    def items(self, shown: Shown) -> tuple[Item, ...]:
        """What is shown."""
        made = self._items.get(id(shown))
        if made is None:
            columns = [column.item(_FN[kind], distinct=kind == "count distinct") for column, kind in shown.columns]
            made = self._items[id(shown)] = (*columns, *([self._count(shown.counted)] if shown.counted else []))
        return made

    def _count(self, dataset: str) -> Item:
        """The rows that are counted; one item for all readings of the question that count them."""
        key = ("count", dataset)
        made: Item | None = self.evidence.kept.get(key)
        if made is None:
            made = self.evidence.kept[key] = Item(fn="count", dataset=dataset, source=self._count_source(dataset))
        return made

    def _count_source(self, dataset: str) -> Source:
        cues = [cue for cue in self.evidence.frame.parsed.cues if cue.op == "COUNT"]
        links = self.evidence.by_dataset.get(dataset, ())
        tokens = {at for cue in cues[:1] for at in range(cue.first, cue.last)}
        tokens |= {at for link in links[:1] for at in range(link.first, link.last)}
        return Source(tuple(sorted(tokens)), "cue" if cues else "default")

    def placed(self, tested: Tested) -> Placed:
        """The conditions by where they hold."""
        made = self._placed.get(id(tested))
        if made is None:
            made = self._placed[id(tested)] = Placed.of(tested)
        return made

    def order(self, ordered: Ordered, items: Sequence[Item]) -> Order | None:
        """The order of what is shown."""
        column, how = ordered.column, ordered.how
        if column is None:
            return None
        fn, counted = "", column.target.kind == "dataset"
        if how.startswith("aggregate") and not counted:
            fn = next((item.fn for item in items if item.ref == column.ref and item.fn), "") or self._fn_near(column)
        key = (id(column), how, fn)
        made = self._orders.get(key)
        if made is None:
            rows = Item(fn="count", dataset=column.target.dataset, source=column.source) if counted else column.item(fn)
            made = self._orders[key] = Order(rows, how.endswith("desc"))
        return made

    def _fn_near(self, column: Column) -> str:
        frame = self.evidence.frame
        distance, fn = min((min(frame.near(column.unit, tag)), fn) for tag, fn in _AGGREGATES)
        return fn if distance <= 4 else "sum"

    def other_ways(self, reading: Reading) -> Sequence[tuple[float, tuple[str, ...]]]:
        """Further tables over which a reading's tables join as well, with what this costs: a driver and a race meet in
        results, in qualifying and in lap times."""
        wanted = datasets(reading)
        if len(wanted) < 2:
            return ()
        key = frozenset(wanted), reading.root
        found = self._ways.get(key)
        if found is None:
            found = self._ways[key] = []
            trees = self.vocabulary.graph.trees(reading.root, wanted)
            known = [trees[0].datasets] if trees else []
            for tree in trees[1:]:
                between = tree.datasets - key[0]
                if between and tree.datasets not in known and tree.cost <= trees[0].cost + 0.8:
                    known.append(tree.datasets)
                    found.append((1.0 + 0.4 * len(known), tuple(sorted(between))))
        return found

    # Tokens that a part explains

    def told_by_columns(self, shown: Shown) -> frozenset[int]:
        """Of what is shown."""
        return self._once(("shown", id(shown)), lambda: {at for each in self.items(shown) for at in each.source.tokens})

    def told_by_tests(self, tested: Tested) -> frozenset[int]:
        """Of the conditions, and of the fields that they are on."""
        return self._once(
            ("tested", id(tested)), lambda: {at for test, _ in tested.tests for at in self._of_test(test)}
        )

    def _of_test(self, test: Test) -> set[int]:
        mention = self.evidence.by_field.get((test.on.dataset, test.on.name), ())
        return {*test.tokens, *(at for link in mention[:1] for at in range(link.first, link.last))}

    def told_by_datasets(self, names: frozenset[str]) -> frozenset[int]:
        """Of names of datasets."""
        links = self.evidence.by_dataset
        return self._once(
            names,
            lambda: {at for name in names for each in links.get(name, ())[:2] for at in range(each.first, each.last)},
        )

    def _once(self, key: Hashable, work: Any) -> frozenset[int]:
        made = self._told.get(key)
        if made is None:
            made = self._told[key] = frozenset(work())
        return made

    @cached_property
    def parallel(self) -> bool:
        """Whether several relationships lead from one table of the model to another."""
        return bool(self.vocabulary.graph.parallel)
