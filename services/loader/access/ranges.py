"""Ranges instead of functions on columns: `YEAR(d) = 2025` is `d >= 2025-01-01 AND d < 2026-01-01`.

The bounds are computed from the literal when it is bound; an index on the column then serves, and a partition can be
left out. In SQLite days and moments are texts: a range is the same as the function only where they are known to be
written as ISO 8601.
"""

import re
from typing import Any, Final

from services.loader import bindings
from services.loader.access.tables import RANGES, Tables
from services.loader.algebra import (
    All,
    Between,
    Bucket,
    Call,
    Column,
    Compare,
    Conversion,
    In,
    Literal,
    Node,
    Predicate,
    Some,
)
from services.loader.choices import Choices
from services.loader.pins import Pins
from services.loader.rewrite import bottom_up, conjunction, conjuncts
from services.loader.types import DATE, TEXT, TIMESTAMP, TIMESTAMP_ZONED, Family

_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}.*)?")
_MOST_YEARS: Final = 12
Bounds = tuple[Conversion, Conversion]
"""(first day of the literal's stretch, first day behind it); the same day twice where the stretch is empty."""


class Ranges:
    """Rewrites comparisons of calendar functions with literals."""

    def __init__(self, tables: Tables, pins: Pins, choices: Choices) -> None:
        self._tables = tables
        self._pins = pins
        self._choices = choices

    def apply(self, node: Node) -> Node:
        """The tree with ranges."""
        return bottom_up(node, self._change)

    def _change(self, node: Node) -> Node:
        match node:
            case All():
                return conjunction(*self._months(conjuncts(node)))
            case Compare(left=Call() | Bucket() as left, right=Literal() as right):
                return self._compared(node, left, right)
            case Between(operand=Call() | Bucket() as operand):
                return self._between(node, operand)
            case In(operand=Call() | Bucket() as operand) if len(node.values) <= _MOST_YEARS:
                operator, kinds = ("NOT_EQUAL", Some) if node.negated else ("EQUAL", Between)
                parts = [
                    self._compared(Compare(operator, operand, each), operand, each)
                    for each in node.values
                    if isinstance(each, Literal)
                ]
                if len(parts) == len(node.values) and all(isinstance(each, kinds) for each in parts):
                    return conjunction(*parts) if node.negated else Some(tuple(parts))
        return node

    # ---- one comparison --------------------------------------------------------------------------------------------

    def _compared(  # a case for each operator
        self, node: Compare, left: Call | Bucket, literal: Literal
    ) -> Predicate:
        column = self._calendar(left)
        if column is None or literal.kind not in _KINDS.get(_name(left), ()):
            return node
        whole = left.grain in ("HOUR", "DAY") if isinstance(left, Bucket) else left.function != "YEAR"
        if whole and column.type.family is Family.DATE:
            # The day of a day is that day, and so is its first hour.
            return Compare(node.operator, column, self._bound(literal, column, bindings.to_date))
        bounds = self._bounds(left, literal)
        if bounds is None:
            return node
        self._chosen(column, left)
        begin, end = (self._bound(literal, column, each) for each in bounds)
        match node.operator:
            case "EQUAL":
                return Between(column, begin, end, upper_exclusive=True)
            case "LESS":
                return Compare("LESS", column, begin)
            case "LESS_OR_EQUAL":
                return Compare("LESS", column, end)
            case "GREATER":
                return Compare("GREATER_OR_EQUAL", column, end)
            case "GREATER_OR_EQUAL":
                return Compare("GREATER_OR_EQUAL", column, begin)
        return Some((Compare("LESS", column, begin), Compare("GREATER_OR_EQUAL", column, end)))

    def _between(self, node: Between, operand: Call | Bucket) -> Predicate:
        parts: list[Predicate] = []
        if node.lower is not None:
            operator = "GREATER" if node.lower_exclusive else "GREATER_OR_EQUAL"
            parts.append(Compare(operator, operand, node.lower))
        if node.upper is not None:
            parts.append(Compare("LESS" if node.upper_exclusive else "LESS_OR_EQUAL", operand, node.upper))
        changed = [
            self._compared(each, operand, each.right)
            if isinstance(each, Compare) and isinstance(each.right, Literal)
            else each
            for each in parts
        ]
        return conjunction(*changed) if changed != parts else node

    def _bounds(self, left: Call | Bucket, literal: Literal) -> Bounds | None:
        if isinstance(left, Call):
            if left.function == "YEAR":
                if not self._pins.ask(literal, _is_year):
                    return None
                return bindings.year_begin, bindings.year_end
            return bindings.to_date, bindings.next_day
        if left.grain == "HOUR":
            # A day is where an hour begins.
            return bindings.to_date, bindings.first_hour_end
        place = self._pins.ask(literal, _place(left.grain))
        if place == "inside":
            # No bucket begins on that day: those before it end where the next one begins, which those behind it are.
            return bindings.bucket_next(left.grain), bindings.bucket_next(left.grain)
        return (bindings.to_date, bindings.bucket_end(left.grain)) if place else None

    # ---- year and month together -----------------------------------------------------------------------------------

    def _months(self, parts: tuple[Predicate, ...]) -> list[Predicate]:
        """YEAR(d) = y AND MONTH(d) = m as one range. Parts were changed already: the year is a range by now."""
        left = list(parts)
        for month in parts:
            found = _equal_to_call(month, "MONTH")
            column = None if found is None else self._calendar(found[0])
            if found is None or column is None or not self._pins.ask(found[1], _is_month):
                continue
            for year in left:
                literal = _year_range(year, column)
                if literal is None or bool(literal.slot) != bool(found[1].slot):
                    continue
                both = _paired(literal, found[1])
                begin = self._bound(both, column, bindings.month_begin)
                end = self._bound(both, column, bindings.month_end)
                left[left.index(year)] = Between(column, begin, end, upper_exclusive=True)
                left.remove(month)
                self._chosen(column, found[0])
                break
        return left

    # ---- columns ---------------------------------------------------------------------------------------------------

    def _calendar(self, node: Call | Bucket) -> Column | None:
        """The column that a calendar function is applied to, where a range of it means the same."""
        operand = node.operand if isinstance(node, Bucket) else node.arguments[0]
        if isinstance(node, Call) and node.function not in ("YEAR", "MONTH", "DATE", "TO_DATE"):
            return None
        if not isinstance(operand, Column) or not operand.type.temporal:
            return None
        info = self._tables.column(operand)
        if info is None:
            return None
        if self._tables.sqlite and not iso_texts(self._tables, operand):
            return None
        return operand

    def _bound(self, literal: Literal, column: Column, *through: Conversion) -> Literal:
        kind, last = DATE, bindings.to_date
        if self._tables.sqlite:
            kind, last = TEXT, bindings.to_stored
        elif column.type.zoned:
            kind, last = TIMESTAMP_ZONED, bindings.to_instant
        elif column.type.family is Family.TIMESTAMP:
            kind, last = TIMESTAMP, bindings.to_local
        # What was sent is converted anew; what was computed of two values is not there before.
        computed = literal.through if literal.slot.count(",") or isinstance(literal.fixed, tuple) else ()
        return Literal(literal.slot, literal.kind, kind, literal.fixed, (*computed, *through, last))

    def _chosen(self, column: Column, function: Call | Bucket) -> None:
        table = self._tables.table(column)
        index = self._tables.index_on(column, RANGES)
        name = _name(function).lower()
        reason = "an index on the column serves a range" if index else "no index begins with the column"
        self._choices.add(
            table.name if table else "", index.name if index else "",
            f"range instead of a function on {column.name} ({name})", reason,
        )  # fmt: skip


_KINDS: Final = {
    "YEAR": ("integer",),
    "DATE": ("date",),
    "TO_DATE": ("date",),
    "BUCKET": ("date",),
}


def iso_texts(tables: Tables, column: Column) -> bool:
    """Whether days kept as texts are known to be written as ISO 8601, so that their order is that of the days."""
    info = tables.column(column)
    if info is None:
        return False
    statistics = info.proto.statistics
    return all(_ISO.fullmatch(each) for each in (statistics.minimum, statistics.maximum))


def _name(node: Call | Bucket) -> str:
    return node.function if isinstance(node, Call) else "BUCKET"


def _equal_to_call(part: Predicate, function: str) -> tuple[Call, Literal] | None:
    if (
        isinstance(part, Compare)
        and part.operator == "EQUAL"
        and isinstance(part.left, Call)
        and part.left.function == function
        and isinstance(part.right, Literal)
        and part.right.kind == "integer"
    ):
        return part.left, part.right
    return None


def _year_range(part: Predicate, column: Column) -> Literal | None:
    """The year whose range over the column this is."""
    if isinstance(part, Between) and part.operand == column and isinstance(part.lower, Literal):
        lower = part.lower
        if lower.through and lower.through[0] is bindings.year_begin:
            return lower
    return None


def _paired(year: Literal, month: Literal) -> Literal:
    if year.slot:
        return Literal(f"{year.slot},{month.slot}", "pair", year.type)
    return Literal("", "pair", year.type, fixed=(year.fixed, month.fixed))


def _is_year(value: Any) -> bool:
    """Whether a calendar has the year and the one after it."""
    return bool(1 <= value <= 9998)


def _is_month(value: Any) -> bool:
    return bool(1 <= value <= 12)


class _place:  # noqa: N801  # reads as the question that it is
    """Where a day is in its bucket: "begin", "inside", or "" where the bucket has no end that a calendar can tell. Equal
    for equal grains."""

    def __init__(self, grain: str) -> None:
        self.grain = grain

    def __call__(self, value: Any) -> str:
        try:
            begin = str(bindings.bucket_begin(self.grain)(value, None))
            bindings.bucket_next(self.grain)(value, None)
        except (ValueError, OverflowError):
            return ""
        return "begin" if begin == str(value) else "inside"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _place) and other.grain == self.grain

    def __hash__(self) -> int:
        return hash(self.grain)
