"""Conditions with a period of the question: on times, and on fields that hold years."""

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.dates import Period
from services.analyzer.features import unit_of
from services.analyzer.reading import Between, Ref, Source
from services.analyzer.slot import NUMERIC
from services.analyzer.slot_tests import Tests
from services.analyzer.vocabulary import Target

_MOST = 6
"""Times that a period may refer to."""


def periods(tests: Tests) -> None:
    """A time lies in a period: "since May 2024"."""
    for at, unit in enumerate(tests.frame.units):
        period = unit.period
        if period is None:
            continue
        tokens = range(period.first, period.last)
        source = Source(tuple(tokens), "cue", 1.0, period.label)
        for target, score in _times(tests, at):
            ref = Ref(target.dataset, target.name)
            condition = Between(ref, period.start, period.end, True, period.label, source)
            tests.add(condition, "period", target, at, tokens, score=score)
        if period.grain == "year" and unit.number is None and period.start and period.end:
            _years(tests, at, period, (period.start.year, period.end.year - 1))


def _years(tests: Tests, at: int, period: Period, years: tuple[int, int]) -> None:
    """Several years, on fields that hold a year as a number."""
    tokens = tuple(range(period.first, period.last))
    source = Source(tokens, "cue", 1.0, period.label)
    for dataset, affinity in tests.evidence.affinity.items():
        for held in tests.vocabulary.datasets[dataset].fields if affinity >= 0.5 else ():
            if held.unit == "year" and held.family in NUMERIC:
                condition = Between(Ref(dataset, held.name), *years, label=period.label, source=source)
                tests.add(condition, "between", Target("field", dataset, held.name), at, tokens, score=0.6)


def _times(tests: Tests, at: int) -> list[tuple[Target, float]]:
    """Times that a period may refer to: those named, nearest first, then the defaults of likely datasets."""
    evidence, found = tests.evidence, dict[Target, float]()
    for (dataset, name), links in evidence.by_field.items():
        held = tests.vocabulary.fields[dataset, name]
        if held.role == semantics_pb2.FIELD_ROLE_TIME and held.family not in NUMERIC and links[0].score >= 0.4:
            distance = min(abs(unit_of(tests.frame, link) - at) for link in links)
            found[Target("field", dataset, name)] = links[0].score - 0.03 * distance
    for dataset, rank in evidence.ranked.items():
        default = tests.vocabulary.datasets[dataset].default_time_field
        if rank < 4 and default:
            found.setdefault(Target("field", dataset, default), 0.4 - 0.05 * rank)
    return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:_MOST]
