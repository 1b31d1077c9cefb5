"""What a right reading says of each possible slot: the answers that models are trained towards."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from services.analyzer.reading import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Condition,
    Constant,
    Flag,
    Item,
    Like,
    Missing,
    Not,
    Reading,
    Ref,
    Within,
    datasets,
)
from services.analyzer.slots import Slots
from services.analyzer.vocabulary import Vocabulary

SHOWN = ("", "plain", "count", "count distinct", "sum", "avg", "min", "max")
ORDERED = ("", "asc", "desc", "aggregate asc", "aggregate desc")
PLACES = ("", "main", "negated", "second", "inner")
COMBINED = ("", "intersect", "union", "except", "not in")


@dataclass(frozen=True, slots=True)
class Labels:
    """By column: shown (index into SHOWN), grouped (0, 1), ordered (index into ORDERED), table (1: its dataset is used;
    2: only in a negated block). By test: place (index into PLACES). Of the whole: distinct, limited (0: no, 1: one, 2:
    several), combined (index into COMBINED)."""

    shown: tuple[int, ...]
    grouped: tuple[int, ...]
    ordered: tuple[int, ...]
    table: tuple[int, ...]
    place: tuple[int, ...]
    distinct: int
    limited: int
    combined: int


class Classes:
    """Fields that hold the same values by way of keys: to show one is to show the other."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._parent: dict[tuple[str, str], tuple[str, str]] = {}
        names = {
            (name, each.column): each.name
            for name, held in vocabulary.datasets.items()
            for each in held.fields
            if each.column
        }
        for entry in vocabulary.model.relationships:
            each = entry.relationship
            for first, second in zip(each.from_columns, each.to_columns, strict=True):
                one = (entry.from_dataset, names.get((entry.from_dataset, first), first))
                other = (entry.to_dataset, names.get((entry.to_dataset, second), second))
                self._parent[self.of(*one)] = self.of(*other)

    def of(self, dataset: str, field: str) -> tuple[str, str]:
        """The class of a field, by its representative."""
        key = (dataset, field)
        while key in self._parent and self._parent[key] != key:
            key = self._parent[key]
        return key

    def ref(self, ref: Ref) -> tuple[str, str]:
        """The class of a reference."""
        return self.of(ref.dataset, ref.field)


Signature = tuple[object, ...]


def _constant(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float, Decimal)):
        return round(float(value), 6)
    text = str(value).strip().casefold()
    try:
        return round(float(text), 6)
    except ValueError:
        return text


def _day(value: object) -> date | None:
    """A day, also where it is written as text."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


def _days(op: str, day: date) -> tuple[date | None, date | None] | None:
    """A comparison with a day as days [first, last): None for an open end."""
    after = day + timedelta(days=1)
    return {"=": (day, after), "<": (None, day), "<=": (None, after), ">": (after, None), ">=": (day, None)}.get(op)


def _item(item: Item, classes: Classes) -> Signature:
    return (item.fn, item.distinct, classes.ref(item.ref) if item.ref else None)


def signature(condition: Condition, classes: Classes) -> Signature | None:
    """What makes two conditions the same; None for those that are made of others."""
    match condition:
        case Compare():
            right: object
            if isinstance(condition.right, Reading):
                right = ("query", tuple(_item(each, classes) for each in condition.right.select))
            elif isinstance(condition.right, Item):
                right = _item(condition.right, classes)
            else:
                right = _constant(condition.right)
            left = _item(condition.left, classes)
            if condition.left.fn == "count":
                left = ("count",)
            day = _day(condition.right)
            if day is not None and condition.left.ref is not None and not condition.left.fn:
                bounds = _days(condition.op, day)
                if bounds is not None:
                    return ("between", classes.ref(condition.left.ref), *map(_constant, bounds))
            return ("compare", left, condition.op, right)
        case Between():
            upper = condition.upper
            last = _day(upper)
            if last is not None and not condition.upper_open:
                upper = last + timedelta(days=1)
            return ("between", classes.ref(condition.ref), _constant(condition.lower), _constant(upper))
        case Like():
            return ("like", classes.ref(condition.ref), condition.kind, condition.text.casefold(), condition.negated)
        case Missing():
            return ("missing", classes.ref(condition.ref), condition.negated)
        case Flag():
            return ("flag", classes.ref(condition.ref), condition.negated)
        case _:
            return None


def flag_values(condition: Condition, vocabulary: Vocabulary) -> Condition:
    """A flag as the comparison that it stands for, so that it matches a gold that compares the column."""
    if not isinstance(condition, Flag):
        return condition
    held = vocabulary.fields[condition.ref.dataset, condition.ref.field]
    predicate = held.predicate
    if predicate.HasField("comparison") and not condition.negated:
        literal = predicate.comparison.right.literal
        kind = literal.WhichOneof("value")
        value: Constant = getattr(literal, kind) if kind else ""
        return Compare(Item(condition.ref), "=", value)
    return condition


class _Gold:
    """What a right reading holds, block by block."""

    def __init__(self, reading: Reading, classes: Classes) -> None:
        self.classes = classes
        self.places: dict[Signature, int] = {}
        self.negated_tables: set[str] = set()
        self.tables: set[str] = set()
        self.combined = COMBINED.index(reading.combine.op) if reading.combine else 0
        self._block(reading, PLACES.index("main"))
        if reading.combine:
            negated = reading.combine.op == "except"
            self._block(reading.combine.other, PLACES.index("negated" if negated else "second"))

    def _block(self, reading: Reading, place: int) -> None:
        (self.negated_tables if place == PLACES.index("negated") else self.tables).update(datasets(reading))
        for condition in (*reading.where, *reading.having):
            self._condition(condition, place)

    def _condition(self, condition: Condition, place: int) -> None:
        if isinstance(condition, (AnyOf, AllOf)):
            for part in condition.options if isinstance(condition, AnyOf) else condition.parts:
                self._condition(part, place)
        elif isinstance(condition, Not):
            self._condition(condition.condition, PLACES.index("negated"))
        elif isinstance(condition, Within):
            if condition.query is not None:
                if condition.negated:
                    self.combined = self.combined or COMBINED.index("not in")
                self._block(condition.query, PLACES.index("negated") if condition.negated else place)
            for value in condition.values:
                made = signature(Compare(Item(condition.ref), "<>" if condition.negated else "=", value), self.classes)
                if made:
                    self.places.setdefault(made, place)
        else:
            made = signature(condition, self.classes)
            if made:
                self.places.setdefault(made, place)
            if isinstance(condition, Compare) and isinstance(condition.right, Reading):
                self._block(condition.right, PLACES.index("inner"))


def _extreme(gold: Reading, classes: Classes) -> tuple[tuple[str, str], int] | None:
    """The field of which only the greatest or smallest value is wanted, and its direction, where a condition says so: it is
    put together like an order of which only the first is wanted."""
    for condition in gold.where:
        if not (isinstance(condition, Compare) and condition.op == "=" and isinstance(condition.right, Reading)):
            continue
        inner = condition.right
        if inner.where or inner.combine or len(inner.select) != 1:
            continue
        item = inner.select[0]
        if item.ref is not None and item.fn in ("max", "min") and condition.left.ref is not None:
            if classes.ref(item.ref) == classes.ref(condition.left.ref):
                return classes.ref(item.ref), ORDERED.index("desc" if item.fn == "max" else "asc")
        if len(inner.order) == 1 and inner.limit == 1 and inner.order[0].item.ref and not inner.order[0].item.fn:
            return classes.ref(inner.order[0].item.ref), ORDERED.index("desc" if inner.order[0].descending else "asc")
    return None


def labels_of(slots: Slots, gold: Reading, vocabulary: Vocabulary, classes: Classes) -> Labels:
    """The labels of the slots of a question whose right reading is known."""
    held = _Gold(gold, classes)
    shown: dict[tuple[str, str], int] = {}
    counted = False
    for item in gold.select:
        if item.ref is None:
            counted = counted or item.fn == "count"
        else:
            name = (
                "plain" if not item.fn else f"{item.fn} distinct" if item.distinct and item.fn == "count" else item.fn
            )
            shown.setdefault(classes.ref(item.ref), SHOWN.index(name))
    grouped = {classes.ref(item.ref) for item in gold.group if item.ref}
    ordered: dict[tuple[str, str], int] = {}
    count_order = 0
    for order in gold.order:
        if order.item.ref is None:
            count_order = 2 if order.descending else 1
        elif order.item.fn:
            ordered[classes.ref(order.item.ref)] = 4 if order.descending else 3
        else:
            ordered[classes.ref(order.item.ref)] = 2 if order.descending else 1
    extreme = _extreme(gold, classes)
    if extreme and not gold.order:
        ordered[extreme[0]] = extreme[1]
    rows: list[tuple[int, int, int, int]] = []
    for column in slots.columns:
        dataset = column.target.dataset
        table = 1 if dataset in held.tables else 2 if dataset in held.negated_tables else 0
        if column.target.kind == "dataset":
            rows.append(
                (SHOWN.index("count") if counted and table == 1 else 0, 0, count_order if table == 1 else 0, table)
            )
        else:
            key = classes.ref(column.ref)
            used = 1 if table else 0
            rows.append((shown.get(key, 0) * used, int(key in grouped) * used, ordered.get(key, 0) * used, table))
    places = []
    for test in slots.tests:
        made = signature(flag_values(test.condition, vocabulary), classes)
        on_used = test.on.dataset in held.tables | held.negated_tables
        places.append(held.places.get(made, 0) if made and (on_used or test.kind == "count") else 0)
    limited = 1 if extreme and not gold.order else 0 if not gold.limit else 1 if gold.limit == 1 else 2
    return Labels(
        tuple(each[0] for each in rows), tuple(each[1] for each in rows), tuple(each[2] for each in rows),
        tuple(each[3] for each in rows), tuple(places), int(gold.distinct), limited, held.combined,
    )  # fmt: skip
