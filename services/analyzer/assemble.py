"""Stage 9a: readings, put together of the likely slots, the likeliest combinations first.

Each part of a reading (what is shown, which conditions, order, groups …) has its own list of options with their costs;
combinations are taken from the product of the lists in the order of their summed costs.
"""

import heapq
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

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
)
from services.analyzer.roles import alternatives
from services.analyzer.score import COMBINED, ORDERED, PLACES, SHOWN, Scores
from services.analyzer.slots import Column, Slots, Test

T = TypeVar("T")
_FLOOR = 0.004
_FN = {"plain": "", "count": "count", "count distinct": "count", "sum": "sum", "avg": "avg", "min": "min", "max": "max"}


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """A choice for one part. cost: minus the logarithm of its probability."""

    cost: float
    value: T


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


@dataclass(frozen=True, slots=True)
class Draft:
    """A reading with what it was made of. costs: by part, in the order of PARTS."""

    reading: Reading
    costs: tuple[float, ...]
    tokens: frozenset[int]

    @property
    def cost(self) -> float:
        """All costs together."""
        return sum(self.costs)


PARTS = ("shown", "tested", "ordered", "tables", "combined", "distinct", "grouped")


def _cost(probability: float) -> float:
    return -math.log(min(max(probability, _FLOOR), 1.0))


class Assembler:
    """Puts readings together for one question."""

    def __init__(self, evidence: Evidence, slots: Slots, scores: Scores) -> None:
        self._evidence = evidence
        self._vocabulary = evidence.vocabulary
        self._frame = evidence.frame
        self._slots = slots
        self._scores = scores

    def drafts(self, most: int = 96, tries: int = 400) -> list[Draft]:
        """Different readings, likeliest first."""
        lists: tuple[list[Option[object]], ...] = (
            self._shown(),
            self._tested(),
            self._ordered(),
            self._tables(),
            self._combined(),
            self._distinct(),
        )  # type: ignore[assignment]  # each list has its own kind of option
        found: dict[Reading, Draft] = {}
        for costs, values in itertools.islice(best_first(lists), tries):
            for cost, reading, tokens in self._readings(*values):  # type: ignore[arg-type]  # as above
                draft = Draft(reading, (*costs, cost), tokens)
                known = found.get(reading)
                if known is None or draft.cost < known.cost:
                    found[reading] = draft
            if len(found) >= most * 1.5:
                break
        return sorted(found.values(), key=lambda draft: draft.cost)[:most]

    # Parts

    def _shown(self) -> list[Option[Shown]]:
        """One group of options a unit: which of the columns anchored there are shown, and how."""
        groups: dict[int, list[int]] = {}
        for at, column in enumerate(self._slots.columns):
            if self._scores.shown[at] >= 0.02:
                groups.setdefault(column.unit, []).append(at)
        beam: list[tuple[float, tuple[tuple[Column, str], ...], str]] = [(0.0, (), "")]
        for unit in sorted(groups):
            options = self._group_options(groups[unit])
            grown = [
                (cost + more, (*columns, *added), counted or count)
                for cost, columns, count in beam
                for more, added, counted in options
            ]
            grown.sort(key=lambda entry: entry[0])
            beam = grown[:24]
        made = [Option(cost, Shown(columns, counted)) for cost, columns, counted in beam if columns or counted]
        everything = self._everything()
        if everything is not None:
            made.append(everything)
        if not made:
            made = [Option(3.0, Shown((), name)) for name in list(self._evidence.ranked)[:2]]
        base = min(option.cost for option in made)
        return sorted((Option(option.cost - base, option.value) for option in made), key=lambda option: option.cost)[
            :16
        ]

    def _group_options(self, members: list[int]) -> list[tuple[float, tuple[tuple[Column, str], ...], str]]:
        scores = self._scores
        chances = {at: min(float(scores.shown[at]), 0.995) for at in members}
        nothing = sum(_cost(1.0 - chance) for chance in chances.values())
        options: list[tuple[float, tuple[tuple[Column, str], ...], str]] = [(nothing, (), "")]
        singles: list[tuple[float, Column, str, str]] = []
        for at, chance in chances.items():
            column = self._slots.columns[at]
            base = nothing - _cost(1.0 - chance) + _cost(chance)
            if column.target.kind == "dataset":
                singles.append((base, column, "count", column.target.dataset))
                continue
            for kind, probability in zip(SHOWN, scores.kind[at], strict=True):
                if probability >= 0.06:
                    singles.append((base + _cost(float(probability)), column, kind, ""))
        for cost, column, kind, counted in singles:
            options.append((cost, () if counted else ((column, kind),), counted))
        for one, other in itertools.combinations(singles, 2):
            if one[1].target == other[1].target:
                if one[2] != other[2] and {one[2], other[2]} <= {"min", "max", "avg", "sum"}:
                    options.append((one[0] + other[0] - nothing + 1.0, ((one[1], one[2]), (other[1], other[2])), ""))
                continue
            if one[1].target.dataset != other[1].target.dataset:
                continue
            columns = tuple((each[1], each[2]) for each in (one, other) if not each[3])
            options.append((one[0] + other[0] - nothing, columns, one[3] or other[3]))
        if len(members) > 2:
            sure = [
                single
                for single in singles
                if single[2] == "plain" and chances[self._slots.columns.index(single[1])] > 0.4
            ]
            if len(sure) > 2 and len({single[1].target.dataset for single in sure}) == 1:
                cost = nothing + sum(single[0] - nothing for single in sure)
                options.append((cost, tuple((single[1], "plain") for single in sure), ""))
        options.sort(key=lambda option: option[0])
        return options[:8]

    def _everything(self) -> Option[Shown] | None:
        """All columns of the first named dataset, where all information is asked for."""
        if not self._frame.has("ALL_INFO"):
            return None
        named = [column for column in self._slots.columns if column.target.kind == "dataset"]
        if not named:
            return None
        best = max(named, key=lambda column: column.link.score if column.link else 0.0)
        dataset = self._vocabulary.datasets[best.target.dataset]
        columns = tuple(
            (Column(replace(best.target, kind="field", name=held.name), best.unit, best.link, best.features), "plain")
            for held in dataset.fields
            if held.column
        )
        return Option(0.3, Shown(columns))

    def _tested(self) -> list[Option[Tested]]:
        groups: dict[int, list[int]] = {}
        for at, test in enumerate(self._slots.tests):
            if self._scores.used[at] >= 0.02:
                groups.setdefault(test.unit, []).append(at)
        beam: list[tuple[float, tuple[tuple[Test, str], ...], frozenset[int]]] = [(0.0, (), frozenset())]
        for unit in sorted(groups):
            options = self._test_options(groups[unit])
            grown = []
            for cost, tests, tokens in beam:
                for more, added in options:
                    new = frozenset().union(*(test.tokens for test, _ in added)) if added else frozenset()
                    if not new & tokens:
                        grown.append((cost + more, (*tests, *added), tokens | new))
            grown.sort(key=lambda entry: entry[0])
            beam = grown[:20]
        base = beam[0][0]
        return [Option(cost - base, Tested(tests)) for cost, tests, _ in beam][:14]

    def _test_options(self, members: list[int]) -> list[tuple[float, tuple[tuple[Test, str], ...]]]:
        scores = self._scores
        chances = {at: min(float(scores.used[at]), 0.995) for at in members}
        total = sum(chances.values())
        options: list[tuple[float, tuple[tuple[Test, str], ...]]] = []
        # At most one test of a unit is meant: the chances compete.
        none = 1.0
        for chance in chances.values():
            none *= 1.0 - chance
        scale = (1.0 - none) / total if total > 0 else 0.0
        options.append((_cost(none), ()))
        for at, chance in chances.items():
            for place, probability in zip(PLACES, scores.place[at], strict=True):
                if probability >= 0.12 and place != "inner":
                    options.append(
                        (_cost(chance * scale) + _cost(float(probability)), ((self._slots.tests[at], place),))
                    )
        options.sort(key=lambda option: option[0])
        return options[:7]

    def _ordered(self) -> list[Option[Ordered]]:
        scores = self._scores
        chances: list[tuple[float, Column, str]] = []
        none = 1.0
        for at, column in enumerate(self._slots.columns):
            chance = float(scores.ordered[at])
            none *= 1.0 - min(chance, 0.995)
            if chance < 0.02:
                continue
            for how, probability in zip(ORDERED, scores.direction[at], strict=True):
                if probability >= 0.05:
                    chances.append((chance * float(probability), column, how))
        total = sum(chance for chance, _, _ in chances)
        limited = scores.limited
        options = [Option(_cost(max(none, 0.004)), Ordered())]
        scale = (1.0 - none) / total if total > 0 else 0.0
        several = self._limits()
        for chance, column, how in chances:
            base = _cost(chance * scale)
            options.append(Option(base + _cost(float(limited[0])), Ordered(column, how)))
            options.append(Option(base + _cost(float(limited[1])), Ordered(column, how, 1)))
            for count, tokens in several:
                options.append(Option(base + _cost(float(limited[2])), Ordered(column, how, count, tokens)))
        for count, tokens in several:
            options.append(
                Option(_cost(max(none, 0.004)) + _cost(float(limited[2])) + 1.0, Ordered(None, "", count, tokens))
            )
        options.sort(key=lambda option: option.cost)
        return options[:14]

    def _limits(self) -> list[tuple[int, tuple[int, ...]]]:
        """Small whole numbers that may say how many are wanted."""
        found = []
        for unit in self._frame.units:
            number = unit.number
            if number is not None and number.whole and 1 < number.value <= 1000 and not number.unit:
                found.append((int(number.value), tuple(range(number.first, number.last))))
        return found[:2]

    def _tables(self) -> list[Option[tuple[str, ...]]]:
        """Named datasets that take part although nothing of them is shown or tested."""
        named: dict[str, float] = {}
        for at, column in enumerate(self._slots.columns):
            if column.target.kind == "dataset" and self._scores.table[at] >= 0.05:
                named[column.target.dataset] = max(named.get(column.target.dataset, 0.0), float(self._scores.table[at]))
        options: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
        for name, chance in sorted(named.items(), key=lambda entry: -entry[1])[:5]:
            options = [
                *((cost + _cost(chance), (*names, name)) for cost, names in options),
                *((cost + _cost(1.0 - chance), names) for cost, names in options),
            ]
        options.sort(key=lambda option: option[0])
        base = options[0][0]
        return [Option(cost - base, names) for cost, names in options[:6]]

    def _combined(self) -> list[Option[str]]:
        options = [
            Option(_cost(float(p)), how) for how, p in zip(COMBINED, self._scores.combined, strict=True) if p > 0.015
        ]
        return sorted(options, key=lambda option: option.cost)

    def _distinct(self) -> list[Option[bool]]:
        chance = self._scores.distinct
        options = [Option(_cost(1.0 - chance), False), Option(_cost(chance), True)]
        return sorted(options, key=lambda option: option.cost)

    # Readings

    def _readings(
        self, shown: Shown, tested: Tested, ordered: Ordered, tables: tuple[str, ...], combined: str, distinct: bool
    ) -> Iterable[tuple[float, Reading, frozenset[int]]]:
        """The readings of one combination, each with the cost of its groups and the tokens that it explains."""
        composition = Composition(self._evidence, shown, tested, ordered, tables, combined, distinct)
        if composition.possible:
            yield from composition.readings(self._grouped())

    def _grouped(self) -> list[tuple[float, Column]]:
        return [
            (float(self._scores.grouped[at]), column)
            for at, column in enumerate(self._slots.columns)
            if self._scores.grouped[at] >= 0.25 and column.target.kind == "field"
        ]


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
        self._having = [test for test in self._main if test.kind in ("count", "aggregate")]
        self._rows = [test for test in self._main if test.kind not in ("count", "aggregate")]

    @property
    def possible(self) -> bool:
        """Whether the parts fit together."""
        how, ordered = self._combined, self._ordered
        if how == "none" and (self._second or self._negated):
            return False
        if how in ("intersect", "union"):
            if ordered.column is not None or len(self._rows) + len(self._second) < 2 or self._having:
                return False
        if how in ("except", "not in"):
            if not self._negated and not self._absent():
                return False
            if how == "except" and (ordered.column is not None or self._shown.counted):
                return False
        limit_tokens = set(ordered.limit_tokens)
        return not any(limit_tokens & test.tokens for test in (*self._main, *self._negated, *self._second))

    def _absent(self) -> list[str]:
        """Named datasets that only a negation can be about."""
        used = self._used()
        named = [column.target.dataset for column in self._dataset_columns() if column.target.dataset not in used]
        return list(dict.fromkeys(named))

    def _dataset_columns(self) -> list[Column]:
        frame = self._evidence.frame
        found = []
        for name in self._evidence.named:
            link = self._evidence.by_dataset[name][0]
            unit = frame.unit_at[link.last - 1]
            if min(frame.near(unit, "NOT")[0], frame.near(unit, "NE")[0]) <= 6:
                found.append(Column(link.target, unit, link, None))  # type: ignore[arg-type]  # features are not needed
        return found

    def _used(self) -> set[str]:
        used = {column.target.dataset for column, _ in self._shown.columns} | set(self._tables)
        if self._shown.counted:
            used.add(self._shown.counted)
        used.update(test.on.dataset for test in self._rows)
        return used

    def readings(self, grouped: Sequence[tuple[float, Column]]) -> Iterable[tuple[float, Reading, frozenset[int]]]:
        """Each reading with the cost of how it groups and the tokens that it explains."""
        items = [self._item(column, kind) for column, kind in self._shown.columns]
        if self._shown.counted:
            items.append(Item(fn="count", dataset=self._shown.counted, source=self._count_source()))
        order = self._order(items)
        root = self._root(items, order)
        if not root:
            return
        tokens = self._tokens(items, order)
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
                for extra, keyed in alternatives(reading, self._evidence):
                    yield cost + more + extra, keyed, tokens

    def _item(self, column: Column, kind: str) -> Item:
        return Item(column.ref, fn=_FN[kind], distinct=kind == "count distinct", source=column.source)

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
            return Order(Item(column.ref, fn=fn, source=column.source), descending)
        return Order(Item(column.ref, source=column.source), descending)

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

    def _tokens(self, items: Sequence[Item], order: Order | None) -> frozenset[int]:
        tokens: set[int] = set(self._ordered.limit_tokens)
        for item in (*items, *([order.item] if order else [])):
            tokens.update(item.source.tokens)
        for test in (*self._main, *self._negated, *self._second):
            tokens |= test.tokens
            mention = self._evidence.by_field.get((test.on.dataset, test.on.name), ())
            tokens.update(at for link in mention[:1] for at in range(link.first, link.last))
        for name in (*self._used(), *(self._absent() if self._combined in ("except", "not in") else ())):
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
                key = Item(column.ref, source=column.source)
                yield _cost(chance), (key,), (key, *select)
                yield _cost(chance) + 0.7, (key,), select
            if wants:
                key_item = self._key(root)
                if key_item is not None:
                    yield 0.5, (key_item,), select
            return
        own = tuple(replace(item, source=item.source) for item in plain)
        key_item = self._key(plain[0].ref.dataset if plain[0].ref else root)
        named = any(self._names_row(item.ref) for item in plain)
        if key_item is not None and key_item not in own:
            yield (0.1 if named else 1.6), (key_item,), select
        yield (1.4 if named and key_item is not None and key_item not in own else 0.1), own, select
        for chance, column in grouped:
            key = Item(column.ref, source=column.source)
            if key not in own and key != key_item:
                yield _cost(chance) + 0.6, (key,), select

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
        """All tests; those that exclude each other, or that "or" joins, as alternatives."""
        frame = self._evidence.frame
        clusters: list[list[Test]] = []
        for test in sorted(tests, key=lambda each: each.unit):
            before = clusters[-1][-1] if clusters else None
            if before is not None and self._alternative(before, test, frame.units[before.unit + 1 : test.unit]):
                clusters[-1].append(test)
            else:
                clusters.append([test])
        return tuple(_any_of([test.condition for test in cluster]) for cluster in clusters)

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
        left = replace(base, distinct=False, tables=tuple(name for name in base.tables if name not in self._absent()))
        if self._negated:
            right = replace(left, where=self._where(self._negated))
            yield 0.0, replace(left, combine=Combination("except", right))
            shared = list(self._rows)
            if shared:
                right = replace(left, where=self._where([*shared, *self._negated]))
                yield 0.8, replace(left, combine=Combination("except", right))
            return
        for name in self._absent():
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
        absent = self._absent()
        tests = self._negated
        goals = list(dict.fromkeys([*(test.on.dataset for test in tests), *absent]))
        left = replace(base, tables=tuple(name for name in base.tables if name not in goals))
        for number, goal in enumerate(goals[:2]):
            if goal == base.root:
                continue
            where = tuple(test.condition for test in tests)
            source = self._evidence.by_dataset.get(goal, ())
            tokens = tuple(range(source[0].first, source[0].last)) if source else ()
            missing = Related(base.root, goal, where, negated=True, source=Source(tokens, "cue"))
            yield 0.3 * number, replace(left, where=(*left.where, missing))


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


def best_first(lists: Sequence[Sequence[Option[object]]]) -> Iterable[tuple[tuple[float, ...], tuple[object, ...]]]:
    """Combinations of one option from each list, in the order of their summed costs. Each list is sorted by cost."""
    if not all(lists):
        return
    start = (0,) * len(lists)
    heap = [(sum(options[0].cost for options in lists), start)]
    seen = {start}
    while heap:
        _, at = heapq.heappop(heap)
        chosen = [options[place] for options, place in zip(lists, at, strict=True)]
        yield tuple(option.cost for option in chosen), tuple(option.value for option in chosen)
        for number, options in enumerate(lists):
            if at[number] + 1 < len(options):
                following = (*at[:number], at[number] + 1, *at[number + 1 :])
                if following not in seen:
                    seen.add(following)
                    cost = sum(each[place].cost for each, place in zip(lists, following, strict=True))
                    heapq.heappush(heap, (cost, following))
