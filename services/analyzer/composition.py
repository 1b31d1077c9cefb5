"""One combination of parts, and the readings that it allows: groups, set operations and negations are settled here."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from services.analyzer.features import Evidence
from services.analyzer.reading import (
    AnyOf,
    Combination,
    Compare,
    Condition,
    Constant,
    Item,
    Named,
    Order,
    Reading,
    Ref,
    Related,
    Source,
    Within,
    datasets,
)
from services.analyzer.roles import alternatives
from services.analyzer.slots import Column, Test

FLOOR = 0.004
_FN = {"plain": "", "count": "count", "count distinct": "count", "sum": "sum", "avg": "avg", "min": "min", "max": "max"}


def cost_of(probability: float) -> float:
    """Minus the logarithm of a probability, bounded."""
    return -math.log(min(max(probability, FLOOR), 1.0))


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown: the columns with their kinds; counted: the dataset whose rows are counted, or ""."""

    columns: tuple[tuple[Column, str], ...]
    counted: str = ""


@dataclass(frozen=True, slots=True)
class Tested:
    """Which conditions hold, each with its place."""

    tests: tuple[tuple[Test, str], ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is ordered by. column: None for no order. how: one of ORDERED; limit: 0 for all."""

    column: Column | None = None
    how: str = ""
    limit: int = 0
    limit_tokens: tuple[int, ...] = ()


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
        self._main = [test for test, place in tested.tests if place == "main"]
        self._negated = [test for test, place in tested.tests if place == "negated"]
        self._second = [test for test, place in tested.tests if place == "second"]
        self._inner = [test for test, place in tested.tests if place == "inner"]
        self._having = [test for test in self._main if test.kind in ("count", "aggregate")]
        self._rows = [test for test in self._main if test.kind not in ("count", "aggregate")]

    @property
    def possible(self) -> bool:
        """Whether the parts fit together."""
        how, ordered = self._combined, self._ordered
        if how == "none" and (self._second or self._negated):
            return False
        nested = [test for test in self._main if _nested(test.condition)]
        if len(nested) > 1 or (self._inner and not nested):
            return False
        if nested and not self._inner and _wants_row(nested[0].condition):
            return False
        if how in ("intersect", "union"):
            if any(test.kind in ("count", "aggregate") for test in self._second):
                return False
            if ordered.column is not None or len(self._rows) + len(self._second) < 2 or self._having:
                return False
        if how in ("except", "not in"):
            if not self._negated and not self._absent:
                return False
            if how == "except" and (ordered.column is not None or self._shown.counted):
                return False
        limit_tokens = set(ordered.limit_tokens)
        tests = (*self._main, *self._negated, *self._second, *self._inner)
        return not any(limit_tokens & test.tokens for test in tests)

    @cached_property
    def _absent(self) -> list[str]:
        """Named datasets that only a negation can be about."""
        return [name for name in self._evidence.negatable if name not in self._used]

    @cached_property
    def _used(self) -> set[str]:
        used = {column.target.dataset for column, _ in self._shown.columns} | set(self._tables)
        if self._shown.counted:
            used.add(self._shown.counted)
        used.update(test.on.dataset for test in self._rows)
        return used

    @cached_property
    def _items(self) -> list[Item]:
        items = [self._item(column, kind) for column, kind in self._shown.columns]
        if self._shown.counted:
            items.append(self._count())
        return items

    def readings(self, grouped: Sequence[tuple[float, Column]]) -> Iterable[tuple[float, Reading]]:
        """Each reading with the cost of how it groups. grouped: columns that rows may be grouped by, with chances."""
        items = self._items
        order = self._order(items)
        root = self._root(items, order)
        if not root:
            return
        where = self._where(self._rows)
        having = tuple(self._had(test, root) for test in self._having)
        for cost, group, select in self._groups(items, order, grouped, root):
            base = Reading(
                root=root, select=select, where=where, group=group, having=having if group else (),
                order=(order,) if order else (), limit=self._ordered.limit, distinct=self._distinct and not group,
                tables=tuple(name for name in self._tables if name != root),
            )  # fmt: skip
            if having and not group:
                continue
            for more, reading in self._combinations(base):
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

    def _item(self, column: Column, kind: str) -> Item:
        return column.item(_FN[kind], distinct=kind == "count distinct")

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
        found = [
            (min(frame.near(column.unit, tag)), fn)
            for tag, fn in (("AVG", "avg"), ("SUM", "sum"), ("MAX", "max"), ("MIN", "min"))
        ]
        distance, fn = min(found)
        return fn if distance <= 4 else "sum"

    def _root(self, items: Sequence[Item], order: Order | None) -> str:
        plain = next((item.ref.dataset for item in items if item.ref and not item.fn), "")
        any_field = next((item.ref.dataset for item in items if item.ref), "")
        ordered = order.item.ref.dataset if order and order.item.ref else ""
        return plain or any_field or self._shown.counted or ordered

    @cached_property
    def tokens(self) -> frozenset[int]:
        """The tokens of the question that its readings explain."""
        tokens: set[int] = set(self._ordered.limit_tokens)
        for item in self._items:
            tokens.update(item.source.tokens)
        if self._ordered.column is not None:
            tokens.update(self._ordered.column.source.tokens)
        for test in (*self._main, *self._negated, *self._second, *self._inner):
            tokens |= test.tokens
            mention = self._evidence.by_field.get((test.on.dataset, test.on.name), ())
            tokens.update(at for link in mention[:1] for at in range(link.first, link.last))
        for name in (*self._used, *(self._absent if self._combined in ("except", "not in") else ())):
            for link in self._evidence.by_dataset.get(name, ())[:2]:
                tokens.update(range(link.first, link.last))
        return frozenset(tokens)

    def _had(self, test: Test, root: str) -> Compare:
        condition = test.condition
        assert isinstance(condition, Compare)
        if condition.left.fn == "count" and not condition.left.dataset:
            return replace(condition, left=replace(condition.left, dataset=root))
        return condition

    # Groups

    def _groups(
        self, items: Sequence[Item], order: Order | None, grouped: Sequence[tuple[float, Column]], root: str
    ) -> Iterable[tuple[float, tuple[Item, ...], tuple[Item, ...]]]:
        """(cost, group keys, items to show)."""
        select = tuple(items)
        plain = tuple(item for item in items if not item.aggregated)
        aggregated = any(item.aggregated for item in items)
        wants = bool(self._having) or (order is not None and order.item.aggregated)
        if not aggregated and not wants:
            yield 0.0, (), select
            return
        if not plain:
            if not wants:
                yield 0.05, (), select
            for chance, column in grouped:
                key = column.item()
                yield cost_of(chance), (key,), (key, *select)
                yield cost_of(chance) + 0.7, (key,), select
            if wants:
                key_item = self._key(root)
                if key_item is not None:
                    yield 0.5, (key_item,), select
            return
        own = plain
        key_item = self._key(plain[0].ref.dataset if plain[0].ref else root)
        named = any(self._names_row(item.ref) for item in plain)
        if key_item is not None and key_item not in own:
            yield (0.1 if named else 1.6), (key_item,), select
        yield (1.4 if named and key_item is not None and key_item not in own else 0.1), own, select
        for chance, column in grouped:
            key = column.item()
            if key not in own and key != key_item:
                yield cost_of(chance) + 0.6, (key,), select

    def _names_row(self, ref: Ref | None) -> bool:
        if ref is None:
            return False
        dataset = self._vocabulary.datasets[ref.dataset]
        held = self._vocabulary.fields[ref.dataset, ref.field]
        return ref.field == dataset.label_field or held.unique or ref.field in dataset.key_fields

    def _key(self, dataset: str) -> Item | None:
        keys = self._vocabulary.datasets[dataset].key_fields
        return Item(Ref(dataset, keys[0])) if len(keys) == 1 else None

    # Conditions

    def _where(self, tests: Sequence[Test]) -> tuple[Condition, ...]:
        """All tests; those that exclude each other, or that "or" joins, as alternatives. Put together once for a question."""
        key = ("where", tuple(map(id, tests)), tuple(map(id, self._inner)))
        held = self._evidence.kept.get(key)
        if held is None:
            # With the tests themselves, so that no other can come to have their ids.
            held = self._evidence.kept[key] = (self._clustered(tests), tuple(tests), tuple(self._inner))
        made: tuple[Condition, ...] = held[0]
        return made

    def _clustered(self, tests: Sequence[Test]) -> tuple[Condition, ...]:
        frame = self._evidence.frame
        clusters: list[list[Test]] = []
        for test in sorted(tests, key=lambda each: each.unit):
            before = clusters[-1][-1] if clusters else None
            if before is not None and self._alternative(before, test, frame.units[before.unit + 1 : test.unit]):
                clusters[-1].append(test)
            else:
                clusters.append([test])
        return tuple(_any_of([self._completed(test.condition) for test in cluster]) for cluster in clusters)

    def _completed(self, condition: Condition) -> Condition:
        """A comparison with a query's value, with the conditions that belong inside the query."""
        if not self._inner or not _nested(condition):
            return condition
        assert isinstance(condition, Compare)
        assert isinstance(condition.right, Reading)
        inner = replace(condition.right, where=tuple(test.condition for test in self._inner))
        return replace(condition, right=inner)

    def _alternative(self, one: Test, other: Test, between: Sequence[object]) -> bool:
        first, second = one.condition, other.condition
        joined = any("OR" in unit.tags for unit in between)  # type: ignore[attr-defined]  # units
        if isinstance(first, Named) and isinstance(second, Named):
            return True
        if not (isinstance(first, Compare) and isinstance(second, Compare)):
            return joined
        if first.left.ref == second.left.ref and first.op == second.op == "=":
            return True
        return joined

    def _combinations(self, base: Reading) -> Iterable[tuple[float, Reading]]:
        how = self._combined
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

    def _extremes(self, base: Reading) -> Iterable[tuple[float, Reading]]:
        """An order of which only the first is wanted, as a condition: all rows that have the extreme value, or that belong
        to the row that has it."""
        if base.limit != 1 or base.group or len(base.order) != 1 or base.order[0].item.ref is None:
            return
        order, key = base.order[0], base.order[0].item.ref
        plain = replace(base, order=(), limit=0)
        extreme = Item(key, fn="max" if order.descending else "min")
        source = order.item.source
        inner = Reading(root=key.dataset, select=(extreme,))
        condition = Compare(Item(key, source=source), "=", inner, source=source)
        yield 1.6, replace(plain, where=(*base.where, condition))
        if key.dataset == base.root:
            return
        for edge in self._vocabulary.graph.neighbours(base.root):
            if edge.goal != key.dataset or not edge.forward:
                continue
            column = self._referring(edge.name)
            target = self._vocabulary.datasets[key.dataset].key_fields
            if column is None or len(target) != 1:
                continue
            inner = Reading(root=key.dataset, select=(Item(Ref(key.dataset, target[0])),), order=(order,), limit=1)
            condition = Compare(Item(column, source=source), "=", inner, source=source)
            others = tuple(each for each in base.where)
            yield 0.8, replace(plain, where=(*others, condition))

    def _referring(self, name: str) -> Ref | None:
        """The one field that refers by a relationship."""
        for entry in self._vocabulary.model.relationships:
            each = entry.relationship
            if each.name == name and len(each.from_columns) == 1:
                return Ref(entry.from_dataset, each.from_columns[0])
        return None

    def _paired(self, base: Reading, how: str) -> Iterable[tuple[float, Reading]]:
        """The same question asked twice, of one condition and of the other."""
        tests = sorted((*self._rows, *self._second), key=lambda each: each.unit)
        if self._second:
            first, second = list(self._rows), list(self._second)
        else:
            first, second = tests[:-1], tests[-1:]
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
        foreign = {test.on.dataset for test in (*self._rows, *self._second)} - {test.on.dataset for test in tests}
        return tuple(name for name in base.tables if name not in foreign)

    def _without(self, base: Reading) -> Iterable[tuple[float, Reading]]:
        left = replace(base, distinct=False, tables=tuple(name for name in base.tables if name not in self._absent))
        if self._negated:
            right = replace(left, where=self._where(self._negated))
            yield 0.0, replace(left, combine=Combination("except", right))
            shared = list(self._rows)
            if shared:
                right = replace(left, where=self._where([*shared, *self._negated]))
                yield 0.8, replace(left, combine=Combination("except", right))
            return
        for name in self._absent:
            column = self._shared_key(left, name)
            if column is not None:
                right = Reading(root=name, select=(Item(column),))
                yield 0.4, replace(left, combine=Combination("except", right))
            yield (
                1.0,
                replace(left, combine=Combination("except", replace(left, where=(), tables=(*left.tables, name)))),
            )

    def _shared_key(self, left: Reading, name: str) -> Ref | None:
        """The field of another dataset that holds the one key that is shown."""
        if len(left.select) != 1 or left.select[0].ref is None:
            return None
        shown = left.select[0].ref
        for entry in self._vocabulary.model.relationships:
            each = entry.relationship
            if len(each.from_columns) != 1:
                continue
            ends = ((entry.from_dataset, each.from_columns[0]), (entry.to_dataset, each.to_columns[0]))
            for one, other in (ends, ends[::-1]):
                if one[0] == name and other == (shown.dataset, shown.field):
                    return Ref(name, one[1])
        return None

    def _not_in(self, base: Reading) -> Iterable[tuple[float, Reading]]:
        """Rows of the root that have no partner."""
        absent = self._absent
        tests = self._negated
        goals = list(dict.fromkeys([*(test.on.dataset for test in tests), *absent]))
        left = replace(base, tables=tuple(name for name in base.tables if name not in goals))
        for number, goal in enumerate(goals[:2]):
            if goal == base.root:
                continue
            where = self._where(tests)
            source = self._evidence.by_dataset.get(goal, ())
            tokens = tuple(range(source[0].first, source[0].last)) if source else ()
            missing = Related(base.root, goal, where, negated=True, source=Source(tokens, "cue"))
            yield 0.3 * number, replace(left, where=(*left.where, missing))


def _ordered_in_vain(reading: Reading) -> bool:
    """Whether one value of all rows would be put in an order of theirs: "the number of concerts by capacity" is no reading
    of "the number of concerts in the stadium with the greatest capacity"."""
    return (
        not reading.group
        and any(item.aggregated for item in reading.select)
        and any(not order.item.aggregated for order in reading.order)
    )


def _nested(condition: Condition) -> bool:
    return isinstance(condition, Compare) and isinstance(condition.right, Reading)


def _wants_row(condition: Condition) -> bool:
    """Whether it compares with the value of one row, which only conditions of its own can single out."""
    return isinstance(condition, Compare) and isinstance(condition.right, Reading) and not condition.right.select[0].fn


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
