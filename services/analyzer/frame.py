"""Stage 6: the frame of a question: its units in order, each with the operators and kinds of names that it carries.

Portuguese puts adjectives behind their noun ("idade média", "nomes distintos"); here they are moved before it, so that one
model reads both languages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.analyzer.cues import GLUE, OPERATORS, Cue
from services.analyzer.dates import Period
from services.analyzer.link import Link
from services.analyzer.numbers import Number
from services.analyzer.parse import Parse
from services.analyzer.vocabulary import Vocabulary

FAR = 12
"""Distance of what is not there."""
KINDS = ("dataset", "field", "value", "metric", "filter", "entity", "number", "period", "word", "comma")
TAGS: tuple[str, ...] = (*OPERATORS, *KINDS)
_TAG = {tag: number for number, tag in enumerate(TAGS)}
_POSTPOSED = frozenset({"AVG", "SUM", "MAX", "MIN", "DISTINCT", "DEGREE_MAX", "DEGREE_MIN", "COMMON", "RARE"})
_LEAST = 0.3


@dataclass(frozen=True, slots=True)
class Unit:
    """Tokens [first, last) taken as one thing. tags: operators and kinds. links: what it may name, best first."""

    first: int
    last: int
    tags: frozenset[str]
    links: tuple[Link, ...] = ()
    number: Number | None = None
    period: Period | None = None
    cues: tuple[Cue, ...] = ()


@dataclass(frozen=True)
class Frame:
    """The units of a parse, and how far from each the nearest of every tag is.

    left, right: (units × tags) distances in units, 0 for the unit's own tags, FAR where there is none. count: of each tag. unit_at: by token, the
    number of its unit.
    """

    parsed: Parse
    units: tuple[Unit, ...]
    left: NDArray[np.float32] = field(repr=False)
    right: NDArray[np.float32] = field(repr=False)
    count: NDArray[np.float32] = field(repr=False)
    unit_at: tuple[int, ...] = field(repr=False)

    def has(self, tag: str) -> bool:
        """Whether any unit carries the tag."""
        return tag in self._tags

    def near(self, unit: int, tag: str) -> tuple[int, int]:
        """Distances to the nearest of a tag, to the left and to the right."""
        left, right = self._near
        number = _TAG[tag]
        return left[unit][number], right[unit][number]

    @cached_property
    def _tags(self) -> frozenset[str]:
        return frozenset().union(*(unit.tags for unit in self.units))

    @cached_property
    def _near(self) -> tuple[list[list[int]], list[list[int]]]:
        """Distances as plain numbers, which are quicker to get at one by one."""
        return self.left.astype(int).tolist(), self.right.astype(int).tolist()


def frame_of(parsed: Parse, vocabulary: Vocabulary) -> Frame:
    """The frame of a parse."""
    units = _units(parsed, vocabulary)
    if parsed.language.code == "pt":
        units = _preposed(units)
    marks = _marks(units)
    left, right = _distances(marks)
    unit_at = [0] * len(parsed.keys)
    for number, unit in enumerate(units):
        for at in range(unit.first, unit.last):
            unit_at[at] = number
    return Frame(parsed, tuple(units), left, right, marks.sum(axis=0, dtype=np.float32), tuple(unit_at))


def _units(parsed: Parse, vocabulary: Vocabulary) -> list[Unit]:
    spans: dict[tuple[int, int], list[Link]] = {}
    for link in parsed.links:
        spans.setdefault((link.first, link.last), []).append(link)
    for found in spans.values():
        found.sort(key=lambda link: (-link.score, link.target))
    chosen = _cover(parsed, spans, vocabulary)
    held = {at for first, last in chosen for at in range(first, last)}
    units = [_named(first, last, spans[first, last], parsed) for first, last in chosen]
    for period in parsed.periods:
        if not held & set(range(period.first, period.last)):
            held.update(range(period.first, period.last))
            inside = [each for each in parsed.numbers if each.first >= period.first and each.last <= period.last]
            number = inside[0] if period.grain == "year" and len(inside) == 1 else None
            tags = {"period", "number"} if number else {"period"}
            tags.update(cue.tag for cue in parsed.cues if cue.first >= period.first and cue.last <= period.last)
            units.append(Unit(period.first, period.last, frozenset(tags), period=period, number=number))
    for number in parsed.numbers:
        if not held & set(range(number.first, number.last)):
            held.update(range(number.first, number.last))
            units.append(Unit(number.first, number.last, frozenset({"number"}), number=number))
    by_span: dict[tuple[int, int], list[Cue]] = {}
    for cue in parsed.cues:
        by_span.setdefault((cue.first, cue.last), []).append(cue)
    for (first, last), cues in by_span.items():
        free = [at for at in range(first, last) if at not in held]
        if free:
            held.update(free)
            said = _opening(first, last, parsed) or frozenset(cue.tag for cue in cues)
            units.append(Unit(free[0], free[-1] + 1, said, cues=tuple(cues)))
    for at, key in enumerate(parsed.keys):
        if at not in held:
            tag = "word" if any(char.isalnum() for char in key) else "comma"
            units.append(Unit(at, at + 1, frozenset({tag})))
    return sorted(units, key=lambda unit: unit.first)


_OPENING = {"below": "LT", "less": "LT", "lower": "LT", "under": "LT", "smaller": "LT", "fewer": "LT", "above": "GT",
            "more": "GT", "greater": "GT", "higher": "GT", "over": "GT", "larger": "GT", "later": "AFTER", "earlier": "BEFORE",
            "menos": "LT", "menor": "LT", "abaixo": "LT", "mais": "GT", "maior": "GT", "acima": "GT"}  # fmt: skip

_THAN = (("than",), ("que",), ("de",))


def _opening(first: int, last: int, parsed: Parse) -> frozenset[str]:
    """ "Above 50 or below 46": before a number, "or below" begins another comparison; it would end the one before it only
    behind a number of its own ("50 or below")."""
    words = parsed.keys[first:last]
    if (
        len(words) < 2
        or words[0] not in ("or", "and", "ou", "e")
        or not any(
            each.first == (last + 1 if parsed.keys[last : last + 1] in _THAN else last) for each in parsed.numbers
        )
    ):
        return frozenset()
    op = next((_OPENING[word] for word in words if word in _OPENING), "")
    return frozenset({"OR" if words[0] in ("or", "ou") else "AND", op}) if op else frozenset()


def _named(first: int, last: int, links: Sequence[Link], parsed: Parse) -> Unit:
    best = links[0].score
    tags = {link.target.kind for link in links if link.score >= max(_LEAST, best - 0.3) and link.target.kind != "role"}
    cues = tuple(cue for cue in parsed.cues if first <= cue.first and cue.last <= last and cue.op not in GLUE)
    number = next((each for each in parsed.numbers if each.first == first and each.last == last), None)
    tags.update(cue.tag for cue in cues if (cue.first, cue.last) == (first, last) or cue.concepts)
    return Unit(first, last, frozenset(tags) or frozenset({"word"}), tuple(links), number=number, cues=cues)


def _cover(parsed: Parse, spans: dict[tuple[int, int], list[Link]], vocabulary: Vocabulary) -> list[tuple[int, int]]:
    """Non-overlapping stretches of the greatest worth together."""
    sure = {at for period in parsed.periods if not period.weak for at in range(period.first, period.last)}
    phrases = [(cue.first, cue.last) for cue in parsed.cues if cue.last - cue.first > 1 and cue.op not in GLUE]
    ways = {at for cue in parsed.cues if cue.op in ("ASC", "DESC") for at in range(cue.first, cue.last)}
    ending: dict[int, list[tuple[int, float]]] = {}
    for (first, last), links in spans.items():
        best = links[0]
        value, length = best.score, last - first
        if value < _LEAST or ways.issuperset(range(first, last)):
            continue
        if any(at in sure for at in range(first, last)) and not (best.kind == "value" and length > 1):
            continue
        value += {"value": 0.02, "entity": 0.1, "metric": 0.06, "filter": 0.05}.get(best.target.kind, 0.0)
        if any(start <= first and last <= end and end - start > length for start, end in phrases):
            value -= 0.55
        if value > 0:
            ending.setdefault(last, []).append((first, value * length + 0.08 * (length - 1) - 0.05))
    size = len(parsed.keys)
    best_to: list[tuple[float, tuple[tuple[int, int], ...]]] = [(0.0, ())]
    for last in range(1, size + 1):
        option = best_to[last - 1]
        for first, value in ending.get(last, ()):
            total = best_to[first][0] + value
            if total > option[0] + 1e-9:
                option = (total, (*best_to[first][1], (first, last)))
        best_to.append(option)
    return list(best_to[size][1])


def _preposed(units: list[Unit]) -> list[Unit]:
    """Adjectives that follow their noun, moved before it."""
    moved = list(units)
    for at in range(1, len(moved)):
        unit, before = moved[at], moved[at - 1]
        if unit.tags & _POSTPOSED and not unit.links and before.links and before.tags & {"field", "dataset", "value"}:
            moved[at - 1], moved[at] = unit, before
    return moved


def _marks(units: Sequence[Unit]) -> NDArray[np.bool_]:
    """Which tags each unit carries, (units × tags)."""
    marks = np.zeros((len(units), len(TAGS)), np.bool_)
    for number, unit in enumerate(units):
        marks[number, [_TAG[tag] for tag in unit.tags]] = True
    return marks


def _distances(marks: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How far from each unit the nearest of every tag is, to the left and to the right."""
    at = np.arange(len(marks), dtype=np.float32)[:, None]
    before = np.maximum.accumulate(np.where(marks, at, np.float32(-FAR * 4)), axis=0)
    after = np.minimum.accumulate(np.where(marks, at, np.float32(FAR * 40))[::-1], axis=0)[::-1]
    return np.minimum(at - before, FAR), np.minimum(after - at, FAR)
