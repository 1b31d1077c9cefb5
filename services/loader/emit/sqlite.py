"""SQLite's spelling. What SQLite lacks is a function of services/loader/sqlite_functions.py, named maestro_…"""

import json
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler, SQLiteDialect
from sqlalchemy.types import NullType, TypeEngine

from services.loader import bindings
from services.loader.algebra import (
    Aggregate,
    Arithmetic,
    Bucket,
    Call,
    Expression,
    Literal,
    Match,
)
from services.loader.emit.forms import Forms, Sql, function
from services.loader.emit.parameters import Parameters
from services.loader.types import Family

_PARTS: Final = {"YEAR": "%Y", "MONTH": "%m", "DAY": "%d", "HOUR": "%H"}


class _Compiler(SQLiteCompiler):
    def limit_clause(self, select: Any, **kw: Any) -> str:
        """As SQLAlchemy's, but without `OFFSET 0`."""
        text = ""
        if select._limit_clause is not None:
            text += "\n LIMIT " + self.process(select._limit_clause, **kw)
        if select._offset_clause is not None:
            if select._limit_clause is None:
                text += "\n LIMIT " + self.process(sa.literal(-1), **kw)
            text += " OFFSET " + self.process(select._offset_clause, **kw)
        return text


class Sqlite(SQLiteDialect):
    """Named parameters."""

    default_paramstyle = "named"
    statement_compiler = _Compiler
    supports_statement_cache = True


def _untyped(literal: Literal) -> TypeEngine[Any]:
    return NullType()


def as_stored(value: Any) -> Any:
    """A value as Python's driver binds it."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list):
        return json.dumps([as_stored(each) for each in value])
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


class SqliteForms(Forms):
    """SQLite 3.30 or later."""

    def __init__(self) -> None:
        self.dialect = Sqlite(paramstyle="named")
        self.parameters = Parameters(as_stored, _untyped)

    def constant(self, *, holds: bool) -> Any:
        # SQLAlchemy would write numbers into the statement: older SQLites have no words for these.
        nought = self.fixed(0)
        return nought == nought if holds else nought != nought  # noqa: PLR0124  # an expression of the statement, not a comparison made here

    def call(self, node: Call, arguments: list[Sql]) -> Sql:  # noqa: PLR0911  # a case for each function of the list
        first = arguments[0]
        match node.function:
            case "LOWER" | "UPPER" | "LENGTH" | "ABS" | "TRIM" | "DIGITS" | "PARSE_DATE" | "TO_INTEGER" | "TO_FLOAT":
                return self._plain(node, arguments)
            case "COALESCE":
                return sa.func.coalesce(*arguments) if len(arguments) > 1 else first
            case "NULL_IF":
                return sa.func.nullif(*arguments)
            case "ROUND":
                return sa.func.round(*arguments)
            case "CONCAT":
                return self._joined(arguments)
            case "SUBSTRING":
                return sa.func.substr(*arguments)
            case "TO_TEXT":
                return sa.cast(first, sa.Text())
            case "YEAR" | "MONTH" | "DAY" | "HOUR":
                return sa.cast(sa.func.strftime(self.fixed(_PARTS[node.function]), first), sa.Integer())
            case "WEEKDAY":
                return sa.func.maestro_weekday(first)
            case "DATE" | "TO_DATE":
                return sa.func.date(first)
            case "DAYS_BETWEEN":
                days = sa.func.julianday(sa.func.date(first)) - sa.func.julianday(sa.func.date(arguments[1]))
                return sa.cast(days, sa.Integer())
            case "SECONDS_BETWEEN":
                # SQLite keeps moments to the millisecond; what a fraction of days has beyond it is noise.
                days = sa.func.julianday(first) - sa.func.julianday(arguments[1])
                return sa.func.round(days * self.fixed(86400), self.fixed(3))
        return self._moved(node.arguments[0], first, arguments[1])

    def _plain(self, node: Call, arguments: list[Sql]) -> Sql:
        """Functions of SQLite's own where they do the same as PostgreSQL's, ours where they do not: LOWER and UPPER
        know ASCII only, and a cast reads any text as a number."""
        name = node.function.lower()
        if name in ("length", "abs", "trim"):
            return function(name)(*arguments)
        if name == "to_integer" and node.arguments[0].type.family is Family.BOOLEAN:
            return arguments[0]
        return function(f"maestro_{name}")(*arguments)

    def _joined(self, arguments: list[Sql]) -> Sql:
        empty = self.fixed("")
        parts = [sa.func.coalesce(sa.cast(each, sa.Text()), empty) for each in arguments]
        made: Sql = parts[0]
        for each in parts[1:]:
            made = made.op("||")(each)
        return made

    def _moved(self, node: Expression, operand: Sql, days: Sql) -> Sql:
        shift = sa.cast(sa.cast(days, sa.Integer()), sa.Text()).op("||")(self.fixed(" days"))
        if node.type.family is Family.TIMESTAMP:
            return sa.func.datetime(operand, shift)
        return sa.func.date(operand, shift)

    def bucket(self, node: Bucket, operand: Sql) -> Sql:
        match node.grain:
            case "HOUR":
                return sa.func.strftime(self.fixed("%Y-%m-%d %H:00:00"), operand)
            case "DAY":
                return sa.func.date(operand)
            case "WEEK":
                return sa.func.date(operand, self.fixed("weekday 0"), self.fixed("-6 days"))
            case "MONTH" | "YEAR":
                return sa.func.date(operand, self.fixed(f"start of {node.grain.lower()}"))
        return sa.func.maestro_quarter(operand)

    def arithmetic(self, node: Arithmetic, left: Sql, right: Sql) -> Sql:
        a, b = node.left.type, node.right.type
        if a.temporal and b.temporal:
            days = sa.func.julianday(left) - sa.func.julianday(right)
            both_days = a.family is Family.DATE and b.family is Family.DATE
            return sa.cast(days, sa.Integer()) if both_days else days
        if a.temporal or b.temporal:
            moment, operand, count = (node.left, left, right) if a.temporal else (node.right, right, left)
            return self._moved(moment, operand, -count if node.operator == "SUBTRACT" else count)
        match node.operator:
            case "ADD":
                return left + right
            case "SUBTRACT":
                return left - right
            case "MULTIPLY":
                return left * right
            case "MODULO":
                return left.op("%")(sa.func.nullif(right, self.fixed(0)))
        return self.share(left, right)

    def share(self, part: Sql, whole: Sql) -> Sql:
        return sa.cast(part, sa.REAL()).op("/")(sa.func.nullif(whole, self.fixed(0)))

    def aggregate(self, node: Aggregate, operand: Sql | None, second: Sql | None) -> Any:
        if operand is None:
            return sa.func.count()
        value: Any = sa.distinct(operand) if node.distinct else operand
        name = node.function.lower()
        if name in ("stddev", "median"):
            return getattr(sa.func, f"maestro_{name}")(value)
        if name in ("correlation", "slope"):
            return getattr(sa.func, f"maestro_{name}")(operand, second)
        return getattr(sa.func, name)(value)

    def folded(self, node: Expression, operand: Sql) -> Sql:
        if isinstance(node, Literal):
            made = Literal(node.slot, node.kind, node.type, node.fixed, (*node.through, bindings.folded))
            return self.parameters.bind(made)
        return sa.func.maestro_fold(operand)

    def match(self, node: Match, operand: Sql) -> Sql:
        text: Sql = self.parameters.bind(node.text)
        if node.fold:
            operand, text = self.folded(node.operand, operand), self.folded(node.text, text)
        match node.kind:
            case "CONTAINS":
                return sa.func.instr(operand, text) > self.fixed(0)
            case "PREFIX":
                return sa.func.substr(operand, self.fixed(1), sa.func.length(text)) == text
            case "SUFFIX":
                return sa.func.substr(operand, -sa.func.length(text)) == text
            case "WORDS":
                return sa.func.maestro_words(operand, text) == self.fixed(1)
        # The connection has case_sensitive_like on.
        return operand.like(text)

    def listed(self, items: Sql, value: Sql) -> Sql:
        comma = self.fixed(",")
        blank = sa.func.replace(items, self.fixed(" "), self.fixed(""))
        whole = comma.op("||")(blank).op("||")(comma)
        return sa.func.instr(whole, comma.op("||")(value).op("||")(comma)) > self.fixed(0)

    def none_of(self, operand: Sql, values: Literal) -> Sql:
        each = sa.func.json_each(self.parameters.bind(values)).table_valued("value")
        return operand.not_in(sa.select(each.c.value))

    def nulls(self, *, descending: bool, wanted: str) -> str:
        return "" if wanted == ("last" if descending else "first") else wanted
