"""What is asked for by a question word: who, when, on which day; and words that only name the unit of the answer."""

import re
from collections.abc import Callable

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.draft import Draft
from services.analyzer.normalize import fold
from services.analyzer.reading import Flag, Item, Ref, Source

_UNITS = {
    "dia": "day", "dias": "day", "day": "day", "days": "day", "semana": "week", "semanas": "week", "week": "week",
    "weeks": "week", "mes": "month", "meses": "month", "month": "month", "months": "month", "ano": "year", "year": "year",
}  # fmt: skip
_ASKING = frozenset({"qual", "quais", "que", "which", "what"})
_FILLING = frozenset({"o", "foi", "eh", "a"})
_MEASURED_IN = {
    "day": ("dia", "dias", "day", "days"), "minute": ("minuto", "minutos", "minute", "minutes"),
    "hour": ("hora", "horas", "hour", "hours"), "BRL": ("reais", "real"), "kg": ("kg", "quilos", "kilos"),
    "percent": ("porcento", "percent"), "pallet": ("pallets",), "case": ("caixas", "cases"),
}  # fmt: skip
_VERB = re.compile(r"(?:aram|eram|iram|ado|ada|ido|ida|ou|eu|iu|am|em|a|e)$")
_IRREGULAR = {"sold": "sell", "bought": "buy", "drove": "driv", "paid": "pay", "made": "mak", "shipped": "ship"}
_NAMING = frozenset(
    {semantics_pb2.FIELD_ROLE_DIMENSION, semantics_pb2.FIELD_ROLE_TEXT, semantics_pb2.FIELD_ROLE_UNSPECIFIED}
)


def ask_for_unit(draft: Draft) -> None:
    """ "Em qual dia …", "which month …": the bucket of time is what is asked for."""
    keys = draft.parsed.keys
    named = {at for unit in draft.units if unit.link is not None and unit.link.score >= 0.9
             for at in range(unit.first, unit.last)}  # fmt: skip
    named |= {at for unit in draft.units if unit.period is not None for at in range(unit.first, unit.last)}
    for at, key in enumerate(keys):
        if key not in _ASKING:
            continue
        place = at + 1
        while place < len(keys) and keys[place] in _FILLING:
            place += 1
        if place < len(keys) and keys[place] in _UNITS and place not in named:
            draft.unit_asked = _UNITS[keys[place]]
            draft.used.update(range(at, place + 1))
            draft.units = [each for each in draft.units if each.cue is None or not at <= each.first <= place]
            draft.unit_many = keys[place].endswith("s") and keys[place] != "mes"
            return


def by_period(draft: Draft) -> None:
    """ "Por cliente e período", "by period": a bucket of time among what is grouped by."""
    by = draft.has("BY")
    for at, key in enumerate(draft.parsed.keys):
        if by is not None and at >= by.last and key in ("periodo", "period") and at not in draft.used:
            draft.used.add(at)
            draft.series = True


def by_units(draft: Draft) -> None:
    """ "Por vendedor e mês", "em cada mês", "by seller and month": a unit of time among what is grouped by."""
    keys = draft.parsed.keys
    by = draft.has("BY", "EACH")
    if by is None or draft.unit_asked:
        return
    taken = {at for unit in draft.units if unit.period is not None for at in range(unit.first, unit.last)}
    for at in range(by.last, len(keys)):
        grain = _GRAINS.get(keys[at])
        joined = keys[at - 1] in ("e", "and", ",") or by.last == at
        if grain and joined and at not in taken | draft.used:
            draft.grain, draft.series = grain, True
            draft.used.add(at)
            draft.use(by)
            return


_GRAINS = {**_UNITS, "trimestre": "quarter", "quarter": "quarter"}


def only_the_total(draft: Draft) -> None:
    """ "Quero só o total": one number, whatever it was broken down by."""
    for unit in draft.units:
        if unit.cue is None or unit.cue.op != "ONLY":
            continue
        total = next((cue for cue in draft.parsed.cues if cue.op == "SUM" and 0 <= cue.first - unit.last <= 1), None)
        if total is not None:
            draft.total_only = True
            draft.use(unit.cue, total)
            draft.used.update(range(unit.last, total.first))


def ask_when(draft: Draft) -> None:
    """Notes that it is asked when; the time is known once the whole has been read."""
    cue = draft.has("WHEN")
    if cue is not None and not draft.unit_asked:
        draft.when = True
        draft.use(cue)


def when_it_was(draft: Draft, told: Callable[[Draft, str], str]) -> list[Item]:
    """The time that answers "when": the one that the verb tells ("quando foi entregue"), else the root's own. What told it
    is no condition. told: gives the time of a dataset that the filters tell, or nothing."""
    for dataset in dict.fromkeys([draft.root, *(each.ref.dataset for each in draft.where if isinstance(each, Flag))]):
        name = told(draft, dataset)
        if name:
            draft.where = [each for each in draft.where if not isinstance(each, Flag) or each.ref.dataset != dataset]
            return [Item(Ref(dataset, name), source=Source((), "cue"))]
    name = draft.vocabulary.datasets[draft.root].default_time_field
    named = [item for item in draft.select if item.ref is not None and _is_time(draft, item.ref)]
    return named or ([Item(Ref(draft.root, name), source=Source((), "cue"))] if name else [])


def _is_time(draft: Draft, ref: Ref) -> bool:
    return draft.vocabulary.fields[ref.dataset, ref.field].role == semantics_pb2.FIELD_ROLE_TIME


def ask_who(draft: Draft) -> None:
    """ "Quem transportou …", "who sold …": the field of the root that is called after who does it."""
    at = next((at for at, unit in enumerate(draft.units) if unit.cue is not None and unit.cue.op == "WHO"), -1)
    if at < 0:
        return
    cue = draft.units[at].cue
    assert cue is not None
    verb = cue.last
    keys = draft.parsed.keys
    if verb >= len(keys):
        return
    if (
        any(each.op == "BE" and each.first <= verb < each.last for each in draft.parsed.cues)
        or cue.last - cue.first > 1
    ):
        draft.use(cue, *[each for each in draft.parsed.cues if each.op == "BE" and each.first <= verb])
        return
    ref = _agent(draft, keys[verb])
    if ref is None:
        return
    draft.use(cue)
    draft.used.add(verb)
    draft.units = [unit for unit in draft.units if unit.link is None or not unit.first <= verb < unit.last]
    item = Item(ref, source=Source((cue.first, verb), "cue", 0.8, ref.field))
    (draft.group if draft.has("MOST", "FEWEST") else draft.select).append(item)


def _agent(draft: Draft, verb: str) -> Ref | None:
    english = draft.parsed.language.code == "en"
    stem = _IRREGULAR.get(verb, re.sub(r"(?:ied|ies|ed|s)$", "", verb)) if english else _VERB.sub("", verb)
    if len(stem) < 3:
        return None
    ending = r"i?(?:er|or)s?" if english else r"[aei]?dor(?:a|es|as)?"
    doing = re.compile(rf"{re.escape(stem)}{ending}")
    for held in draft.vocabulary.datasets[draft.root].fields:
        if held.role in _NAMING and held.column:
            words = {word for term in held.terms for word in fold(term.text).split()}
            if any(doing.fullmatch(word) for word in words):
                return Ref(draft.root, held.name)
    return None


def explain_units(draft: Draft, items: list[Item]) -> None:
    """ "Em dias", "in kg": the unit that an amount has anyway explains its words."""
    keys = draft.parsed.keys
    for item in items:
        metric = draft.vocabulary.metrics.get(item.metric)
        held = draft.vocabulary.fields.get((item.ref.dataset, item.ref.field)) if item.ref else None
        unit = metric.unit if metric is not None else held.unit if held is not None else ""
        for at, key in enumerate(keys):
            if at and key in _MEASURED_IN.get(unit, ()) and keys[at - 1] in ("em", "in"):
                draft.used.update((at - 1, at))
