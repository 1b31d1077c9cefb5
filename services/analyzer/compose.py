"""Stage 7a: a reading by rule: each unit of the question takes the part that the cues around it give it.

This is the grammar that needs no training. It walks through the units once, left to right, keeps the cues that wait for
something to act on, and fills the slots of one reading.
"""

from collections.abc import Callable
from dataclasses import dataclass

from services.analyzer.draft import Draft
from services.analyzer.draft_absence import take_absence
from services.analyzer.draft_ages import take_ages
from services.analyzer.draft_asked import ask_for_unit, ask_when, ask_who, by_period, by_units, only_the_total
from services.analyzer.draft_conditions import take_entity, take_filter, take_value
from services.analyzer.draft_cues import take_cue
from services.analyzer.draft_last import take_last
from services.analyzer.draft_measures import take_correlation, take_difference, take_forecast
from services.analyzer.draft_names import named_beside, take_dataset, take_field, take_metric
from services.analyzer.draft_numbers import take_number
from services.analyzer.draft_percent import take_percent
from services.analyzer.draft_time import take_period, verbs_as_times
from services.analyzer.draft_whole import finish
from services.analyzer.link import Link
from services.analyzer.mentions import Unit
from services.analyzer.parse import Parse
from services.analyzer.reading import Reading
from services.analyzer.vocabulary import Vocabulary

_TAKE: dict[str, Callable[[Draft, int, Unit, Link], None]] = {
    "dataset": take_dataset,
    "field": take_field,
    "metric": take_metric,
    "filter": take_filter,
    "entity": take_entity,
    "value": take_value,
}
"""By what is named. A role's name alone tells nothing here: the field of the key has the same words."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A reading, and the tokens that it explains."""

    reading: Reading
    used: frozenset[int]


class Composer:
    """Composes the reading of one parse with one dataset as its root."""

    def __init__(self, parsed: Parse, vocabulary: Vocabulary, root: str) -> None:
        self._draft = Draft(parsed, vocabulary, root)

    def compose(self) -> Composed:
        """The reading."""
        draft = self._draft
        verbs_as_times(draft)
        named_beside(draft)
        ask_for_unit(draft)
        ask_when(draft)
        ask_who(draft)
        take_ages(draft)
        take_absence(draft)
        for at, unit in enumerate(draft.units):
            if unit.cue is not None:
                take_cue(draft, at, unit.cue)
            elif unit.link is not None:
                for cue in draft.inside(unit, ("STATUS",)):
                    take_cue(draft, at, cue)
        for at, unit in enumerate(draft.units):
            if unit.link is not None and unit.link.target.kind in _TAKE:
                _TAKE[unit.link.target.kind](draft, at, unit, unit.link)
        only_the_total(draft)
        by_period(draft)
        by_units(draft)
        take_last(draft)
        take_percent(draft)
        take_difference(draft)
        take_correlation(draft)
        take_forecast(draft)
        for at, unit in enumerate(draft.units):
            if unit.period is not None:
                take_period(draft, at, unit.period)
            elif unit.number is not None:
                take_number(draft, at, unit.number)
        return Composed(finish(draft), frozenset(draft.used))
