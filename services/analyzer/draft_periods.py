"""Two periods in one question: side by side, one less the other, or what the change from one to the other comes from."""

from dataclasses import replace
from datetime import date, timedelta

from maestro.catalog.v1 import catalog_pb2
from maestro.semantics.v1 import semantics_pb2
from services.analyzer import dates_en, dates_pt
from services.analyzer.draft import Draft
from services.analyzer.phrases import say
from services.analyzer.reading import AnyOf, Assumed, Between, Compare, Condition, Contrast, Flag, Item, Ref, Within
from services.analyzer.stem import stems
from services.analyzer.vocabulary import Vocabulary

_MONTHS = {**dates_pt.MONTHS, **dates_en.MONTHS}
_DAYS = {"day": 1, "week": 7}
_FIELDS = 4
"""How many fields a difference is looked for in."""
_FEWEST, _MOST = 2, 400
"""Values that a field may have, for a difference to be told by it."""
_CHANGES = frozenset(
    stem
    for word in (
        "diferente", "caiu", "cair", "cairam", "queda", "aumentou", "aumentaram", "aumento", "subiu", "subiram", "cresceu",
        "cresceram", "crescimento", "diminuiu", "diminuiram", "reduziu", "mudou", "mudaram", "mudanca", "variou", "variacao",
        "piorou", "melhorou", "change", "changed", "drop", "dropped", "fall", "fell", "rise", "rose", "increase", "increased",
        "decrease", "decreased", "grow", "grew", "decline", "declined", "differ", "different", "difference",
    )
    for stem in stems(word)
)  # fmt: skip


def settle_periods(draft: Draft, where: list[Condition], measure: Item | None) -> list[Condition]:
    """The conditions, with several periods of one time made alternatives; sets what is shown of them."""
    periods = [each for each in where if isinstance(each, Between) and each.upper_open]
    asked = draft.has("DIFFERENCE", "WHY", "COMPARE")
    if len(periods) == 1 and asked is not None:
        periods = _split(draft, periods[0]) or periods
    periods = [each for each in periods if each.ref == periods[0].ref] if periods else []
    why = draft.has("WHY")
    if why is not None and len(periods) == 1 and measure is not None:
        periods = [*periods, _one_before(periods[0])]
    if len(periods) < 2:
        return where
    rest = [each for each in where if not (isinstance(each, Between) and each.ref == periods[0].ref)]
    if why is not None and measure is not None and _explained(draft, rest, periods, measure):
        draft.use(why)
        return rest
    either = AnyOf(tuple(periods))
    if draft.has("DIFFERENCE") is not None and measure is not None and len(periods) == 2:
        draft.use(draft.has("DIFFERENCE"))  # type: ignore[arg-type]  # just found
        draft.select = [
            replace(measure, where=(periods[0],), minus=replace(measure, where=(periods[1],)), title="diferenca")
        ]
        for number, period in enumerate(periods):
            draft.select.append(replace(measure, where=(period,), title=_title(period, number)))
        return [*rest, either]
    grain = _grain(periods)
    if grain:
        draft.grain, draft.series, draft.compare = grain, True, False
        return [*rest, either]
    if measure is None:
        return [*rest, either]
    draft.select = [replace(measure, where=(each,), title=_title(each, n)) for n, each in enumerate(periods)]
    return [*rest, either]


def _title(period: Between, number: int) -> str:
    return f"periodo_{number + 1}" if not isinstance(period.lower, date) else f"desde_{period.lower:%Y_%m_%d}"


def _grain(periods: list[Between]) -> str:
    """The bucket of time that each of the periods is one of; empty where they are not alike."""
    for grain in ("day", "week", "month", "quarter", "year"):
        if all(_is_one(period, grain) for period in periods):
            return grain
    return ""


def _is_one(period: Between, grain: str) -> bool:
    lower, upper = period.lower, period.upper
    if not isinstance(lower, date) or not isinstance(upper, date):
        return False
    if grain in _DAYS:
        return (upper - lower).days == _DAYS[grain] and (grain == "day" or lower.weekday() == 0)
    months = (upper.year - lower.year) * 12 + upper.month - lower.month
    size = {"month": 1, "quarter": 3, "year": 12}[grain]
    return lower.day == upper.day == 1 and months == size and (lower.month - 1) % size == 0


def _split(draft: Draft, period: Between) -> list[Between]:
    """ "Entre outubro e setembro de 2025": the two ends of a range that is not meant as one."""
    if not isinstance(period.lower, date) or not isinstance(period.upper, date):
        return []
    tokens = sorted(period.source.tokens)
    months = [_MONTHS[key] for at in tokens if (key := draft.parsed.keys[at]) in _MONTHS]
    if len(months) == 2:
        last = (period.upper - timedelta(1)).year
        said = any(draft.parsed.keys[at] == str(last) for at in tokens)
        years = [last if said or months[1] == month else period.lower.year for month in months]
        days = [date(year, month, 1) for year, month in zip(years, months, strict=True)]
        return [_month(period, day) for day in days]
    years = sorted({int(key) for at in tokens if (key := draft.parsed.keys[at]).isdigit() and len(key) == 4})
    if len(years) == 2:
        return [replace(period, lower=date(y, 1, 1), upper=date(y + 1, 1, 1), label=str(y)) for y in years]
    return []


def _month(period: Between, day: date) -> Between:
    after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return replace(period, lower=day, upper=after, label=f"{day:%m/%Y}")


def _one_before(period: Between) -> Between:
    """The period of the same length before."""
    lower, upper = period.lower, period.upper
    assert isinstance(lower, date)
    assert isinstance(upper, date)
    if lower.day == upper.day == 1:
        months = (upper.year - lower.year) * 12 + upper.month - lower.month
        index = lower.year * 12 + lower.month - 1 - months
        start = date(index // 12, index % 12 + 1, 1)
    else:
        start = lower - (upper - lower)
    return replace(period, lower=start, upper=lower, label=f"{start:%d/%m/%Y} – {lower - timedelta(1):%d/%m/%Y}")


def _explained(draft: Draft, rest: list[Condition], periods: list[Between], measure: Item) -> bool:
    """Sets the contrast of the earlier period with the later one. Whether there is a field to tell it by."""
    by = _fields(draft.vocabulary, draft.root, [item.ref for item in draft.group if item.ref], rest)
    if not by or measure.dataset not in ("", draft.root):
        return False
    earlier, later = sorted(periods[:2], key=lambda each: str(each.lower))
    draft.contrast = Contrast(replace(measure, source=measure.source), earlier, later, tuple(by))
    draft.intent = "explanation"
    draft.use(*[cue for cue in draft.parsed.cues if cue.op in ("DIFFERENCE", "COMPARE", "BETWEEN", "WHY", "NE")])
    words = draft.parsed.keys
    for at, key in enumerate(words):
        if set(stems(key, draft.parsed.language.code)) & _CHANGES:
            draft.used.add(at)
    text = say("method_contribution", draft.parsed.language.code, before=earlier.label, after=later.label)
    draft.assumed.append(Assumed("method", "", text))
    return True


def _fields(vocabulary: Vocabulary, root: str, named: list[Ref], where: list[Condition]) -> list[Ref]:
    """The fields that a difference is told by: those named, else what the model says that several tables share, few
    values before many; never one that the question has fixed."""
    if named:
        return named[:_FIELDS]
    fixed = {each.ref for each in where if isinstance(each, (Within, Flag))}
    fixed |= {each.left.ref for each in where if isinstance(each, Compare) and each.left.ref}
    found = []
    for held in vocabulary.datasets[root].fields:
        grouping = held.role == semantics_pb2.FIELD_ROLE_DIMENSION
        telling = held.column and not held.unique and (grouping or held.concept or held.values)
        # Where nothing is known of how many values a field has, only one that rows are grouped by will do.
        few = _FEWEST <= held.distinct <= _MOST or (grouping and not held.distinct)
        if telling and few and _textual(held.family) and Ref(root, held.name) not in fixed:
            found.append((not held.concept, held.distinct, held.name))
    return [Ref(root, name) for _, _, name in sorted(found)[:_FIELDS]]


def _textual(family: int) -> bool:
    """Whether a type family is text: the lists stand in one column."""
    return family in (catalog_pb2.TYPE_FAMILY_TEXT, catalog_pb2.TYPE_FAMILY_UNSPECIFIED)
