"""Possible slots: what of the model a question may want shown, grouped or ordered by, and which conditions it may mean."""

from dataclasses import dataclass, field

from services.analyzer.features import SIZE, Row
from services.analyzer.link import Link
from services.analyzer.reading import Condition, Item, Ref, Source
from services.analyzer.vocabulary import Target

COMPARISONS = {
    "GT": ">", "GE": ">=", "LT": "<", "LE": "<=", "EQ": "=", "NE": "<>", "AFTER": ">", "BEFORE": "<", "CMP_GT": ">",
    "CMP_LT": "<", "CMP_EQ": "=",
}  # fmt: skip
"""Cues that compare, and how."""
OPERATORS = ("=", "<>", "<", ">", "<=", ">=")
NUMERIC = (1, 2, 3)
"""Families of values that can be reckoned with."""
CONDITION_KINDS = (
    "value",
    "number",
    "between",
    "average",
    "fields",
    "like",
    "text",
    "flag",
    "null",
    "entity",
    "period",
    "count",
    "aggregate",
)
CONDITION_NAMES: tuple[str, ...] = (
    *(f"condition.{kind}" for kind in CONDITION_KINDS), *(f"condition.{op}" for op in OPERATORS),
    "condition.cue_left", "condition.cue_right", "condition.score", "condition.exact", "condition.rivals",
    "condition.better", "condition.length", "condition.quoted", "condition.capital", "condition.year",
    "condition.whole", "condition.size", "field.score", "field.offset", "field.near", "field.nearest", "field.mentions",
    "field.own_unit", "condition.value_in_field", "condition.unit_taken", "condition.first",
)  # fmt: skip
WIDTH = SIZE + len(CONDITION_NAMES)
"""Features of a condition."""


@dataclass(frozen=True)
class Column:
    """A field, or a dataset's rows, that may be shown, grouped or ordered by. unit: its anchor; -1: nowhere."""

    target: Target
    unit: int
    link: Link | None
    features: Row = field(repr=False, compare=False)

    _items: dict[tuple[str, bool], Item] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def ref(self) -> Ref:
        """The field."""
        return Ref(self.target.dataset, self.target.name)

    @property
    def source(self) -> Source:
        """Where it came from."""
        return self.item().source

    def item(self, fn: str = "", *, distinct: bool = False) -> Item:
        """The field as an item; the same one each time, so that many readings share it."""
        made = self._items.get((fn, distinct))
        if made is None:
            made = self._items[fn, distinct] = Item(self.ref, fn=fn, distinct=distinct, source=self._origin())
        return made

    def _origin(self) -> Source:
        held = next(iter(self._items.values()), None)
        if held is not None:
            return held.source
        return Source(kind="default", score=0.5) if self.link is None else source_of(self.link)


@dataclass(frozen=True)
class Test:
    """A condition that may be meant. kind: one of CONDITION_KINDS; on: its field or dataset; tokens: what it explains.

    "count" and "aggregate" are conditions on groups.
    """

    condition: Condition
    kind: str
    on: Target
    unit: int
    tokens: frozenset[int]
    features: Row = field(repr=False, compare=False)


@dataclass(frozen=True)
class Slots:
    """Everything that may be meant."""

    columns: tuple[Column, ...]
    tests: tuple[Test, ...]


def source_of(link: Link, *extra: int) -> Source:
    """Where a slot came from, by its link."""
    return Source(tuple(sorted({*range(link.first, link.last), *extra})), link.kind, link.score, link.via)
