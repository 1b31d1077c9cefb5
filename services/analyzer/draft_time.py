"""Periods: which time of a row they refer to."""

from datetime import timedelta

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.dates import Period
from services.analyzer.draft import Draft
from services.analyzer.link import Link
from services.analyzer.mentions import Unit
from services.analyzer.normalize import fold
from services.analyzer.reading import (
    Between,
    Compare,
    Condition,
    Flag,
    Item,
    Ref,
    Source,
)
from services.analyzer.stem import stems as stems_of
from services.analyzer.vocabulary import SMALL_WORDS


def take_period(draft: Draft, at: int, period: Period) -> None:
    ref = _time_field(draft, at)
    if ref is None:
        if period.weak:
            _weak_year(draft, period)
        return
    held = draft.vocabulary.fields[ref.dataset, ref.field]
    draft.used.update(range(period.first, period.last))
    source = Source(tuple(range(period.first, period.last)), "cue", 1.0, period.label)
    if held.role != semantics_pb2.FIELD_ROLE_TIME or held.family in (1, 2, 3):
        year = period.start.year if period.start else (period.end - timedelta(1)).year if period.end else 0
        draft.where.append(Compare(Item(ref), "=", year, source=source))
        return
    draft.where.append(Between(ref, period.start, period.end, True, period.label, source))


def _weak_year(draft: Draft, period: Period) -> None:
    """A bare year, where the root has a whole-number year."""
    for held in draft.vocabulary.datasets[draft.root].fields:
        if held.unit == "year" and period.start is not None:
            source = Source(tuple(range(period.first, period.last)), "cue", 0.9, period.label)
            draft.used.update(source.tokens)
            ref = Ref(draft.root, held.name)
            draft.where.append(Compare(Item(ref), "=", period.start.year, source=source))
            return


def _time_field(draft: Draft, at: int) -> Ref | None:
    """The time that a period refers to: one named beside it, the metric's, else the root's own."""
    for other in (*reversed(draft.units[max(0, at - 3) : at]), *draft.units[at + 1 : at + 2]):
        link = _own(draft, other)
        if link is None or link.target.kind != "field":
            continue
        held = draft.vocabulary.fields[link.target.dataset, link.target.name]
        if held.role == semantics_pb2.FIELD_ROLE_TIME or held.unit == "year":
            ref = Ref(link.target.dataset, link.target.name)
            draft.select = [item for item in draft.select if item.ref != ref or item.fn]
            return ref
    told = _told_time(draft)
    if told:
        return Ref(draft.root, told)
    for item in draft.select:
        if item.metric:
            metric = draft.vocabulary.metrics[item.metric]
            name = metric.time_field or draft.vocabulary.datasets[metric.dataset].default_time_field
            if name:
                return Ref(metric.dataset, name)
    held_root = draft.vocabulary.datasets[draft.root]
    name = _planned(draft, at) or held_root.default_time_field
    return Ref(draft.root, name) if name else None


def _own(draft: Draft, unit: Unit) -> Link | None:
    """The unit's link into the root, where it has one that is nearly as good as its best."""
    if unit.link is None:
        return None
    own = [each for each in (unit.link, *unit.others) if each.target.dataset == draft.root]
    return own[0] if own and own[0].score >= 0.8 * unit.link.score else unit.link


def _told_time(draft: Draft) -> str:
    """The time field of the root that is called by words of a filter ("entregues hoje" is the day of the delivery)."""
    stems = {
        stem
        for condition in draft.where
        if isinstance(condition, Flag) and condition.ref.dataset == draft.root and not condition.negated
        for word in _words_of(draft, condition)
        for stem in stems_of(word, draft.parsed.language.code)
    }
    best, name = 0.0, ""
    for held in draft.vocabulary.datasets[draft.root].fields:
        if held.role != semantics_pb2.FIELD_ROLE_TIME:
            continue
        for term in held.terms:
            words = [word for word in fold(term.text).split() if word not in SMALL_WORDS]
            shared = sum(bool(stems & set(stems_of(word, draft.parsed.language.code))) for word in words)
            if words and shared / len(words) > max(best, 0.6):
                best, name = shared / len(words), held.name
    return name


def _words_of(draft: Draft, condition: Flag) -> set[str]:
    """The words that a filter was called by, and those that it goes by."""
    said = {draft.parsed.keys[token] for token in condition.source.tokens}
    terms = draft.vocabulary.fields[condition.ref.dataset, condition.ref.field].terms
    return (said | {word for term in terms for word in fold(term.text).split()}) - SMALL_WORDS


def _planned(draft: Draft, at: int) -> str:
    """The field for what is to come, where the period lies ahead."""
    period = draft.units[at].period if at < len(draft.units) else None
    ahead = period is not None and period.start is not None and period.start > draft.parsed.today
    return draft.vocabulary.datasets[draft.root].planned_time_field if ahead else ""


def time_group(draft: Draft, where: list[Condition]) -> list[Item]:
    for each in where:
        if isinstance(each, Between) and each.upper_open:
            return [Item(each.ref, grain=draft.grain or "month")]
    ref = _time_field(draft, 0)
    return [Item(ref, grain=draft.grain or "month")] if ref else []
