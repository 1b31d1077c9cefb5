"""Periods: which time of a row they refer to."""

from dataclasses import replace
from datetime import timedelta

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import GLUE
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
    Related,
    Source,
)
from services.analyzer.stem import stems as stems_of
from services.analyzer.vocabulary import SMALL_WORDS

_TOLD = 0.95
"""Below it a filter is named by another form of its word ("vencem" for "vencido")."""


def take_period(draft: Draft, at: int, period: Period) -> None:
    """A condition on the time that the period refers to."""
    source = Source(tuple(range(period.first, period.last)), "cue", 1.0, period.label)
    if _of_related(draft, _ahead(draft, at, period), source):
        return
    ref = _time_field(draft, at)
    if ref is None:
        if period.weak:
            _weak_year(draft, period)
        return
    held = draft.vocabulary.fields[ref.dataset, ref.field]
    draft.used.update(range(period.first, period.last))
    if held.role != semantics_pb2.FIELD_ROLE_TIME or held.family in (1, 2, 3):
        year = period.start.year if period.start else (period.end - timedelta(1)).year if period.end else 0
        draft.where.append(Compare(Item(ref), "=", year, source=source))
        return
    period = _ahead(draft, at, period)
    draft.where.append(Between(ref, period.start, period.end, True, period.label, source))


def _of_related(draft: Draft, period: Period, source: Source) -> bool:
    """ "Transportadoras que não tiveram embarques em outubro": the period is that of what there was none of."""
    for place, each in enumerate(draft.where):
        if not isinstance(each, Related) or max(each.source.tokens, default=period.last) >= period.first:
            continue
        if any(unit.link is not None and unit.link.target.kind in ("dataset", "metric")
               for unit in draft.units if max(each.source.tokens) < unit.first < period.first):  # fmt: skip
            continue
        name = draft.vocabulary.datasets[each.dataset].default_time_field
        if name:
            draft.used.update(source.tokens)
            inside = Between(Ref(each.dataset, name), period.start, period.end, True, period.label, source)
            draft.where[place] = replace(each, where=(*each.where, inside))
            return True
    return False


def _ahead(draft: Draft, at: int, period: Period) -> Period:
    """ "Para esta semana" looks ahead: it is the week of the calendar, not the seven days up to today."""
    if period.note != "rolling_week" or not any(cue.op == "TO" for cue in draft.before(at, 1)):
        return period
    start = draft.parsed.today - timedelta(draft.parsed.today.weekday())
    return replace(period, start=start, end=start + timedelta(7), note="")


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
    for other in (*reversed(draft.units[max(0, at - 3) : at]), *draft.units[at + 1 : at + 2], *_told_after(draft, at)):
        ref = _named_time(draft, other)
        if ref is not None:
            draft.select = [item for item in draft.select if item.ref != ref or item.fn]
            draft.group = [item for item in draft.group if item.ref != ref or item.grain]
            return ref
    told = told_time(draft, draft.root)
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


def _named_time(draft: Draft, unit: Unit) -> Ref | None:
    """The time field that a unit names."""
    link = _own(draft, unit)
    if link is None or link.target.kind not in ("field", "filter"):
        return None
    held = draft.vocabulary.fields[link.target.dataset, link.target.name]
    if held.role == semantics_pb2.FIELD_ROLE_TIME or held.unit == "year":
        return Ref(link.target.dataset, link.target.name)
    return None


def _told_after(draft: Draft, at: int) -> list[Unit]:
    """The name behind a "by" that follows a period: "in the last 30 days, by shipping date", "pela data de emissão"."""
    for place in range(at + 1, len(draft.units) - 1):
        cue = draft.units[place].cue
        if cue is None:
            return []
        if cue.op in ("BY", "BY_THE"):
            draft.use(cue)
            return [draft.units[place + 1]]
    return []


def verbs_as_times(draft: Draft) -> None:
    """Filters that are called by a verb right before a period are the times of what the verb says, where the root has a
    time of that name: "vencem nos próximos 7 dias" asks for due dates, not for what is overdue."""
    for at, unit in enumerate(draft.units):
        if unit.link is None or unit.link.target.kind != "filter" or unit.link.score >= _TOLD:
            continue
        times = [other for other in unit.others if other.target.dataset == draft.root and other.target.kind == "field"
                 and draft.vocabulary.fields[draft.root, other.target.name].role == semantics_pb2.FIELD_ROLE_TIME]  # fmt: skip
        following = next((each for each in draft.units[at + 1 :] if each.cue is None or each.cue.op not in GLUE), None)
        if times and following is not None and following.period is not None:
            draft.units[at] = replace(unit, link=times[0], others=())


def _own(draft: Draft, unit: Unit) -> Link | None:
    """The unit's link into the root, where it has one that is nearly as good as its best."""
    if unit.link is None:
        return None
    own = [each for each in (unit.link, *unit.others) if each.target.dataset == draft.root]
    return own[0] if own and own[0].score >= 0.8 * unit.link.score else unit.link


def told_time(draft: Draft, dataset: str) -> str:
    """The time field of a dataset that is called by words of a filter ("entregues hoje" is the day of the delivery)."""
    stems = {
        stem
        for condition in draft.where
        if isinstance(condition, Flag) and condition.ref.dataset == dataset and not condition.negated
        for word in _words_of(draft, condition)
        for stem in stems_of(word, draft.parsed.language.code)
    }
    best, name = 0.0, ""
    for held in draft.vocabulary.datasets[dataset].fields:
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
    """The bucket of time that rows are grouped by: of the period asked about, else of the root's own time."""
    for each in where:
        if isinstance(each, Between) and each.upper_open:
            return [Item(each.ref, grain=draft.grain or "month")]
    ref = _time_field(draft, 0)
    return [Item(ref, grain=draft.grain or "month")] if ref else []
