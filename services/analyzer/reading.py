"""A reading: one way to understand a question, in terms of the semantic model, before it is written out as a QueryPlan.

Readings are small, frozen and comparable, so that they can be enumerated, ranked and told apart; build.py turns one into a
plan.

    Reading
    ├── select   Item …          what is shown
    ├── where    Condition …     all of which hold
    ├── group    Item …          what rows are grouped by
    ├── having   Condition …     on groups; their items are aggregates
    ├── order    Order …
    └── combine  Combination     with another reading
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Source:
    """Where a slot came from: tokens of the question, the kind of link, how surely, and through what.

    tokens: numbers of tokens. kind: as in maestro.plan.v1.LinkKind, in lower case. score: 0 to 1.
    """

    tokens: tuple[int, ...] = ()
    kind: str = ""
    score: float = 1.0
    via: str = ""


IMPLIED = Source()


class Ref(NamedTuple):
    """A field of a dataset. role: which of several copies of the dataset, by the relationship that leads to it."""

    dataset: str
    field: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A column of the output, a group key or an order key.

    fn: "" (the value itself), "count", "sum", "avg", "min", "max". ref: the field; None with fn "count" means rows.
    distinct: equal values count once. metric: name of a metric instead of fn and ref, of the dataset `dataset`.
    dataset: for rows counted and metrics, whose. grain: cut to "day", "week", "month", "quarter" or "year".
    minus, per: a second item that is subtracted, or that this one is divided by.
    """

    ref: Ref | None = None
    fn: str = ""
    distinct: bool = False
    metric: str = ""
    dataset: str = ""
    grain: str = ""
    minus: "Item | None" = None
    per: "Item | None" = None
    share: bool = False
    entities: tuple[str, ...] = ()
    """Instead of ref: which of these entities of `dataset` a row belongs to, as text."""
    where: "tuple[Condition, ...]" = ()
    """For aggregates and metrics: only rows for which these hold count."""
    other: Ref | None = None
    """Second operand of "corr"."""
    weekday: bool = False
    """The day of the week of the field, 1 (Monday) to 7."""
    times: int = 0
    """What the whole is multiplied by; 0: nothing."""
    text: str = ""
    """Instead of ref: this text, the same in every row."""
    title: str = field(default="", compare=False)
    """Name of the output column; empty: after what it holds."""
    source: Source = field(default=IMPLIED, compare=False)

    # Hashes are taken of what mostly tells items and readings apart: they are looked up very often.
    def __hash__(self) -> int:
        return hash((self.ref, self.fn, self.metric, self.dataset))

    @property
    def aggregated(self) -> bool:
        """Whether it is a value of a group, not of a row."""
        return bool(self.fn or self.metric) or (self.minus is not None and self.minus.aggregated)


Constant = str | int | float | Decimal | date | bool


@dataclass(frozen=True, slots=True)
class Compare:
    """An item against a constant, another item or a query of one value. op: "=", "<>", "<", "<=", ">", ">=".

    fold: text is compared without case and accents.
    """

    left: Item
    op: str
    right: "Constant | Item | Reading"
    fold: bool = False
    source: Source = field(default=IMPLIED, compare=False)


@dataclass(frozen=True, slots=True)
class Within:
    """One of several values, or of a query's rows; or none of them."""

    ref: Ref
    values: tuple[Constant, ...] = ()
    query: "Reading | None" = None
    negated: bool = False
    source: Source = field(default=IMPLIED, compare=False)


@dataclass(frozen=True, slots=True)
class Between:
    """Between two bounds, the lower one included; either may be open (None). label: how it was said."""

    ref: Ref
    lower: Constant | None
    upper: Constant | None
    upper_open: bool = False
    label: str = ""
    source: Source = field(default=IMPLIED, compare=False)


@dataclass(frozen=True, slots=True)
class Like:
    """A text pattern. kind: "contains", "prefix", "suffix", "words"."""

    ref: Ref
    kind: str
    text: str
    negated: bool = False
    source: Source = field(default=IMPLIED, compare=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """NULL, or not."""

    ref: Ref
    negated: bool = False
    source: Source = field(default=IMPLIED, compare=False)


@dataclass(frozen=True, slots=True)
class Flag:
    """A named filter of the model."""

    ref: Ref
    negated: bool = False
    source: Source = field(default=IMPLIED, compare=False)


@dataclass(frozen=True, slots=True)
class Named:
    """An entity of the model, filtered on a dataset that can express it."""

    dataset: str
    entity: str
    negated: bool = False
    source: Source = field(default=IMPLIED, compare=False)


@dataclass(frozen=True, slots=True)
class Related:
    """Rows of a related dataset exist, or do not, or a number of them.

    dataset: the related one. start: the dataset whose rows are judged. where: conditions on the related rows. path: names
    of relationships, where the cheapest way is not meant. op, count: a number of partners; op "" means at least one.
    """

    start: str
    dataset: str
    where: tuple["Condition", ...] = ()
    negated: bool = False
    op: str = ""
    count: int = 0
    path: tuple[str, ...] = ()
    source: Source = field(default=IMPLIED, compare=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of them."""

    options: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of them; for use inside AnyOf and Not."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: "Condition"


Condition = Compare | Within | Between | Like | Missing | Flag | Named | Related | AnyOf | AllOf | Not


@dataclass(frozen=True, slots=True)
class Order:
    """An order key."""

    item: Item
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Combination:
    """op: "union", "intersect", "except"."""

    op: str
    other: "Reading"


@dataclass(frozen=True, slots=True)
class Assumed:
    """What was taken for granted, for the answer to say. kind, subject, chosen: as in maestro.plan.v1.Assumption."""

    kind: str
    subject: str
    chosen: str


@dataclass(frozen=True, slots=True)
class Contrast:
    """A measure before and after, for each value of some fields: which of them its difference comes from.

    measure: an aggregate or metric. before, after: the conditions that tell the two apart. by: the fields, each a list of
    its own. where: conditions on both.
    """

    measure: Item
    before: "Condition"
    after: "Condition"
    by: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a question.

    root: the dataset whose rows are meant. tables: further datasets that must be joined although no slot names a field of
    them. ways: names of relationships that the joins have to use, where the cheapest are not meant. intent, form: as in
    maestro.plan.v1, in lower case.
    """

    root: str
    select: tuple[Item, ...] = ()
    where: tuple[Condition, ...] = ()
    group: tuple[Item, ...] = ()
    having: tuple[Compare, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int = 0
    offset: int = 0
    distinct: bool = False
    tables: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    combine: Combination | None = None
    intent: str = ""
    form: str = field(default="", compare=False)
    contrast: Contrast | None = None
    """Instead of select, group and order: what a difference comes from."""
    assumed: tuple[Assumed, ...] = field(default=(), compare=False)
    # What the functions below found: they are asked again and again of the same reading.
    _conditions: "tuple[Condition, ...] | None" = field(default=None, init=False, repr=False, compare=False)
    _datasets: tuple[str, ...] | None = field(default=None, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        combined = self.combine.op if self.combine is not None else ""
        parts = (self.root, self.select, self.where, self.group, self.order, self.limit, self.distinct, self.tables)
        return hash((*parts, self.ways, len(self.having), combined))


def conditions(reading: Reading) -> tuple[Condition, ...]:
    """Every condition of a reading, those inside others included, subqueries apart."""
    held = reading._conditions
    if held is None:
        found: list[Condition] = []
        for condition in reading.where:
            _gather(condition, found)
        for condition in reading.having:
            _gather(condition, found)
        held = tuple(found)
        object.__setattr__(reading, "_conditions", held)
    return held


def _gather(condition: Condition, found: list[Condition]) -> None:
    found.append(condition)
    if isinstance(condition, AnyOf):
        for option in condition.options:
            _gather(option, found)
    elif isinstance(condition, AllOf):
        for part in condition.parts:
            _gather(part, found)
    elif isinstance(condition, Not):
        _gather(condition.condition, found)


def refs(reading: Reading) -> list[Ref]:
    """Every field that a reading's own block names, subqueries and related rows apart."""
    found: list[Ref] = []
    for each in reading.select:
        _of_item(each, found)
    for each in reading.group:
        _of_item(each, found)
    for order in reading.order:
        _of_item(order.item, found)
    for condition in conditions(reading):
        _of_condition(condition, found)
    return found


def _of_item(item: Item, found: list[Ref]) -> None:
    if item.ref is not None:
        found.append(item.ref)
    if item.other is not None:
        found.append(item.other)
    for condition in item.where:
        _of_condition(condition, found)
    if item.minus is not None:
        _of_item(item.minus, found)
    if item.per is not None:
        _of_item(item.per, found)


def _of_condition(condition: Condition, found: list[Ref]) -> None:
    if isinstance(condition, Compare):
        _of_item(condition.left, found)
        if isinstance(condition.right, Item):
            _of_item(condition.right, found)
    elif isinstance(condition, (Within, Between, Like, Missing, Flag)):
        found.append(condition.ref)


def datasets(reading: Reading) -> tuple[str, ...]:
    """Every dataset that a reading's own block joins, the root first, without repetition."""
    held = reading._datasets
    if held is None:
        held = _joined(reading)
        object.__setattr__(reading, "_datasets", held)
    return held


def _joined(reading: Reading) -> tuple[str, ...]:
    names = dict.fromkeys((reading.root, *reading.tables))
    select, order = reading.select, [each.item for each in reading.order]
    for item in (*select, *reading.group, *order):
        if item.ref is not None:
            names[item.ref.dataset] = None
        if item.other is not None or item.where or item.minus is not None or item.per is not None:
            _name(item, names)
    found = conditions(reading)
    for condition in found:
        if isinstance(condition, Compare) and not isinstance(condition.right, Item):
            _name(condition.left, names)
        else:
            named: list[Ref] = []
            _of_condition(condition, named)
            for ref in named:
                names[ref.dataset] = None
    for item in (*select, *order, *[part.left for part in reading.having]):
        if item.dataset:
            names[item.dataset] = None
        for part in item.where:
            if isinstance(part, Named):
                names[part.dataset] = None
    for condition in found:
        if isinstance(condition, Named):
            names[condition.dataset] = None
        elif isinstance(condition, Related):
            names[condition.start] = None
    names.pop("", None)
    return tuple(names)


def _name(item: Item, names: dict[str, None]) -> None:
    """Adds the datasets of an item's fields."""
    if item.ref is not None:
        names[item.ref.dataset] = None
    if item.other is not None or item.where or item.minus is not None or item.per is not None:
        named: list[Ref] = []
        _of_item(item, named)
        names.update(dict.fromkeys([ref.dataset for ref in named]))
