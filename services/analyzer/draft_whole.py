"""The whole: slots that were filled one by one become one reading."""

from dataclasses import replace

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.draft import Draft
from services.analyzer.draft_asked import explain_units, when_it_was
from services.analyzer.draft_cues import status_fields
from services.analyzer.draft_grain import at_grain
from services.analyzer.draft_last import of_the_last
from services.analyzer.draft_measures import until_now
from services.analyzer.draft_periods import settle_periods
from services.analyzer.draft_related import as_related
from services.analyzer.draft_time import time_group, told_time
from services.analyzer.draft_told import told_measures
from services.analyzer.draft_where import merged, on_weekdays
from services.analyzer.reading import (
    IMPLIED,
    AnyOf,
    Between,
    Condition,
    Item,
    Missing,
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
    where = of_the_last(draft, settle_periods(draft, merged(on_weekdays(draft, draft.where)), _measure(draft)))
    if draft.contrast is not None:
        return Reading(
            root=draft.root, where=tuple(where), intent=draft.intent, form=draft.form, contrast=draft.contrast,
            assumed=tuple(draft.assumed),
        )  # fmt: skip
    whole = _Whole(draft, where)
    whole.group_by()
    whole.measure()
    whole.rank()
    whole.show()
    return whole.reading()


class _Whole:
    """One reading in the making; the steps follow each other in the order of their definition."""

    def __init__(self, draft: Draft, where: list[Condition]) -> None:
        self._draft = draft
        self._where = where
        self._select = list(dict.fromkeys(draft.select))
        if draft.total_only:
            draft.group, draft.order = [], []
            self._select = [item for item in self._select if item.aggregated]
        self._group = list(dict.fromkeys(draft.group))
        self._order = list(draft.order)
        self._intent = draft.intent
        self._distinct = False
        self._aggregated = any(item.aggregated for item in self._select)

    def group_by(self) -> None:
        """What sets rows apart: what is compared, how a row is doing, buckets of time."""
        draft, counting = self._draft, bool(self._draft.counted)
        if not self._group and (draft.compare or counting or self._aggregated):
            self._group = _compared_by(self._where) if draft.compare else _entities_apart(self._where)
        if draft.status and not self._aggregated and not self._group and not counting:
            known = status_fields(draft)
            if not self._select:
                self._group = [Item(known[0], source=IMPLIED)]
            elif all(item.ref in known for item in self._select):
                self._group, self._select = self._select[:1], []
        if (draft.trend or draft.series) and not any(item.grain for item in self._group):
            self._group = [*time_group(draft, self._where), *self._group]
            self._intent = draft.intent or "trend"
            self._where = until_now(draft, self._where, self._group[0].ref if self._group else None)
        if draft.weekday:
            days = [replace(item, grain="", weekday=True) for item in time_group(draft, self._where)]
            self._group = [*days, *self._group]
        if draft.unit_asked:
            draft.grain = draft.unit_asked
            self._group = [*time_group(draft, self._where), *self._group]

    def measure(self) -> None:
        """What is measured of each group: what is asked for, else a number of rows."""
        draft = self._draft
        kept = [item for item in self._select if item in self._group]
        if not self._aggregated and not draft.counted and (default := _default_measure(draft)):
            self._select, self._aggregated = [*kept, default], True
        if draft.counted and not self._aggregated:
            self._select = [*kept, Item(fn="count", dataset=draft.counted)]
            self._aggregated, self._intent = True, self._intent or "count"
        if self._group and not self._aggregated:
            rest = [item for item in self._select if item not in self._group]
            self._select, self._aggregated = [*rest, Item(fn="count", dataset=draft.root)], True
        if self._aggregated:
            self._select, self._where = told_measures(draft, self._select, self._where)
            self._drop_beside()
            plain = [item for item in self._select if not item.aggregated and item not in self._group]
            self._group = [*self._group, *plain]
            measures = [item for item in self._select if item.aggregated]
            self._select = [*self._group, *at_grain(draft, measures, self._group)]
            self._order = [replace(each, item=at_grain(draft, [each.item], self._group)[0]) for each in self._order]
        self._intent = self._intent or ("groups" if self._group else "value" if self._aggregated else "list")
        if self._group and self._intent in ("count", "value"):
            self._intent = "groups"
        spread = draft.has("DISTRIBUTION")
        if spread is not None and self._group:
            # How something is distributed is what each group has of it.
            draft.use(spread)
            self._intent = "distribution" if self._intent == "groups" else self._intent

    def _drop_beside(self) -> None:
        """Amounts are never what rows are grouped by: one beside an aggregate is a word of it. A time that is hardly named
        there is a word that was not understood."""
        draft = self._draft
        self._select = [
            item for item in self._select if item.aggregated or not draft.amount(item) or item in self._group
        ]
        for item in list(self._select):
            if not item.aggregated and item not in self._group and _guessed_time(draft, item):
                self._select.remove(item)
                draft.used -= set(item.source.tokens)

    def rank(self) -> None:
        """In which order, and how many."""
        draft = self._draft
        if draft.limit and self._order:
            self._intent = "ranking"
        if draft.limit and self._group and self._aggregated and not any(item.grain for item in self._group):
            self._intent = "ranking"
        self._top_values()
        cue = draft.has("MOST", "FEWEST", "DEGREE")
        if draft.unit_asked and self._aggregated and not self._order and cue is not None:
            draft.use(cue)
            self._order = [Order(self._last(), cue.op == "MOST" or (cue.op == "DEGREE" and cue.largest))]
            self._intent = "ranking"
        if draft.unit_asked and self._order and not draft.limit and not draft.unit_many:
            draft.limit, self._intent = 1, "ranking"
        if self._intent == "ranking" and not self._order and self._aggregated:
            self._order = [Order(self._last(), True)]

    def _top_values(self) -> None:
        """ "Top 3 motivos": the values that most rows have."""
        draft, top = self._draft, self._draft.has("FIRST", "RANKING")
        plain = len(self._select) == 1 and not self._aggregated and not self._order and not self._group
        ref = self._select[0].ref if plain else None
        if top is None or not draft.limit or ref is None or not draft.groups(ref):
            return
        count = Item(fn="count", dataset=draft.root)
        self._where = [*self._where, Missing(ref, negated=True)]
        self._group, self._select, self._aggregated = self._select, [*self._select, count], True
        self._order, self._intent = [Order(count, True)], "ranking"

    def _last(self) -> Item:
        return next(item for item in reversed(self._select) if item.aggregated)

    def show(self) -> None:
        """What is shown where nothing was asked for, and what is shown beside it."""
        draft = self._draft
        if not self._select:
            self._select = _shown(draft, draft.root)
            if draft.details:
                self._intent = "detail"
        if not self._aggregated and (draft.distinct or _repeating(draft, self._select)):
            self._distinct = True
            self._select = _with_names(draft, self._select)
        shown = [*self._select, *self._group, *[each.item for each in self._order]]
        self._where = as_related(draft, self._where, shown)
        if self._group and any(_in_percent(draft, item) for item in self._select):
            # A percentage says little without the number of rows that it is of.
            self._select = list(dict.fromkeys([*self._select, Item(fn="count", dataset=draft.root)]))
        explain_units(draft, self._select)

    def reading(self) -> Reading:
        """What has been made."""
        draft = self._draft
        return Reading(
            root=draft.root, select=tuple(self._select), where=tuple(self._where), group=tuple(self._group),
            having=tuple(draft.having), order=tuple(self._order), limit=draft.limit, distinct=self._distinct,
            tables=tuple(dict.fromkeys(draft.tables)), intent=self._intent, form=draft.form,
            assumed=tuple(draft.assumed),
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


def _default_measure(draft: Draft) -> Item | None:
    """What "how much" means of the root where nothing else is said."""
    timed = any(isinstance(each, Between) and each.upper_open for each in draft.where)
    asking = ("HOW_MUCH", "WHY") if timed else ("HOW_MUCH",)
    asked = [unit.cue for unit in draft.units if unit.cue is not None and unit.cue.op in asking]
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


def _compared_by(where: list[Condition]) -> list[Item]:
    """What sets the compared things apart."""
    for each in where:
        if isinstance(each, Within):
            return [Item(each.ref, source=each.source)]
    return _entities_apart(where)


def _entities_apart(where: list[Condition]) -> list[Item]:
    """Several entities side by side are told apart by their names."""
    for each in where:
        if isinstance(each, AnyOf) and all(isinstance(option, Named) for option in each.options):
            named = [option for option in each.options if isinstance(option, Named)]
            if len({option.dataset for option in named}) == 1:
                return [Item(dataset=named[0].dataset, entities=tuple(option.entity for option in named))]
    return []
