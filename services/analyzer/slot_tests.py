"""Conditions that a question may mean, gathered, each with what models see of it."""

from collections.abc import Iterable

import numpy as np

from services.analyzer.features import Evidence, row, unit_of
from services.analyzer.frame import FAR
from services.analyzer.numbers import Number
from services.analyzer.reading import Condition
from services.analyzer.slot import CONDITION_KINDS, OPERATORS, Test
from services.analyzer.vocabulary import Target

_MOST = 64
Cues = tuple[int, int]
"""Units to the nearest cue of a comparison, to the left and to the right."""


class Tests:
    """The conditions of one question, the first of each kept."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.frame = evidence.frame
        self.vocabulary = evidence.vocabulary
        self._made: dict[tuple[Condition, int], Test] = {}

    def found(self) -> tuple[Test, ...]:
        """What was added, as far as there is room."""
        return tuple(self._made.values())[:_MOST]

    def add(
        self, condition: Condition, kind: str, on: Target, unit: int, tokens: Iterable[int], *, op: str = "=",
        score: float = 1.0, rivals: int = 0, better: int = 0, number: Number | None = None, cues: Cues = (FAR, FAR),
    ) -> None:  # fmt: skip
        """kind, on, unit, tokens: as of Test. op: its comparison. score: of the link that it rests on. rivals: other values
        of the same words; better: of these (or of other ways to compare) those before it. number: that it compares with."""
        key = (condition, unit)
        if key in self._made:
            return
        frame = self.frame
        held = frozenset(tokens)
        mention = self.evidence.by_field.get((on.dataset, on.name), ()) if on.name else ()
        places = sorted(
            ((abs(unit_of(frame, link) - unit), unit_of(frame, link) - unit, link.score) for link in mention),
            key=lambda each: (each[0], -each[2]),
        )
        nearest: tuple[int, int, float] = places[0] if places else (FAR, 0, 0.0)
        nearest_any = min((abs(place - unit) for place in self.evidence.field_units if place != unit), default=FAR)
        unit_held = frame.units[unit]
        first = frame.parsed.question.tokens[unit_held.first]
        extra = [
            *(float(kind == each) for each in CONDITION_KINDS),
            *(float(op == each) for each in OPERATORS),
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
        base = row(self.evidence, target, unit, best)
        features = np.concatenate([base, np.array(extra, np.float32)])
        self._made[key] = Test(condition, kind, on, unit, held, features)
