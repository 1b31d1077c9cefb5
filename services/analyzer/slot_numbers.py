"""Conditions with a number of the question: on a field, on an aggregate of a field, on how many rows are related."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.features import unit_of
from services.analyzer.frame import FAR, Frame, Unit
from services.analyzer.numbers import Number
from services.analyzer.reading import Between, Compare, Constant, Item, Ref, Source
from services.analyzer.slot import COMPARISONS, NUMERIC
from services.analyzer.slot_tests import Cues, Tests
from services.analyzer.vocabulary import Target

_OPPOSITE = {">": "<=", "<": ">=", "=": "<>", ">=": "<", "<=": ">"}
_AGGREGATES = (("AVG", "avg"), ("SUM", "sum"), ("MAX", "max"), ("MIN", "min"))


@dataclass(frozen=True)
class _Said:
    """A number where it stands. at: its unit; ops: the comparisons that the words around it ask for, with their cues."""

    tests: Tests
    at: int
    unit: Unit
    number: Number
    ops: Sequence[tuple[str, Cues]]

    @property
    def tokens(self) -> range:
        """Of the number."""
        return range(self.unit.first, self.unit.last)

    @property
    def source(self) -> Source:
        """Where conditions with it come from."""
        return Source(tuple(self.tokens), "cue")

    @property
    def amount(self) -> Constant:
        """What is compared with."""
        return int(self.number.value) if self.number.whole else self.number.value

    def compare(
        self, left: Item, op: str, right: Constant, kind: str, on: Target, cues: Cues, score: float = 1.0
    ) -> None:  # fmt: skip
        """Adds a comparison."""
        self.tests.add(
            Compare(left, op, right, source=self.source), kind, on, self.at, self.tokens, op=op, score=score,
            number=self.number, cues=cues,
        )  # fmt: skip


def numbers(tests: Tests) -> None:
    """Every number of the question, in every way in which it may be meant."""
    frame = tests.frame
    units = [(at, unit) for at, unit in enumerate(frame.units) if unit.number is not None]
    for order, (at, unit) in enumerate(units):
        assert unit.number is not None
        said = _Said(tests, at, unit, unit.number, _operators(frame, at))
        for target, score in _measured(said):
            _on_field(said, target, score)
            if order + 1 < len(units) and frame.near(at, "BETWEEN")[0] <= 4:
                _between(said, target, units[order + 1], score)
            _aggregate(said, target, score)
        _counts(said)
    for at, unit in enumerate(frame.units):
        if "SEVERAL" in unit.tags and unit.number is None:
            _counts(_Said(tests, at, unit, Number(Decimal(1), unit.first, unit.last), [(">", (0, 0))]))


def _operators(frame: Frame, at: int) -> list[tuple[str, Cues]]:
    """Comparisons that the cues around a number ask for, the nearest first; equality where there is none."""
    found: list[tuple[int, str, Cues]] = []
    for tag, op in COMPARISONS.items():
        left, right = frame.near(at, tag)
        if left <= 4:
            found.append((left, op, (left, right)))
        elif right <= 2:
            found.append((right, op, (left, right)))
    found.sort(key=lambda entry: entry[0])
    chosen: dict[str, Cues] = {}
    for _, op, cues in found[:2]:
        chosen.setdefault(op, cues)
    negated = frame.near(at, "NOT")[0] <= 4
    if negated and chosen:
        first = next(iter(chosen))
        chosen.setdefault(_OPPOSITE.get(first, "="), chosen[first])
    elif negated:
        chosen["<>"] = frame.near(at, "NOT")
    chosen.setdefault("=", (FAR, FAR))
    return list(chosen.items())[:3]


# Fields


def _on_field(said: _Said, target: Target, score: float) -> None:
    held = said.tests.vocabulary.fields[target.dataset, target.name]
    item = Item(Ref(target.dataset, target.name), source=said.source)
    for op, cues in said.ops:
        value = _constant(said.tests.frame, said.number, held, op)
        ordered = op not in ("=", "<>")
        if isinstance(value, str) and ordered and held.unit != "year":
            continue
        if ordered and held.role == semantics_pb2.FIELD_ROLE_IDENTIFIER and cues[0] > 1 < cues[1]:
            continue
        said.compare(item, op, value, "number", target, cues, score)


def _between(said: _Said, target: Target, following: tuple[int, Unit], score: float) -> None:
    tests, frame, lower = said.tests, said.tests.frame, said.number
    upper = following[1].number
    if upper is None or following[0] - said.at > 3:
        return
    held = tests.vocabulary.fields[target.dataset, target.name]
    tokens = {*range(lower.first, lower.last), *range(upper.first, upper.last)}
    source = Source(tuple(sorted(tokens)), "cue")
    bounds = _constant(frame, lower, held), _constant(frame, upper, held)
    condition = Between(Ref(target.dataset, target.name), *bounds, source=source)
    cues = frame.near(said.at, "BETWEEN")
    tests.add(condition, "between", target, said.at, tokens, score=score, number=lower, cues=cues)


def _measured(said: _Said) -> list[tuple[Target, float]]:
    """Fields that a number may be compared with: those named in the question, nearest first, and years."""
    evidence, frame, found = said.tests.evidence, said.tests.frame, {}
    for (dataset, name), links in evidence.by_field.items():
        held = evidence.vocabulary.fields[dataset, name]
        best = max(links, key=lambda link: (link.score, -abs(unit_of(frame, link) - said.at)))
        distance = abs(unit_of(frame, best) - said.at)
        if best.score < 0.35 or not _comparable(held, said.number, distance):
            continue
        if held.role == semantics_pb2.FIELD_ROLE_IDENTIFIER and (best.score < 0.62 or distance > 4):
            continue
        found[Target("field", dataset, name)] = best.score - 0.02 * distance
    ranked = sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:6]
    return ranked + [entry for entry in _years_held(said) if entry[0] not in found]


def _years_held(said: _Said) -> list[tuple[Target, float]]:
    """Fields that hold years, of datasets that the question leads to, for a number that may be a year."""
    if not (said.number.whole and 1000 <= said.number.value <= 2100):
        return []
    evidence = said.tests.evidence
    found = {
        Target("field", dataset, held.name): 0.5 + 0.01 * min(affinity, 10.0)
        for dataset, affinity in evidence.affinity.items()
        if affinity >= 0.5
        for held in evidence.vocabulary.datasets[dataset].fields
        if held.unit == "year"
    }
    return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:4]


def _constant(frame: Frame, number: Number, held: semantics_pb2.Field, op: str = "=") -> Constant:
    if held.family not in NUMERIC and (op in ("=", "<>") or not _numbers_as_text(held)):
        return frame.parsed.text(number.first, number.last)
    return int(number.value) if number.whole else number.value


def _numbers_as_text(held: semantics_pb2.Field) -> bool:
    """Whether a text column holds numbers, but for a few that are missing ("null", "-")."""
    values = [each.value for each in held.values]
    count = sum(value.strip().lstrip("-").replace(".", "", 1).isdigit() for value in values)
    return len(values) >= 3 and count >= 0.9 * len(values)


def _comparable(held: semantics_pb2.Field, number: Number, distance: int) -> bool:
    """Whether a number may be compared with a field; codes kept as text stand right beside their name."""
    if held.family in NUMERIC or held.unit == "year":
        return True
    coded = held.role in (semantics_pb2.FIELD_ROLE_IDENTIFIER, semantics_pb2.FIELD_ROLE_DIMENSION)
    return coded and number.whole and distance <= 3


# Groups


def _counts(said: _Said) -> None:
    """A number of related rows: "at least 2 concerts"."""
    if not said.number.whole:
        return
    evidence = said.tests.evidence
    for place, names in evidence.dataset_units:
        if -6 <= place - said.at <= 3 and place != said.at:
            for name in sorted(names):
                _counted(said, Item(fn="count", dataset=name), name)
    if not evidence.dataset_units or any(cues != (FAR, FAR) for _, cues in said.ops):
        best = min(evidence.ranked, key=lambda name: evidence.ranked[name], default="")
        if best:
            _counted(said, Item(fn="count"), best)


def _counted(said: _Said, rows: Item, dataset: str) -> None:
    for op, cues in said.ops:
        said.compare(rows, op, int(said.number.value), "count", Target("dataset", dataset), cues)


def _aggregate(said: _Said, target: Target, score: float) -> None:
    """A condition on an aggregate: "average salary above 1000"."""
    ref = Ref(target.dataset, target.name)
    for tag, fn in _AGGREGATES:
        if said.tests.frame.near(said.at, tag)[0] <= 6:
            for op, cues in said.ops:
                said.compare(Item(ref, fn=fn), op, said.amount, "aggregate", target, cues, score)
