"""The whole: slots that were filled one by one become one reading."""

from dataclasses import replace

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.draft import Draft
from services.analyzer.draft_asked import explain_units, when_it_was
from services.analyzer.draft_cues import status_fields
from services.analyzer.draft_last import of_the_last
from services.analyzer.draft_measures import until_now
from services.analyzer.draft_periods import settle_periods
from services.analyzer.draft_related import as_related
from services.analyzer.draft_time import time_group, told_time
from services.analyzer.reading import (
    IMPLIED,
    AnyOf,
    Between,
    Compare,
    Condition,
    Item,
    Named,
    Order,
    Reading,
    Ref,
    Source,
    Within,
)


def finish(draft: Draft) -> Reading:
    """The reading of all that was filled."""
    if draft.when and not any(item.aggregated for item in draft.select) and not draft.counted:
        draft.select = when_it_was(draft, told_time)
    where = of_the_last(draft, settle_periods(draft, _merged(draft, _on_weekdays(draft)), _measure(draft)))
    if draft.contrast is not None:
        return Reading(
            root=draft.root, where=tuple(where), intent=draft.intent, form=draft.form, contrast=draft.contrast,
            assumed=tuple(draft.assumed),
        )  # fmt: skip
    select = list(dict.fromkeys(draft.select))
    if draft.total_only:
        draft.group, draft.order = [], []
        select = [item for item in select if item.aggregated]
    root, group, order = draft.root, list(dict.fromkeys(draft.group)), list(draft.order)
    intent, distinct = draft.intent, False
    aggregated = any(item.aggregated for item in select)
    if not group and (draft.compare or draft.counted or aggregated):
        group = _compared_by(draft, where) if draft.compare else _entities_apart(draft, where)
    if draft.status and not aggregated and not group and not draft.counted:
        known = status_fields(draft)
        if not select:
            group = [Item(known[0], source=IMPLIED)]
        elif all(item.ref in known for item in select):
            group, select = select[:1], []
    if (draft.trend or draft.series) and not any(item.grain for item in group):
        group = [*time_group(draft, where), *group]
        intent = draft.intent or "trend"
        where = until_now(draft, where, group[0].ref if group else None)
    if draft.weekday:
        group = [*[replace(item, grain="", weekday=True) for item in time_group(draft, where)], *group]
    if draft.unit_asked:
        draft.grain = draft.unit_asked
        group = [*time_group(draft, where), *group]
    if not aggregated and not draft.counted and (default := _default_measure(draft)):
        select, aggregated = [*[item for item in select if item in group], default], True
    if draft.counted and not aggregated:
        select = [*[item for item in select if item in group], Item(fn="count", dataset=draft.counted)]
        aggregated, intent = True, intent or "count"
    needs_measure = bool(group) and not aggregated
    if needs_measure:
        select, aggregated = [*[item for item in select if item not in group], Item(fn="count", dataset=root)], True
        select = [item for item in select if item.aggregated or item not in group]
    if aggregated:
        # Amounts are never what rows are grouped by: one beside an aggregate is a word of it.
        select = [item for item in select if item.aggregated or not draft.amount(item) or item in group]
        for item in [
            item for item in select if not item.aggregated and item not in group and _guessed_time(draft, item)
        ]:
            # A time that is hardly named, beside an aggregate, is a word that was not understood.
            select.remove(item)
            draft.used -= set(item.source.tokens)
        plain = [item for item in select if not item.aggregated and item not in group]
        group = [*group, *plain]
        select = [*group, *[item for item in select if item.aggregated]]
    intent = intent or ("groups" if group else "value" if aggregated else "list")
    if group and intent in ("count", "value"):
        intent = "groups"
    if draft.limit and order:
        intent = "ranking"
    if draft.limit and group and aggregated and not any(item.grain for item in group):
        intent = "ranking"
    if draft.unit_asked and aggregated and not order and (cue := draft.has("MOST", "FEWEST", "DEGREE")):
        draft.use(cue)
        most = cue.op == "MOST" or (cue.op == "DEGREE" and cue.largest)
        order = [Order(next(item for item in reversed(select) if item.aggregated), most)]
        intent = "ranking"
    if draft.unit_asked and order and not draft.limit and not draft.unit_many:
        draft.limit, intent = 1, "ranking"
    if intent == "ranking" and not order and aggregated:
        order = [Order(next(item for item in reversed(select) if item.aggregated), True)]
    if not select:
        select = _shown(draft, root)
        if draft.details:
            intent = "detail"
    if not aggregated and (draft.distinct or _repeating(draft, select)):
        distinct = True
    if not aggregated and distinct:
        select = _with_names(draft, select)
    where = as_related(draft, where, [*select, *group, *[each.item for each in order]])
    if group and aggregated and any(_in_percent(draft, item) for item in select):
        # A percentage says little without the number of rows that it is of.
        select = list(dict.fromkeys([*select, Item(fn="count", dataset=root)]))
    explain_units(draft, select)
    limit = draft.limit
    if order and not limit and any(order_.item.aggregated for order_ in order) and not group:
        limit = 0
    return Reading(
        root=root, select=tuple(select), where=tuple(where), group=tuple(group), having=tuple(draft.having),
        order=tuple(order), limit=limit, distinct=distinct, tables=tuple(dict.fromkeys(draft.tables)),
        intent=intent, form=draft.form, assumed=tuple(draft.assumed),
    )  # fmt: skip


def _in_percent(draft: Draft, item: Item) -> bool:
    metric = draft.vocabulary.metrics.get(item.metric)
    return item.times == _HUNDRED or (metric is not None and metric.unit == "percent")


_HUNDRED = 100


def _guessed_time(draft: Draft, item: Item) -> bool:
    held = draft.vocabulary.fields.get((item.ref.dataset, item.ref.field)) if item.ref else None
    return held is not None and held.role == semantics_pb2.FIELD_ROLE_TIME and item.source.score < _NAMED


_NAMED = 0.9


def _repeating(draft: Draft, select: list[Item]) -> bool:
    """Whether what is shown names no row: only who or what it is about, once each."""
    fields = draft.vocabulary.fields
    held = [fields[item.ref.dataset, item.ref.field] for item in select if item.ref is not None]
    naming = (semantics_pb2.FIELD_ROLE_DIMENSION, semantics_pb2.FIELD_ROLE_TEXT)
    asked = any(item.source.tokens for item in select)
    return (
        asked
        and len(held) == len(select)
        and all(each.role in naming and not each.unique and each.concept for each in held)
    )


def _with_names(draft: Draft, select: list[Item]) -> list[Item]:
    """A code with the name of what it is the code of: the field of the same dataset whose concept its own goes on from
    ("client" and "client_tax_id")."""
    if len(select) != 1 or select[0].ref is None:
        return select
    ref = select[0].ref
    concept = draft.vocabulary.fields[ref.dataset, ref.field].concept
    for held in draft.vocabulary.datasets[ref.dataset].fields:
        if held.concept and held.column and concept.startswith(f"{held.concept}_"):
            return [*select, Item(Ref(ref.dataset, held.name))]
    return select


def _measure(draft: Draft) -> Item | None:
    """The one measure that is asked for, where there is one."""
    measures = [item for item in draft.select if item.aggregated]
    if measures:
        return measures[0]
    if draft.counted:
        return Item(fn="count", dataset=draft.counted)
    return _default_measure(draft)


_WEEKEND = 5
"""The last working day; the weekend is what comes behind it."""


def _on_weekdays(draft: Draft) -> list[Condition]:
    """The conditions, with the one that only weekends or only working days count."""
    where = list(draft.where)
    if not draft.weekdays:
        return where
    ref = next((each.ref for each in where if isinstance(each, Between) and each.upper_open), None)
    time = (
        Item(ref, weekday=True)
        if ref is not None
        else next((replace(each, grain="", weekday=True) for each in time_group(draft, [])), None)
    )
    if time is None:
        return where
    cue = draft.has(draft.weekdays)
    if cue is not None:
        draft.use(cue)
    return [*where, Compare(time, ">" if draft.weekdays == "WEEKEND" else "<=", _WEEKEND)]


def _default_measure(draft: Draft) -> Item | None:
    """What "how much" means of the root where nothing else is said."""
    asked = [unit.cue for unit in draft.units if unit.cue is not None and unit.cue.op == "HOW_MUCH"]
    name = draft.vocabulary.datasets[draft.root].default_measure
    if not asked or not name:
        return None
    source = Source(tuple(sorted(at for cue in asked for at in range(cue.first, cue.last))), "default", 0.8, name)
    draft.use(*asked)
    if name in draft.vocabulary.metrics:
        return Item(metric=name, dataset=draft.root, source=source)
    return Item(Ref(draft.root, name), fn="sum", source=source)


def _shown(draft: Draft, root: str) -> list[Item]:
    held = draft.vocabulary.datasets[root]
    names = list(held.display_fields) or [each.name for each in held.fields if each.column]
    if draft.details:
        names = [each.name for each in held.fields if each.column]
    if not any(draft.vocabulary.fields[root, name].unique for name in names):
        # Rows that nobody can tell apart are of no use to who wants to act on one.
        names += [name for name in held.key_fields if name not in names]
    return [Item(Ref(root, name)) for name in names]


def _merged(draft: Draft, where: list[Condition]) -> list[Condition]:
    """Values of one field are alternatives; entities too."""
    values: dict[Ref, list[Compare]] = {}
    merged: list[Condition] = []
    entities = [each for each in where if isinstance(each, Named) and not each.negated]
    for each in where:
        if isinstance(each, Compare) and each.op == "=" and isinstance(each.right, str) and each.left.ref:
            values.setdefault(each.left.ref, []).append(each)
        elif not (each in entities and len(entities) > 1):
            merged.append(each)
    for ref, found in values.items():
        constants = tuple(dict.fromkeys(each.right for each in found if isinstance(each.right, str)))
        if len(constants) == 1:
            merged.append(found[0])
        else:
            tokens = tuple(sorted({token for each in found for token in each.source.tokens}))
            merged.append(Within(ref, constants, source=Source(tokens, "value")))
    if len(entities) > 1:
        merged.append(AnyOf(tuple(dict.fromkeys(entities))))
    return list(dict.fromkeys(merged))


def _compared_by(draft: Draft, where: list[Condition]) -> list[Item]:
    """What sets the compared things apart."""
    for each in where:
        if isinstance(each, Within):
            return [Item(each.ref, source=each.source)]
    return _entities_apart(draft, where)


def _entities_apart(draft: Draft, where: list[Condition]) -> list[Item]:
    """Several entities side by side are told apart by their names."""
    for each in where:
        if isinstance(each, AnyOf) and all(isinstance(option, Named) for option in each.options):
            named = [option for option in each.options if isinstance(option, Named)]
            if len({option.dataset for option in named}) == 1:
                return [Item(dataset=named[0].dataset, entities=tuple(option.entity for option in named))]
    return []
