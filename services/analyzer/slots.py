"""Stage 7: possible slots, everything of the model that the question may want shown, tested, grouped or ordered by.

Candidates are made generously here; models then say how likely each is (score.py), and whole readings are put together of
the likely ones (assemble.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

import numpy as np

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.dates import Period
from services.analyzer.features import SIZE, Evidence, Row, row, unit_of
from services.analyzer.frame import FAR, Unit
from services.analyzer.link import Link
from services.analyzer.numbers import Number
from services.analyzer.reading import (
    Between,
    Compare,
    Condition,
    Constant,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Reading,
    Ref,
    Source,
)
from services.analyzer.vocabulary import Target

_LEAST_FIELD = 0.3
_MOST_COLUMNS = 48
_MOST_CONDITIONS = 64
_OPS = {
    "GT": ">", "GE": ">=", "LT": "<", "LE": "<=", "EQ": "=", "NE": "<>", "AFTER": ">", "BEFORE": "<", "CMP_GT": ">",
    "CMP_LT": "<", "CMP_EQ": "=",
}  # fmt: skip
_LIKES = {"CONTAIN": "contains", "STARTS": "prefix", "ENDS": "suffix"}
_NUMERIC = (1, 2, 3)
CONDITION_KINDS = (
    "value",
    "number",
    "between",
    "average",
    "fields",
    "like",
    "text",
    "flag",
    "null",
    "entity",
    "period",
    "count",
    "aggregate",
)
_OP_NAMES = ("=", "<>", "<", ">", "<=", ">=")
CONDITION_NAMES: tuple[str, ...] = (
    *(f"condition.{kind}" for kind in CONDITION_KINDS), *(f"condition.{op}" for op in _OP_NAMES),
    "condition.cue_left", "condition.cue_right", "condition.score", "condition.exact", "condition.rivals",
    "condition.better", "condition.length", "condition.quoted", "condition.capital", "condition.year",
    "condition.whole", "condition.size", "field.score", "field.offset", "field.near", "field.nearest", "field.mentions",
    "field.own_unit", "condition.value_in_field", "condition.unit_taken", "condition.first",
)  # fmt: skip
WIDTH = SIZE + len(CONDITION_NAMES)


@dataclass(frozen=True)
class Column:
    """A field, or a dataset's rows, that may be shown, grouped or ordered by. unit: its anchor; -1: nowhere."""

    target: Target
    unit: int
    link: Link | None
    features: Row = field(repr=False, compare=False)

    @cached_property
    def ref(self) -> Ref:
        """The field."""
        return Ref(self.target.dataset, self.target.name)

    @cached_property
    def source(self) -> Source:
        """Where it came from."""
        if self.link is None:
            return Source(kind="default", score=0.5)
        return source_of(self.link)

    def item(self, fn: str = "", *, distinct: bool = False) -> Item:
        """The field as an item; the same one each time, so that many readings share it."""
        made = self._items.get((fn, distinct))
        if made is None:
            made = self._items[fn, distinct] = Item(self.ref, fn=fn, distinct=distinct, source=self.source)
        return made

    @cached_property
    def _items(self) -> dict[tuple[str, bool], Item]:
        return {}


@dataclass(frozen=True)
class Test:
    """A condition that may be meant. kind: one of CONDITION_KINDS; on: its field or dataset; tokens: what it explains.

    "count" and "aggregate" are conditions on groups.
    """

    condition: Condition
    kind: str
    on: Target
    unit: int
    tokens: frozenset[int]
    features: Row = field(repr=False, compare=False)


@dataclass(frozen=True)
class Slots:
    """Everything that may be meant."""

    columns: tuple[Column, ...]
    tests: tuple[Test, ...]


def source_of(link: Link, *extra: int) -> Source:
    """Where a slot came from, by its link."""
    return Source(tuple(sorted({*range(link.first, link.last), *extra})), link.kind, link.score, link.via)


def slots_of(evidence: Evidence) -> Slots:
    """The possible slots of a question."""
    columns = _columns(evidence)
    tests = _Tests(evidence).found()
    return Slots(tuple(columns), tuple(tests))


# Columns


def _columns(evidence: Evidence) -> list[Column]:
    frame, vocabulary = evidence.frame, evidence.vocabulary
    made: dict[Target, tuple[int, Link | None, float]] = {}
    for (dataset, name), links in evidence.by_field.items():
        link = _anchor(evidence, links)
        if link.score >= _LEAST_FIELD:
            made[Target("field", dataset, name)] = (unit_of(frame, link), link, link.score)
    for dataset, links in evidence.by_dataset.items():
        if links[0].score < 0.5:
            continue
        anchor = unit_of(frame, links[0])
        made[Target("dataset", dataset)] = (anchor, links[0], links[0].score + 0.5)
        held = vocabulary.datasets[dataset]
        for name in dict.fromkeys([held.label_field, *held.key_fields, *held.display_fields[:3]]):
            if name:
                made.setdefault(Target("field", dataset, name), (anchor, None, 0.3 * links[0].score))
    ranked = sorted(made.items(), key=lambda entry: (-entry[1][2], entry[0]))[:_MOST_COLUMNS]
    return [Column(target, unit, link, row(evidence, target, unit, link)) for target, (unit, link, _) in ranked]


def _anchor(evidence: Evidence, links: Sequence[Link]) -> Link:
    """The link that stands for a field: of the best ones the one nearest to where its dataset is named, so that "train
    name and station name" are two names; then one that fills its unit."""
    frame = evidence.frame
    best = [link for link in links if link.score >= links[0].score - 0.02]
    if len(best) == 1:
        return best[0]
    own = [place for place, names in evidence.dataset_units if links[0].target.dataset in names]

    def order(link: Link) -> tuple[int, bool, int]:
        at = unit_of(frame, link)
        unit = frame.units[at]
        whole = unit.first == link.first and unit.last == link.last
        near = min((abs(place - at) for place in own), default=FAR)
        return (min(near, 4), not whole, link.first)

    return min(best, key=order)


# Conditions


class _Tests:
    """Makes the conditions of one frame."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._frame = evidence.frame
        self._vocabulary = evidence.vocabulary
        self._made: dict[tuple[Condition, int], Test] = {}

    def found(self) -> list[Test]:
        self._values()
        self._numbers()
        self._averages()
        self._fields()
        self._patterns()
        self._flags()
        self._missing()
        self._entities()
        self._periods()
        return list(self._made.values())[:_MOST_CONDITIONS]

    def _add(
        self, condition: Condition, kind: str, on: Target, unit: int, tokens: Iterable[int], *, op: str = "=",
        score: float = 1.0, rivals: int = 0, better: int = 0, number: Number | None = None, cues: tuple[int, int] = (FAR, FAR),
    ) -> None:  # fmt: skip
        key = (condition, unit)
        if key in self._made:
            return
        frame = self._frame
        held = frozenset(tokens)
        mention = self._evidence.by_field.get((on.dataset, on.name), ()) if on.name else ()
        places = sorted(
            ((abs(unit_of(frame, link) - unit), unit_of(frame, link) - unit, link.score) for link in mention),
            key=lambda each: (each[0], -each[2]),
        )
        nearest: tuple[int, int, float] = places[0] if places else (FAR, 0, 0.0)
        nearest_any = min((abs(place - unit) for place in self._evidence.field_units if place != unit), default=FAR)
        unit_held = frame.units[unit]
        first = frame.parsed.question.tokens[unit_held.first]
        extra = [
            *(float(kind == each) for each in CONDITION_KINDS),
            *(float(op == each) for each in _OP_NAMES),
            float(cues[0]), float(cues[1]), score, float(score >= 0.999), float(rivals), float(better),
            float(len(held)), float(bool(first.quoted)), float(first.capital),
            float(number is not None and number.whole and 1900 <= number.value <= 2100),
            float(number is None or number.whole),
            float(min(float(abs(number.value)), 1e6)) if number is not None else -1.0,
            nearest[2], float(nearest[1]), float(nearest[0]), float(nearest[0] <= nearest_any), float(len(places)),
            float(nearest[0] == 0),
            float(kind == "value"), float(bool(unit_held.tags & {"field", "dataset"})),
            float(unit == min((at for at, each in enumerate(frame.units) if "value" in each.tags or "number" in each.tags), default=-1)),
        ]  # fmt: skip
        target = Target("field", on.dataset, on.name) if on.name else on
        best = mention[0] if mention else None
        base = row(self._evidence, target, unit, best)
        features = np.concatenate([base, np.array(extra, np.float32)])
        self._made[key] = Test(condition, kind, on, unit, held, features)

    # Values of the data

    def _values(self) -> None:
        spans: dict[tuple[int, int], list[Link]] = {}
        for link in self._frame.parsed.links:
            if link.target.kind == "value" and link.score >= 0.7:
                spans.setdefault((link.first, link.last), []).append(link)
        for (first, last), links in spans.items():
            links.sort(key=lambda link: (-link.score, -self._near(link), link.target))
            unit = self._frame.unit_at[last - 1]
            negated = any(min(self._frame.near(unit, tag)) < 5 for tag in ("NOT", "NE"))
            for link in links[:6]:
                target = link.target
                held = self._vocabulary.fields[target.dataset, target.name]
                ref = Ref(target.dataset, target.name)
                better = sum(other.score > link.score + 0.001 for other in links)
                details = {"score": link.score, "rivals": len(links) - 1, "better": better}
                if held.role == semantics_pb2.FIELD_ROLE_FLAG and held.HasField("predicate") and not held.column:
                    continue
                for op in ("=", "<>") if negated else ("=",):
                    source = source_of(link)
                    condition = Compare(Item(ref, source=source), op, target.value, source=source)
                    self._add(condition, "value", target, unit, range(first, last), op=op, **details)  # type: ignore[arg-type]  # by name

    def _near(self, link: Link) -> float:
        return self._evidence.affinity.get(link.target.dataset, 0.0)

    # Numbers

    def _numbers(self) -> None:
        frame = self._frame
        units = [(at, unit) for at, unit in enumerate(frame.units) if unit.number is not None]
        for order, (at, unit) in enumerate(units):
            number = unit.number
            assert number is not None
            ops = self._operators(at)
            for target, score in self._measured(at, number):
                held = self._vocabulary.fields[target.dataset, target.name]
                ref = Ref(target.dataset, target.name)
                for op, cues in ops:
                    value = self._constant(number, held, op)
                    if isinstance(value, str) and op not in ("=", "<>") and held.unit != "year":
                        continue
                    if op not in ("=", "<>") and held.role == semantics_pb2.FIELD_ROLE_IDENTIFIER and cues[0] > 1 < cues[1]:
                        continue
                    source = Source(tuple(range(unit.first, unit.last)), "cue")
                    condition = Compare(Item(ref, source=source), op, value, source=source)
                    self._add(
                        condition,
                        "number",
                        target,
                        at,
                        range(unit.first, unit.last),
                        op=op,
                        score=score,
                        number=number,
                        cues=cues,
                    )
                if order + 1 < len(units) and frame.near(at, "BETWEEN")[0] <= 4:
                    self._between(ref, target, at, number, units[order + 1], score)
                self._aggregate(ref, target, at, unit, number, ops, score)
            self._counts(at, unit, number, ops)
        for at, unit in enumerate(frame.units):
            if "SEVERAL" in unit.tags and unit.number is None:
                self._counts(at, unit, Number(Decimal(1), unit.first, unit.last), [(">", (0, 0))])

    def _between(
        self, ref: Ref, target: Target, at: int, lower: Number, following: tuple[int, Unit], score: float
    ) -> None:
        upper = following[1].number
        if upper is None or following[0] - at > 3:
            return
        held = self._vocabulary.fields[target.dataset, target.name]
        tokens = {*range(lower.first, lower.last), *range(upper.first, upper.last)}
        source = Source(tuple(sorted(tokens)), "cue")
        condition = Between(ref, self._constant(lower, held), self._constant(upper, held), source=source)
        self._add(
            condition, "between", target, at, tokens, score=score, number=lower, cues=self._frame.near(at, "BETWEEN")
        )

    def _operators(self, at: int) -> list[tuple[str, tuple[int, int]]]:
        """Comparisons that the cues around a number ask for, the nearest first; equality where there is none."""
        found: list[tuple[int, str, tuple[int, int]]] = []
        for tag, op in _OPS.items():
            left, right = self._frame.near(at, tag)
            if left <= 4:
                found.append((left, op, (left, right)))
            elif right <= 2:
                found.append((right, op, (left, right)))
        found.sort(key=lambda entry: entry[0])
        chosen: dict[str, tuple[int, int]] = {}
        for _, op, cues in found[:2]:
            chosen.setdefault(op, cues)
        negated = self._frame.near(at, "NOT")[0] <= 4
        if negated and chosen:
            first = next(iter(chosen))
            chosen.setdefault({">": "<=", "<": ">=", "=": "<>", ">=": "<", "<=": ">"}.get(first, "="), chosen[first])
        elif negated:
            chosen["<>"] = self._frame.near(at, "NOT")
        chosen.setdefault("=", (FAR, FAR))
        return list(chosen.items())[:3]

    def _measured(self, at: int, number: Number) -> list[tuple[Target, float]]:
        """Fields that a number may be compared with: those named in the question, nearest first, and years."""
        frame, found = self._frame, {}
        for (dataset, name), links in self._evidence.by_field.items():
            held = self._vocabulary.fields[dataset, name]
            best = max(links, key=lambda link: (link.score, -abs(unit_of(frame, link) - at)))
            distance = abs(unit_of(frame, best) - at)
            if best.score < 0.35 or not _comparable(held, number, distance):
                continue
            if held.role == semantics_pb2.FIELD_ROLE_IDENTIFIER and (best.score < 0.62 or distance > 4):
                continue
            found[Target("field", dataset, name)] = best.score - 0.02 * distance
        ranked = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:6]
        return ranked + [entry for entry in self._years_held(number) if entry[0] not in found]

    def _years_held(self, number: Number) -> list[tuple[Target, float]]:
        """Fields that hold years, of datasets that the question leads to, for a number that may be a year."""
        if not (number.whole and 1000 <= number.value <= 2100):
            return []
        found = {
            Target("field", dataset, held.name): 0.5 + 0.01 * min(affinity, 10.0)
            for dataset, affinity in self._evidence.affinity.items()
            if affinity >= 0.5
            for held in self._vocabulary.datasets[dataset].fields
            if held.unit == "year"
        }
        return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:4]

    def _constant(self, number: Number, held: semantics_pb2.Field, op: str = "=") -> Constant:
        if held.family not in _NUMERIC and (op in ("=", "<>") or not _numbers_as_text(held)):
            return self._frame.parsed.text(number.first, number.last)
        return int(number.value) if number.whole else number.value

    def _counts(self, at: int, unit: Unit, number: Number, ops: list[tuple[str, tuple[int, int]]]) -> None:
        """A number of related rows: "at least 2 concerts"."""
        if not number.whole:
            return
        for place, names in self._evidence.dataset_units:
            if not -6 <= place - at <= 3 or place == at:
                continue
            for name in sorted(names):
                for op, cues in ops:
                    source = Source(tuple(range(unit.first, unit.last)), "cue")
                    condition = Compare(Item(fn="count", dataset=name), op, int(number.value), source=source)
                    self._add(
                        condition,
                        "count",
                        Target("dataset", name),
                        at,
                        range(unit.first, unit.last),
                        op=op,
                        number=number,
                        cues=cues,
                    )
        if not self._evidence.dataset_units or any(cues != (FAR, FAR) for _, cues in ops):
            for op, cues in ops:
                source = Source(tuple(range(unit.first, unit.last)), "cue")
                condition = Compare(Item(fn="count"), op, int(number.value), source=source)
                best = min(self._evidence.ranked, key=lambda name: self._evidence.ranked[name], default="")
                if best:
                    self._add(
                        condition,
                        "count",
                        Target("dataset", best),
                        at,
                        range(unit.first, unit.last),
                        op=op,
                        number=number,
                        cues=cues,
                    )

    def _aggregate(
        self,
        ref: Ref,
        target: Target,
        at: int,
        unit: Unit,
        number: Number,
        ops: list[tuple[str, tuple[int, int]]],
        score: float,
    ) -> None:
        """A condition on an aggregate: "average salary above 1000"."""
        for tag, fn in (("AVG", "avg"), ("SUM", "sum"), ("MAX", "max"), ("MIN", "min")):
            if self._frame.near(at, tag)[0] > 6:
                continue
            for op, cues in ops:
                source = Source(tuple(range(unit.first, unit.last)), "cue")
                value: Constant = int(number.value) if number.whole else number.value
                condition = Compare(Item(ref, fn=fn), op, value, source=source)
                self._add(
                    condition,
                    "aggregate",
                    target,
                    at,
                    range(unit.first, unit.last),
                    op=op,
                    score=score,
                    number=number,
                    cues=cues,
                )

    # Others

    def _averages(self) -> None:
        """Against a value that a query finds: "above the average", "more than the maximum", "older than every engineer",
        "more than the employee with number 163"."""
        frame = self._frame
        for at, unit in enumerate(frame.units):
            above, below = "ABOVE_AVG" in unit.tags, "BELOW_AVG" in unit.tags
            compared = next((op for tag, op in _OPS.items() if tag in unit.tags and op not in ("=", "<>")), "")
            if above or below:
                self._nested(at, ">" if above else "<", ("avg",))
                continue
            if not compared or (at + 1 < len(frame.units) and frame.units[at + 1].number is not None):
                continue
            self._nested(at, compared, self._functions_after(at, compared))

    def _functions_after(self, at: int, op: str) -> tuple[str, ...]:
        """What of the other rows is compared with, as the words behind the comparison say it."""
        frame = self._frame
        for tag, fn in (("AVG", "avg"), ("MAX", "max"), ("MIN", "min")):
            if frame.near(at, tag)[1] <= 4:
                return (fn,)
        least, most = ("min", "max") if op.startswith(">") else ("max", "min")
        if min(frame.near(at, tag)[1] for tag in ("EACH", "ALL")) <= 2:
            return (most, least)
        return ("", least, most)

    def _nested(self, at: int, op: str, functions: Sequence[str]) -> None:
        """Comparisons with a value of other rows. functions: of their values; "": of the one row that conditions name."""
        unit = self._frame.units[at]
        ranked = sorted(self._evidence.by_field.items(), key=lambda each: (-each[1][0].score, each[0]))
        made = 0
        for (dataset, name), links in ranked:
            held = self._vocabulary.fields[dataset, name]
            timed = held.role == semantics_pb2.FIELD_ROLE_TIME
            coded = held.role == semantics_pb2.FIELD_ROLE_IDENTIFIER
            if (held.family not in _NUMERIC and not timed) or coded or links[0].score < 0.4 or made >= 4:
                continue
            made += 1
            ref = Ref(dataset, name)
            tokens = {*range(unit.first, unit.last), *range(links[0].first, links[0].last)}
            source = Source(tuple(sorted(tokens)), links[0].kind, links[0].score)
            for fn in functions:
                inner = Reading(root=dataset, select=(Item(ref, fn=fn),))
                condition = Compare(Item(ref, source=source), op, inner, source=source)
                target = Target("field", dataset, name)
                self._add(condition, "average", target, at, tokens, op=op, score=links[0].score, better=functions.index(fn))

    def _fields(self) -> None:
        """One field against another: "the support rate is lower than the oppose rate"."""
        frame = self._frame
        for at, unit in enumerate(frame.units):
            op = next((op for tag, op in _OPS.items() if tag in unit.tags and tag not in ("EQ", "NE")), "")
            if not op:
                continue
            left = self._measure_near(range(at - 1, max(-1, at - 5), -1))
            right = self._measure_near(range(at + 1, min(len(frame.units), at + 5)))
            if left is None or right is None or left.target == right.target:
                continue
            tokens = {*range(left.first, left.last), *range(unit.first, unit.last), *range(right.first, right.last)}
            source = Source(tuple(sorted(tokens)), "cue", min(left.score, right.score))
            first, second = Ref(left.target.dataset, left.target.name), Ref(right.target.dataset, right.target.name)
            condition = Compare(Item(first, source=source), op, Item(second, source=source), source=source)
            self._add(condition, "fields", left.target, at, tokens, op=op, score=source.score)

    def _measure_near(self, places: Iterable[int]) -> Link | None:
        """The number or time that the nearest of these units names; None where a number or value comes first."""
        for place in places:
            unit = self._frame.units[place]
            if unit.number is not None or "value" in unit.tags:
                return None
            for link in unit.links:
                held = self._vocabulary.field_of(link.target)
                if link.target.kind == "field" and held is not None and link.score >= 0.55:
                    if held.family in _NUMERIC or held.role == semantics_pb2.FIELD_ROLE_TIME:
                        return link
        return None

    def _patterns(self) -> None:
        """Texts that a field contains, begins or ends with; texts in quotes that no data holds."""
        frame = self._frame
        quotes = [(quote.first, quote.last, quote.text) for quote in frame.parsed.question.quotes]
        for at, unit in enumerate(frame.units):
            kind = next((like for tag, like in _LIKES.items() if tag in unit.tags), "")
            if not kind:
                continue
            text = next(
                (quote for quote in quotes if unit.last <= quote[0] <= unit.last + 6), None
            ) or self._word_after(at)
            if text is None:
                continue
            first, last, content = text
            for target, score in self._texts(at):
                for negated in (False, True) if frame.near(at, "NOT")[0] <= 5 else (False,):
                    source = Source(tuple(range(first, last)), "cue")
                    condition = Like(Ref(target.dataset, target.name), kind, content.strip("%'\""), negated, source)
                    tokens = {*range(unit.first, unit.last), *range(first, last)}
                    self._add(condition, "like", target, at, tokens, op="<>" if negated else "=", score=score)
        for first, last, content in [*quotes, *self._unknown_names()]:
            if first in self._valued and (first, last) in self._exact:
                continue
            at = frame.unit_at[first]
            for target, score in self._texts(at):
                source = Source(tuple(range(first, last)), "value", 0.5)
                ref = Ref(target.dataset, target.name)
                same = Compare(Item(ref, source=source), "=", content, fold=True, source=source)
                self._add(same, "text", target, at, range(first, last), score=score)
                if (first, last, content) in quotes:
                    part = Like(Ref(target.dataset, target.name), "contains", content.strip("%'\""), False, source)
                    self._add(part, "like", target, at, range(first, last), score=score)

    @property
    def _valued(self) -> set[int]:
        """Tokens that name stored values."""
        links = self._frame.parsed.links
        return {
            at
            for link in links
            if link.target.kind == "value" and link.score >= 0.9
            for at in range(link.first, link.last)
        }

    @property
    def _exact(self) -> set[tuple[int, int]]:
        """Stretches that are stored values just as they stand."""
        links = self._frame.parsed.links
        return {(link.first, link.last) for link in links if link.target.kind == "value" and link.score >= 0.99}

    def _unknown_names(self) -> list[tuple[int, int, str]]:
        """Runs of capitalised words and codes that nothing knows: names of what the data does not hold."""
        frame, runs = self._frame, []
        tokens = frame.parsed.question.tokens
        at = 1
        while at < len(tokens):
            last = at
            while (
                last < len(tokens)
                and _strange(frame.units[frame.unit_at[last]])
                and (tokens[last].capital or any(char.isdigit() for char in tokens[last].norm))
            ):
                last += 1
            if last > at:
                runs.append((at, last, frame.parsed.text(at, last)))
            at = max(last, at + 1)
        return runs

    def _word_after(self, at: int) -> tuple[int, int, str] | None:
        for unit in self._frame.units[at + 1 : at + 4]:
            if unit.tags & {"word", "value", "field", "dataset", "number"} and not unit.tags & {"AS", "THE"}:
                return unit.first, unit.last, self._frame.parsed.text(unit.first, unit.last)
        return None

    def _texts(self, at: int) -> list[tuple[Target, float]]:
        """Text fields that a text may belong to: those named, nearest first, then labels of named datasets."""
        found: dict[Target, float] = {}
        for (dataset, name), links in self._evidence.by_field.items():
            held = self._vocabulary.fields[dataset, name]
            if held.family in _NUMERIC or links[0].score < 0.4:
                continue
            distance = min(abs(unit_of(self._frame, link) - at) for link in links)
            found[Target("field", dataset, name)] = links[0].score - 0.03 * distance
        for dataset in self._evidence.named:
            label = self._vocabulary.datasets[dataset].label_field
            if label:
                found.setdefault(Target("field", dataset, label), 0.25)
        return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:5]

    def _flags(self) -> None:
        for (dataset, name), links in self._evidence.by_field.items():
            held = self._vocabulary.fields[dataset, name]
            if held.role != semantics_pb2.FIELD_ROLE_FLAG:
                continue
            for link in links[:2]:
                if link.score < 0.4:
                    continue
                unit = unit_of(self._frame, link)
                near = min(self._frame.near(unit, tag)[0] for tag in ("NOT", "NE"))
                for negated in (False, True) if near <= 4 else (False,):
                    condition = Flag(Ref(dataset, name), negated, source_of(link))
                    target = Target("field", dataset, name)
                    self._add(
                        condition,
                        "flag",
                        target,
                        unit,
                        range(link.first, link.last),
                        op="<>" if negated else "=",
                        score=link.score,
                    )

    def _missing(self) -> None:
        for (dataset, name), links in self._evidence.by_field.items():
            held = self._vocabulary.fields[dataset, name]
            if not held.nullable or held.role == semantics_pb2.FIELD_ROLE_FLAG:
                continue
            link = links[0]
            unit = unit_of(self._frame, link)
            close = min(min(self._frame.near(unit, tag)) for tag in ("NULL", "NOTNULL", "NOT"))
            if link.score < 0.6 or close > 3:
                continue
            for negated in (False, True):
                condition = Missing(Ref(dataset, name), negated, source_of(link))
                target = Target("field", dataset, name)
                self._add(
                    condition,
                    "null",
                    target,
                    unit,
                    range(link.first, link.last),
                    op="<>" if negated else "=",
                    score=link.score,
                )

    def _entities(self) -> None:
        for link in self._frame.parsed.links:
            if link.target.kind != "entity":
                continue
            entity = self._vocabulary.entities[link.target.name]
            unit = unit_of(self._frame, link)
            for each in entity.filters:
                if each.dataset in self._vocabulary.datasets:
                    condition = Named(each.dataset, entity.name, False, source_of(link))
                    on = Target("dataset", each.dataset)
                    self._add(condition, "entity", on, unit, range(link.first, link.last), score=link.score)

    def _periods(self) -> None:
        for at, unit in enumerate(self._frame.units):
            period = unit.period
            if period is None:
                continue
            tokens = range(period.first, period.last)
            for target, score in self._times(at):
                source = Source(tuple(tokens), "cue", 1.0, period.label)
                ref = Ref(target.dataset, target.name)
                condition = Between(ref, period.start, period.end, True, period.label, source)
                self._add(condition, "period", target, at, tokens, score=score)
            if period.grain == "year" and unit.number is None and period.start and period.end:
                self._years(at, period)

    def _years(self, at: int, period: Period) -> None:
        """Several years, on fields that hold a year as a number."""
        assert period.start is not None
        assert period.end is not None
        tokens = tuple(range(period.first, period.last))
        for dataset, affinity in self._evidence.affinity.items():
            for held in self._vocabulary.datasets[dataset].fields if affinity >= 0.5 else ():
                if held.unit == "year" and held.family in _NUMERIC:
                    source = Source(tokens, "cue", 1.0, period.label)
                    years = period.start.year, period.end.year - 1
                    condition = Between(Ref(dataset, held.name), *years, label=period.label, source=source)
                    self._add(condition, "between", Target("field", dataset, held.name), at, tokens, score=0.6)

    def _times(self, at: int) -> list[tuple[Target, float]]:
        """Times that a period may refer to: those named, nearest first, then the defaults of likely datasets."""
        found: dict[Target, float] = {}
        for (dataset, name), links in self._evidence.by_field.items():
            held = self._vocabulary.fields[dataset, name]
            if held.role == semantics_pb2.FIELD_ROLE_TIME and held.family not in _NUMERIC and links[0].score >= 0.4:
                distance = min(abs(unit_of(self._frame, link) - at) for link in links)
                found[Target("field", dataset, name)] = links[0].score - 0.03 * distance
        for dataset, rank in self._evidence.ranked.items():
            default = self._vocabulary.datasets[dataset].default_time_field
            if rank < 4 and default:
                found.setdefault(Target("field", dataset, default), 0.4 - 0.05 * rank)
        return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:6]


def _numbers_as_text(held: semantics_pb2.Field) -> bool:
    """Whether a text column holds numbers, but for a few that are missing ("null", "-")."""
    values = [each.value for each in held.values]
    numbers = sum(value.strip().lstrip("-").replace(".", "", 1).isdigit() for value in values)
    return len(values) >= 3 and numbers >= 0.9 * len(values)


def _strange(unit: Unit) -> bool:
    return "word" in unit.tags


def _comparable(held: semantics_pb2.Field, number: Number, distance: int) -> bool:
    """Whether a number may be compared with a field; codes kept as text stand right beside their name."""
    if held.family in _NUMERIC or held.unit == "year":
        return True
    coded = held.role in (semantics_pb2.FIELD_ROLE_IDENTIFIER, semantics_pb2.FIELD_ROLE_DIMENSION)
    return coded and number.whole and distance <= 3
