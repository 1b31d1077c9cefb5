"""Conditions that a question may mean, gathered, each with what models see of it."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import numpy as np

from services.analyzer.features import Anchor, Evidence, rows, unit_of
from services.analyzer.frame import FAR
from services.analyzer.numbers import Number
from services.analyzer.reading import Condition
from services.analyzer.slot import CONDITION_KINDS, CONDITION_NAMES, OPERATORS, Test
from services.analyzer.vocabulary import Target

_MOST = 64
_NONE = np.zeros(0, np.float32)
"""Features that are not there yet: those of all tests are made together."""
Cues = tuple[int, int]
"""Units to the nearest cue of a comparison, to the left and to the right."""


class Tests:
    """The conditions of one question, the first of each kept."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.frame = evidence.frame
        self.vocabulary = evidence.vocabulary
        self._made: dict[tuple[Condition, int], tuple[Test, list[float]]] = {}

    def found(self) -> tuple[Test, ...]:
        """What was added, as far as there is room."""
        held = [test for test, _ in self._made.values()]
        anchors: list[Anchor] = []
        for test in held:
            on = test.on
            mention = self.evidence.by_field.get((on.dataset, on.name), ()) if on.name else ()
            target = Target("field", on.dataset, on.name) if on.name else on
            anchors.append((target, test.unit, mention[0] if mention else None))
        own = np.array([more for _, more in self._made.values()], np.float32).reshape(len(held), len(CONDITION_NAMES))
        features = np.concatenate([rows(self.evidence, anchors), own], axis=1)
        return tuple(replace(test, features=features[at]) for at, test in enumerate(held))

    def add(
        self, condition: Condition, kind: str, on: Target, unit: int, tokens: Iterable[int], *, op: str = "=",
        score: float = 1.0, rivals: int = 0, better: int = 0, number: Number | None = None, cues: Cues = (FAR, FAR),
    ) -> None:  # fmt: skip
        """kind, on, unit, tokens: as of Test. op: its comparison. score: of the link that it rests on. rivals: other values
        of the same words; better: of these (or of other ways to compare) those before it. number: that it compares with."""
        key = (condition, unit)
        if key in self._made or len(self._made) == _MOST:
            return
        frame = self.frame
        held = frozenset(tokens)
        nearest, mentions = self._mentioned(on, unit)
        unit_held = frame.units[unit]
        first = frame.parsed.question.tokens[unit_held.first]
        own = [
            *(float(kind == each) for each in CONDITION_KINDS),
            *(float(op == each) for each in OPERATORS),
            float(cues[0]), float(cues[1]), score, float(score >= 0.999), float(rivals), float(better),
            float(len(held)), float(bool(first.quoted)), float(first.capital),
            float(number is not None and number.whole and 1900 <= number.value <= 2100),
            float(number is None or number.whole),
            float(min(float(abs(number.value)), 1e6)) if number is not None else -1.0,
            nearest[2], float(nearest[1]), float(nearest[0]), float(nearest[0] <= self._field_beside(unit)), float(mentions),
            float(nearest[0] == 0),
            float(kind == "value"), float(bool(unit_held.tags & {"field", "dataset"})), float(unit == self._first),
        ]  # fmt: skip
        self._made[key] = Test(condition, kind, on, unit, held, _NONE), own

    def _mentioned(self, on: Target, unit: int) -> tuple[tuple[int, int, float], int]:
        """How far from a unit the nearest mention of a field is (distance, offset, score), and how many there are."""
        links = self.evidence.by_field.get((on.dataset, on.name), ()) if on.name else ()
        places = [(abs(at - unit), at - unit, link.score) for link in links for at in (unit_of(self.frame, link),)]
        return min(places, key=lambda each: (each[0], -each[2]), default=(FAR, 0, 0.0)), len(places)

    def _field_beside(self, unit: int) -> int:
        """How far the nearest other unit that names a field is."""
        return min((abs(place - unit) for place in self.evidence.field_units if place != unit), default=FAR)

    @cached_property
    def _first(self) -> int:
        """The first unit that is a value or a number."""
        units = self.frame.units
        return next((at for at, each in enumerate(units) if "value" in each.tags or "number" in each.tags), -1)
