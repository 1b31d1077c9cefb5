"""One combination of parts, and the readings that it allows: groups, set operations and negations are settled here."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from services.analyzer.composition_blocks import Blocks
from services.analyzer.composition_groups import Groups
from services.analyzer.composition_where import where_of
from services.analyzer.features import Evidence
from services.analyzer.parts import Ordered, Placed, Shown, Tested, nested, on_groups, wants_row
from services.analyzer.reading import Compare, Item, Order, Reading, Source, datasets
from services.analyzer.roles import alternatives
from services.analyzer.slot import Column, Test

_FN = {"plain": "", "count": "count", "count distinct": "count", "sum": "sum", "avg": "avg", "min": "min", "max": "max"}
_AGGREGATES = (("AVG", "avg"), ("SUM", "sum"), ("MAX", "max"), ("MIN", "min"))


class Composition:
    """One combination of parts, and the readings that it allows."""

    def __init__(
        self, evidence: Evidence, shown: Shown, tested: Tested, ordered: Ordered, tables: tuple[str, ...], combined: str,
        distinct: bool,
    ) -> None:  # fmt: skip
        self._evidence = evidence
        self._vocabulary = evidence.vocabulary
        self._shown = shown
        self._ordered = ordered
        self._tables = tables
        self._combined = combined
        self._distinct = distinct
        self._placed = Placed.of(tested)

    @property
    def possible(self) -> bool:
        """Whether the parts fit together."""
        how, ordered, placed = self._combined, self._ordered, self._placed
        if how == "none" and (placed.second or placed.negated):
            return False
        comparing = [test for test in placed.rows if nested(test.condition)]
        if len(comparing) > 1 or (placed.inner and not comparing):
            return False
        if comparing and not placed.inner and wants_row(comparing[0].condition):
            return False
        if how in ("intersect", "union"):
            if any(on_groups(test) for test in placed.second):
                return False
            if ordered.column is not None or len(placed.rows) + len(placed.second) < 2 or placed.having:
                return False
        if how in ("except", "not in"):
            if not placed.negated and not self._absent:
                return False
            if how == "except" and (ordered.column is not None or self._shown.counted):
                return False
        if not ordered.limit_tokens:
            return True
        limit_tokens = set(ordered.limit_tokens)
        return not any(limit_tokens & test.tokens for test in placed.all())

    def readings(self, grouped: Sequence[tuple[float, Column]]) -> Iterable[tuple[float, Reading]]:
        """Each reading with the cost of how it groups. grouped: columns that rows may be grouped by, with chances."""
        items = self._items
        order = self._order(items)
        root = self._root(items, order)
        if not root:
            return
        where = where_of(self._placed.rows, self._placed.inner, self._evidence)
        having = tuple(_had(test, root) for test in self._placed.having)
        groups = Groups(self._vocabulary, grouped)
        blocks = Blocks(self._evidence, self._placed, self._absent)
        for cost, group, select in groups.of(items, order, root, wanted=bool(having)):
            if having and not group:
                continue
            base = Reading(
                root=root, select=select, where=where, group=group, having=having,
                order=(order,) if order else (), limit=self._ordered.limit, distinct=self._distinct and not group,
                tables=tuple(name for name in self._tables if name != root),
            )  # fmt: skip
            for more, reading in blocks.of(self._combined, base):
                for extra, keyed in (*alternatives(reading, self._evidence), *self._other_ways(reading)):
                    yield cost + more + extra, keyed

    def _other_ways(self, reading: Reading) -> Iterable[tuple[float, Reading]]:
        """The same over other tables in between, where they join as well: a driver and a race meet in results, in
        qualifying and in lap times."""
        if reading.combine is not None or reading.ways:
            return
        wanted = datasets(reading)
        if len(wanted) < 2:
            return
        trees = self._vocabulary.graph.trees(reading.root, wanted)
        known = [trees[0].datasets] if trees else []
        for tree in trees[1:]:
            between = tree.datasets - set(wanted)
            if between and tree.datasets not in known and tree.cost <= trees[0].cost + 0.8:
                known.append(tree.datasets)
                yield 1.0 + 0.4 * len(known), replace(reading, tables=(*reading.tables, *sorted(between)))

    # Tokens

    @cached_property
    def tokens(self) -> frozenset[int]:
        """The tokens of the question that its readings explain."""
        tokens: set[int] = set(self._ordered.limit_tokens)
        for item in self._items:
            tokens.update(item.source.tokens)
        if self._ordered.column is not None:
            tokens.update(self._ordered.column.source.tokens)
        for test in self._placed.all():
            tokens |= test.tokens
            mention = self._evidence.by_field.get((test.on.dataset, test.on.name), ())
            tokens.update(at for link in mention[:1] for at in range(link.first, link.last))
        for name in (*self._used, *(self._absent if self._combined in ("except", "not in") else ())):
            for link in self._evidence.by_dataset.get(name, ())[:2]:
                tokens.update(range(link.first, link.last))
        return frozenset(tokens)

    @cached_property
    def _absent(self) -> list[str]:
        """Named datasets that only a negation can be about."""
        return [name for name in self._evidence.negatable if name not in self._used]

    @cached_property
    def _used(self) -> set[str]:
        used = {column.target.dataset for column, _ in self._shown.columns} | set(self._tables)
        if self._shown.counted:
            used.add(self._shown.counted)
        used.update(test.on.dataset for test in self._placed.rows)
        return used

    # What is shown and ordered by

    @cached_property
    def _items(self) -> list[Item]:
        items = [column.item(_FN[kind], distinct=kind == "count distinct") for column, kind in self._shown.columns]
        if self._shown.counted:
            items.append(self._count())
        return items

    def _count(self) -> Item:
        """The rows that are counted; one item for all readings that count them."""
        key = ("count", self._shown.counted)
        made: Item | None = self._evidence.kept.get(key)
        if made is None:
            made = Item(fn="count", dataset=self._shown.counted, source=self._count_source())
            self._evidence.kept[key] = made
        return made

    def _count_source(self) -> Source:
        frame = self._evidence.frame
        cues = [cue for cue in frame.parsed.cues if cue.op == "COUNT"]
        links = self._evidence.by_dataset.get(self._shown.counted, ())
        tokens = {at for cue in cues[:1] for at in range(cue.first, cue.last)}
        tokens |= {at for link in links[:1] for at in range(link.first, link.last)}
        return Source(tuple(sorted(tokens)), "cue" if cues else "default")

    def _order(self, items: Sequence[Item]) -> Order | None:
        column, how = self._ordered.column, self._ordered.how
        if column is None:
            return None
        descending = how.endswith("desc")
        if column.target.kind == "dataset":
            return Order(Item(fn="count", dataset=column.target.dataset, source=column.source), descending)
        if how.startswith("aggregate"):
            fn = next((item.fn for item in items if item.ref == column.ref and item.fn), "") or self._fn_near(column)
            return Order(column.item(fn), descending)
        return Order(column.item(), descending)

    def _fn_near(self, column: Column) -> str:
        frame = self._evidence.frame
        distance, fn = min((min(frame.near(column.unit, tag)), fn) for tag, fn in _AGGREGATES)
        return fn if distance <= 4 else "sum"

    def _root(self, items: Sequence[Item], order: Order | None) -> str:
        plain = next((item.ref.dataset for item in items if item.ref and not item.fn), "")
        any_field = next((item.ref.dataset for item in items if item.ref), "")
        ordered = order.item.ref.dataset if order and order.item.ref else ""
        return plain or any_field or self._shown.counted or ordered


def _had(test: Test, root: str) -> Compare:
    condition = test.condition
    assert isinstance(condition, Compare)
    if condition.left.fn == "count" and not condition.left.dataset:
        return replace(condition, left=replace(condition.left, dataset=root))
    return condition
