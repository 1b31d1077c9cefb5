"""Stage 7: possible slots, everything of the model that the question may want shown, tested, grouped or ordered by.

Candidates are made generously here; models then say how likely each is (score.py), and whole readings are put together of
the likely ones (assemble.py). Each kind of condition has a file of its own (`slot_*`).
"""

from services.analyzer.features import Evidence
from services.analyzer.slot import CONDITION_KINDS, CONDITION_NAMES, WIDTH, Column, Slots, Test, source_of
from services.analyzer.slot_columns import columns
from services.analyzer.slot_compared import averages, fields
from services.analyzer.slot_flags import entities, flags, missing
from services.analyzer.slot_numbers import numbers
from services.analyzer.slot_tests import Tests
from services.analyzer.slot_texts import texts
from services.analyzer.slot_times import periods
from services.analyzer.slot_values import values

_MAKERS = (values, numbers, averages, fields, texts, flags, missing, entities, periods)
"""What makes conditions, in the order in which they are looked at: only so many are kept."""


def slots_of(evidence: Evidence) -> Slots:
    """The possible slots of a question."""
    tests = Tests(evidence)
    for make in _MAKERS:
        make(tests)
    return Slots(tuple(columns(evidence)), tests.found())


__all__ = ["CONDITION_KINDS", "CONDITION_NAMES", "WIDTH", "Column", "Slots", "Test", "slots_of", "source_of"]
