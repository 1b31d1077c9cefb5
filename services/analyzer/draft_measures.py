"""Two measures side by side (correlation), and a measure to come (forecast)."""

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import Cue
from services.analyzer.dates import Period
from services.analyzer.draft import Draft
from services.analyzer.draft_sums import summed
from services.analyzer.phrases import say
from services.analyzer.reading import Assumed, Between, Condition, Flag, Item, Order, Ref
from services.analyzer.stem import stems
from services.analyzer.vocabulary import SMALL_WORDS, words_of

_MEASURE = semantics_pb2.FIELD_ROLE_MEASURE


def take_correlation(draft: Draft) -> None:
    """Sets the correlation of the first two measures that are named; called once the names are known."""
    cue = draft.has("CORRELATION")
    if cue is None:
        return
    found: list[tuple[int, Ref]] = []
    for item in draft.select:
        ref = item.ref or (summed(draft.vocabulary, item.metric) if item.metric else None)
        if ref is not None and draft.vocabulary.fields[ref.dataset, ref.field].role == _MEASURE:
            found.append((min(item.source.tokens, default=0), ref))
    flags = [each for each in draft.where if isinstance(each, Flag)]
    for flag in flags:
        ref = _size_of(draft, flag)
        if ref is not None:
            found.append((min(flag.source.tokens, default=0), ref))
    found = sorted(dict.fromkeys(found), key=lambda entry: entry[0])
    refs = list(dict.fromkeys(ref for _, ref in found))
    if len(refs) < 2:
        return
    draft.where = [each for each in draft.where if not (isinstance(each, Flag) and _size_of(draft, each) in refs[:2])]
    draft.use(*[each for each in draft.parsed.cues if each.op in ("CORRELATION", "WHY", "BETWEEN", "EXISTS", "AND")])
    draft.select = [
        Item(refs[0], fn="corr", other=refs[1], title="correlacao"),
    ]
    draft.tables, draft.counted, draft.order = [], "", []
    draft.intent = "correlation"
    draft.assumed.append(Assumed("method", "", say("method_correlation", draft.parsed.language.code)))


def take_difference(draft: Draft) -> None:
    """ "A diferença entre o valor cotado e o valor pago": one amount less the other, in all."""
    cue = draft.has("DIFFERENCE")
    if cue is None:
        return
    refs = [item.ref for item in draft.select if item.ref is not None and min(item.source.tokens, default=-1) >= cue.last
            and draft.vocabulary.fields[item.ref.dataset, item.ref.field].role == _MEASURE]  # fmt: skip
    if len(refs) != _PAIR or refs[0].dataset != refs[1].dataset:
        return
    draft.use(cue, *[each for each in draft.parsed.cues if each.op in ("AND", "BETWEEN") and each.first >= cue.first])
    one, other = (Item(ref, fn="sum") for ref in refs)
    shown = [item for item in draft.select if item.ref is not None and draft.groups(item.ref)]
    draft.select = [*shown, Item(refs[0], fn="sum", minus=other, title="diferenca"), one, other]
    # What the word itself names is what has been computed.
    draft.where = [each for each in draft.where if not (isinstance(each, Flag) and _inside(each, cue))]


_PAIR = 2


def _inside(flag: Flag, cue: Cue) -> bool:
    return bool(flag.source.tokens) and all(cue.first <= token < cue.last for token in flag.source.tokens)


def _size_of(draft: Draft, flag: Flag) -> Ref | None:
    """The amount that says how much of what a filter only says that it is so: "atrasada" and the days of delay."""
    language = draft.parsed.language.code
    terms = draft.vocabulary.fields[flag.ref.dataset, flag.ref.field].terms
    own = {
        stem
        for term in draft.vocabulary.datasets[flag.ref.dataset].terms
        for word in words_of(term.text)
        for stem in stems(word, language)
    }
    called = {stem for term in terms for word in words_of(term.text) for stem in stems(word, language)} - own
    best: tuple[float, str] = (0.0, "")
    for held in draft.vocabulary.datasets[flag.ref.dataset].fields:
        if held.role != _MEASURE:
            continue
        for term in held.terms:
            words = [word for word in words_of(term.text) if word not in SMALL_WORDS]
            shared = sum(bool(called & set(stems(word, language))) for word in words) / max(1, len(words))
            if shared > best[0]:
                best = (shared, held.name)
    return Ref(flag.ref.dataset, best[1]) if best[0] >= 0.5 else None


def take_forecast(draft: Draft) -> None:
    """What is to be expected: of a measure its course so far, which is carried on where there is enough of it; of things
    that may happen to something, an order by what is so today."""
    cue = draft.has("FORECAST")
    if cue is None:
        return
    aggregated = any(item.aggregated for item in draft.select) or bool(draft.counted)
    ahead = [unit.period for unit in draft.units if unit.period is not None and _to_come(draft, unit.period)]
    if aggregated or (draft.named and not draft.where):
        # How far ahead is asked; what it goes on from is what has been.
        for period in ahead:
            draft.used.update(range(period.first, period.last))
        draft.units = [unit for unit in draft.units if unit.period is None or unit.period not in ahead]
        draft.use(cue, *[each for each in draft.parsed.cues if each.op in ("TREND", "WHY")])
        draft.counted = draft.counted or ("" if aggregated else draft.root)
        draft.series, draft.intent = True, "forecast"
        draft.grain = draft.grain or "month"
        return
    subject = next((item for item in draft.select if item.ref is not None and draft.groups(item.ref)), None)
    flags = [each for each in draft.where if isinstance(each, Flag)]
    if subject is not None and flags:
        draft.use(cue, *[each for each in draft.parsed.cues if each.op in ("TREND", "WHY")])
        draft.trend = False
        measure = Item(fn="count", dataset=flags[0].ref.dataset)
        draft.select = [measure]
        draft.group = [subject]
        draft.order = [Order(measure, True)]
        draft.intent = "ranking"
        draft.assumed.append(Assumed("method", "", say("method_at_risk", draft.parsed.language.code)))


def until_now(draft: Draft, where: list[Condition], ref: Ref | None) -> list[Condition]:
    """A forecast goes on from the buckets that are over: the conditions, with the end of the last one."""
    today = draft.parsed.today
    if (
        draft.intent != "forecast"
        or ref is None
        or any(isinstance(each, Between) and each.ref == ref for each in where)
    ):
        return where
    return [*where, Between(ref, None, today.replace(day=1), True)]


def _to_come(draft: Draft, period: Period) -> bool:
    """Whether a period lies ahead, or is called by a name that the next one of its kind has too ("for december")."""
    if period.start is None:
        return False
    named = period.grain in ("month", "quarter") and not any(char.isdigit() for char in period.label)
    pointed = any(key in _POINTING for key in draft.parsed.keys[period.first : period.last])
    return period.start > draft.parsed.today or (named and not pointed)


_POINTING = frozenset(
    {"passado", "passada", "anterior", "ultimo", "ultima", "ultimos", "ultimas", "last", "previous", "past", "this", "este",
     "esse", "atual"}
)  # fmt: skip
