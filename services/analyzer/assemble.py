"""Stage 9a: readings, put together of the likely slots, the likeliest combinations first.

Each part of a reading (what is shown, which conditions, order, groups …) has its own list of options with their costs;
combinations are taken from the product of the lists in the order of their summed costs.
"""

import heapq
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from services.analyzer.composition import Composition
from services.analyzer.composition_common import Common
from services.analyzer.features import Evidence
from services.analyzer.parts import Ordered, Shown, Tested, cost_of
from services.analyzer.reading import Reading
from services.analyzer.score import COMBINED, ORDERED, PLACES, SHOWN, WORTH, Scores
from services.analyzer.slot import Column, Slots, Test

T = TypeVar("T")
NOT_RULED = 9
"""Place of a reading that no rule composed."""


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """A choice for one part. cost: minus the logarithm of its probability."""

    cost: float
    value: T


class Draft(NamedTuple):
    """A reading with what it was made of. costs: by part, in the order of PARTS; cost: all of them together.

    tokens: those of the question that it explains. ruled: its place among the readings that rules composed; left: words
    that the rules' reading leaves unexplained.
    """

    reading: Reading
    costs: tuple[float, ...]
    cost: float
    tokens: frozenset[int]
    ruled: int = NOT_RULED
    left: int = 0


_AGGREGATES = (("avg", "AVG"), ("min", "MIN"), ("max", "MAX"), ("sum", "SUM"))
PARTS = ("shown", "tested", "ordered", "tables", "combined", "distinct", "grouped")


class Assembler:
    """Puts readings together for one question."""

    def __init__(self, evidence: Evidence, slots: Slots, scores: Scores) -> None:
        self._evidence = evidence
        self._vocabulary = evidence.vocabulary
        self._frame = evidence.frame
        self._slots = slots
        self._scores = scores

    def drafts(self, most: int = 64, tries: int = 300) -> list[Draft]:
        """Different readings, likeliest first."""
        lists: tuple[list[Option[object]], ...] = (
            self._shown(),
            self._tested(),
            self._ordered(),
            self._tables(),
            self._combined(),
            self._distinct(),
        )  # type: ignore[assignment]  # each list has its own kind of option
        common = Common(self._evidence, self._grouped())
        found: dict[Reading, Draft] = {}
        likelier = lists[-1][0].value
        for costs, values in itertools.islice(best_first(lists), tries):
            again = values[-1] is not likelier
            composition = Composition(common, *values, again=again)  # type: ignore[arg-type]  # as above
            if not composition.possible:
                continue
            base = sum(costs)
            for cost, reading in composition.readings():
                known = found.get(reading)
                if known is None or base + cost < known.cost:
                    found[reading] = Draft(reading, (*costs, cost), base + cost, composition.tokens)
            if len(found) >= most + 8:
                break
        return sorted(found.values(), key=lambda draft: draft.cost)[:most]

    # Parts

    def _shown(self) -> list[Option[Shown]]:
        """One group of options a unit: which of the columns anchored there are shown, and how."""
        groups: dict[int, list[int]] = {}
        for at, column in enumerate(self._slots.columns):
            if self._scores.shown[at] >= WORTH:
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
        nothing = sum(cost_of(1.0 - chance) for chance in chances.values())
        options: list[tuple[float, tuple[tuple[Column, str], ...], str]] = [(nothing, (), "")]
        singles: list[tuple[float, Column, str, str]] = []
        for at, chance in chances.items():
            column = self._slots.columns[at]
            base = nothing - cost_of(1.0 - chance) + cost_of(chance)
            if column.target.kind == "dataset":
                singles.append((base, column, "count", column.target.dataset))
                continue
            for kind, probability in zip(SHOWN, scores.kind[at], strict=True):
                if probability >= 0.06:
                    singles.append((base + cost_of(float(probability)), column, kind, ""))
        for cost, column, kind, counted in singles:
            options.append((cost, () if counted else ((column, kind),), counted))
        options += self._several(members, nothing, chances)
        for one, other in itertools.combinations(singles, 2):
            if one[1].target == other[1].target:
                continue
            pair = {one[1].target.dataset, other[1].target.dataset}
            if len(pair) > 1 and not pair <= self._evidence.named:
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

    def _several(
        self, members: Sequence[int], nothing: float, chances: dict[int, float]
    ) -> Iterable[tuple[float, tuple[tuple[Column, str], ...], str]]:
        """Several aggregates of one column: "the minimum, average and maximum price"."""
        asked = [kind for kind, tag in _AGGREGATES if self._frame.has(tag)]
        # "The maximum and minimum number of": of two such words, the one before "number" is no count of rows.
        asked += [
            kind
            for kind, tag in (("max", "MOST"), ("min", "FEWEST"))
            if asked and self._frame.has(tag) and kind not in asked
        ]
        for at in members:
            column = self._slots.columns[at]
            sure = dict(zip(SHOWN, self._scores.kind[at], strict=True))
            together = sum(float(sure[kind]) for kind in asked)
            if column.target.kind == "dataset" or len(asked) < 2 or together < 0.2:
                continue
            kinds = asked
            base = nothing - cost_of(1.0 - chances[at]) + cost_of(chances[at]) + cost_of(together)
            yield base + 0.15, tuple((column, kind) for kind in kinds), ""

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
            if self._scores.used[at] >= WORTH:
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
        options.append((cost_of(none), ()))
        for at, chance in chances.items():
            for place, probability in zip(PLACES, scores.place[at], strict=True):
                if probability >= 0.12:
                    options.append(
                        (cost_of(chance * scale) + cost_of(float(probability)), ((self._slots.tests[at], place),))
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
        options = [Option(cost_of(max(none, 0.004)), Ordered())]
        scale = (1.0 - none) / total if total > 0 else 0.0
        several = self._limits()
        for chance, column, how in chances:
            base = cost_of(chance * scale)
            options.append(Option(base + cost_of(float(limited[0])), Ordered(column, how)))
            options.append(Option(base + cost_of(float(limited[1])), Ordered(column, how, 1)))
            for count, tokens in several:
                options.append(Option(base + cost_of(float(limited[2])), Ordered(column, how, count, tokens)))
        for count, tokens in several:
            options.append(
                Option(cost_of(max(none, 0.004)) + cost_of(float(limited[2])) + 1.0, Ordered(None, "", count, tokens))
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
                *((cost + cost_of(chance), (*names, name)) for cost, names in options),
                *((cost + cost_of(1.0 - chance), names) for cost, names in options),
            ]
        options.sort(key=lambda option: option[0])
        base = options[0][0]
        return [Option(cost - base, names) for cost, names in options[:6]]

    def _combined(self) -> list[Option[str]]:
        options = [
            Option(cost_of(float(p)), how) for how, p in zip(COMBINED, self._scores.combined, strict=True) if p > 0.015
        ]
        return sorted(options, key=lambda option: option.cost)

    def _distinct(self) -> list[Option[bool]]:
        chance = self._scores.distinct
        options = [Option(cost_of(1.0 - chance), False), Option(cost_of(chance), True)]
        return sorted(options, key=lambda option: option.cost)

    def _grouped(self) -> list[tuple[float, Column]]:
        return [
            (float(self._scores.grouped[at]), column)
            for at, column in enumerate(self._slots.columns)
            if self._scores.grouped[at] >= 0.25 and column.target.kind == "field"
        ]


def best_first(lists: Sequence[Sequence[Option[object]]]) -> Iterable[tuple[tuple[float, ...], tuple[object, ...]]]:
    """Combinations of one option from each list, in the order of their summed costs. Each list is sorted by cost."""
    if not all(lists):
        return
    costs = [[option.cost for option in options] for options in lists]
    values = [[option.value for option in options] for options in lists]
    sizes = [len(each) for each in costs]
    # A combination is one number, its choices the digits: quicker to make and to compare than a tuple of them.
    bases = [math.prod(sizes[number + 1 :]) for number in range(len(sizes))]
    several = [(number, base) for number, base in enumerate(bases) if sizes[number] > 1]
    heap = [(sum(each[0] for each in costs), 0)]
    seen = {0}
    while heap:
        total, code = heapq.heappop(heap)
        at = [code // base % size for base, size in zip(bases, sizes, strict=True)]
        yield (
            tuple([each[place] for each, place in zip(costs, at, strict=True)]),
            tuple([each[place] for each, place in zip(values, at, strict=True)]),
        )
        for number, base in several:
            place, each = at[number], costs[number]
            following = code + base
            if place + 1 < sizes[number] and following not in seen:
                seen.add(following)
                heapq.heappush(heap, (total - each[place] + each[place + 1], following))
