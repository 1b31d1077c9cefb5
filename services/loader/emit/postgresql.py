"""PostgreSQL's spelling."""

import re
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine.interfaces import BindTyping
from sqlalchemy.types import NullType, TypeEngine, UserDefinedType

from services.loader import bindings
from services.loader.algebra import (
    Aggregate,
    Arithmetic,
    Bucket,
    Call,
    Column,
    Expression,
    Literal,
    Match,
)
from services.loader.emit.forms import Forms, Sql, function
from services.loader.emit.parameters import Parameters
from services.loader.folding import ACCENTED, PLAIN
from services.loader.types import INTEGER, TEXT, Family, Type

_INT4: Final = Type(Family.INTEGER, "integer")
_SPELLED: Final = {
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
}
_KNOWN: Final = frozenset(
    {"bigint", "integer", "numeric", "double precision", "real", "text", "bpchar", "citext", "boolean", "date", "uuid",
     "bigint[]", "text[]", *_SPELLED}
)  # fmt: skip
_IDENTIFIER = re.compile(r'([a-z_][a-z0-9_$]*|"[^"\\]+")(\.([a-z_][a-z0-9_$]*|"[^"\\]+"))?')
_WHOLE: Final = r"^\s*[-+]?\d+(\.\d*)?\s*$"
_NUMBER: Final = r"^\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$"
_DAY: Final = r"^\s*\d{4}-\d{2}-\d{2}"
_MOMENT: Final = r"^\s*\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?\s*$"


class Cast(UserDefinedType[Any]):
    """A type by its name, so that a parameter is written `$1::name`."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """The name."""
        return self.name

    def __repr__(self) -> str:
        return f"Cast({self.name})"


class Postgresql(PGDialect):
    """Numbered parameters whose types are written out, so that every value may travel as text."""

    bind_typing = BindTyping.RENDER_CASTS
    default_paramstyle = "numeric_dollar"
    supports_statement_cache = True


def _cast(literal: Literal) -> TypeEngine[Any]:
    name = literal.type.name
    if name in _KNOWN:
        return Cast(_SPELLED.get(name, name))
    # An enum's name comes with the catalog: only what is an identifier is written into a statement.
    if literal.type.labels and _IDENTIFIER.fullmatch(name):
        return Cast(name)
    return NullType()


def as_text(value: Any) -> str:
    """A value in PostgreSQL's text form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        quoted = ('"' + as_text(each).replace("\\", "\\\\").replace('"', '\\"') + '"' for each in value)
        return "{" + ",".join(quoted) + "}"
    return repr(value) if isinstance(value, float) else str(value)


class PostgresqlForms(Forms):
    """unaccent: whether the database has that extension."""

    def __init__(self, *, unaccent: bool) -> None:
        self.dialect = Postgresql(  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so
            paramstyle="numeric_dollar"
        )
        self.parameters = Parameters(as_text, _cast)
        self._unaccent = unaccent

    def _zone(self) -> Sql:
        return self.parameters.bind(Literal("zone", "text", TEXT))

    def _local(self, node: Expression, operand: Sql) -> Sql:
        """A moment as the clocks of the request's zone show it."""
        if node.type.zoned:
            return sa.func.timezone(self._zone(), operand)
        if node.type.family is Family.TEXT:
            day = sa.cast(sa.func.substr(sa.func.trim(operand), self.fixed(1, _INT4), self.fixed(10, _INT4)), sa.Date())
            return sa.case((operand.op("~")(self.fixed(_DAY)), day))
        return operand

    def _day(self, node: Expression, operand: Sql) -> Sql:
        local = self._local(node, operand)
        return local if node.type.family in (Family.DATE, Family.TEXT) else sa.cast(local, sa.Date())

    def call(self, node: Call, arguments: list[Sql]) -> Sql:  # noqa: PLR0911  # a case for each function of the list
        first = node.arguments[0]
        match node.function:
            case "LOWER" | "UPPER" | "LENGTH" | "ABS" | "COALESCE" | "TRIM" | "CONCAT":
                return function(node.function.lower())(*arguments)
            case "NULL_IF":
                return sa.func.nullif(*arguments)
            case "YEAR" | "MONTH" | "DAY" | "HOUR" | "WEEKDAY":
                field = "isodow" if node.function == "WEEKDAY" else node.function.lower()
                return sa.cast(sa.extract(field, self._local(first, arguments[0])), sa.BigInteger())
            case "DATE" | "TO_DATE":
                return self._day(first, arguments[0])
            case "DAYS_BETWEEN":
                return self._day(first, arguments[0]) - self._day(node.arguments[1], arguments[1])
            case "SECONDS_BETWEEN":
                return self._seconds(node.arguments[0], arguments[0], node.arguments[1], arguments[1])
            case "ADD_DAYS":
                return self._moved(first, arguments[0], arguments[1])
            case "SUBSTRING":
                return sa.func.substr(arguments[0], *(sa.cast(each, sa.Integer()) for each in arguments[1:]))
            case "ROUND":
                places = [sa.cast(each, sa.Integer()) for each in arguments[1:]]
                return sa.func.round(self._exact(first, arguments[0]), *places)
            case "DIGITS":
                return sa.func.regexp_replace(arguments[0], self.fixed(r"\D"), self.fixed(""), self.fixed("g"))
            case "TO_TEXT":
                return sa.cast(arguments[0], sa.Text())
            case "PARSE_DATE":
                return self._parsed(node, arguments)
        return self._number(node, first, arguments[0])

    def _exact(self, node: Expression, operand: Sql) -> Sql:
        return operand if node.type.family is Family.DECIMAL else sa.cast(operand, sa.Numeric())

    def _number(self, node: Call, first: Expression, operand: Sql) -> Sql:
        """TO_INTEGER and TO_FLOAT; of a text that is no number, NULL."""
        whole = node.function == "TO_INTEGER"
        family = first.type.family
        if whole and family is Family.BOOLEAN:
            return sa.cast(operand, sa.Integer())
        if family is Family.UNKNOWN:
            # Whatever it is, its text tells; a cast of the value itself would fail on a text that is no number.
            return self._number(node, Column("", "", TEXT), sa.cast(operand, sa.Text()))
        if family is Family.INTEGER:
            return operand if whole else sa.cast(operand, sa.Double())
        made: Sql = sa.cast(operand, sa.Double())
        if whole:
            made = sa.cast(sa.func.trunc(sa.cast(operand, sa.Numeric())), sa.BigInteger())
        if family is Family.TEXT:
            return sa.case((operand.op("~")(self.fixed(_WHOLE if whole else _NUMBER)), made))
        return made

    def _parsed(self, node: Call, arguments: list[Sql]) -> Sql:
        """A day from text; NULL where the text does not have the form."""
        form = node.arguments[1]
        if not isinstance(form, Literal):
            return sa.func.to_date(*arguments)
        pattern = Literal(form.slot, form.kind, TEXT, form.fixed, (bindings.date_pattern,))
        return sa.case((arguments[0].op("~")(self.parameters.bind(pattern)), sa.func.to_date(*arguments)))

    def _moved(self, node: Expression, operand: Sql, days: Sql) -> Sql:
        count = sa.cast(days, sa.Integer())
        if node.type.family is Family.TIMESTAMP:
            none = self.fixed(0, _INT4)
            return operand + sa.func.make_interval(none, none, none, count)
        return self._day(node, operand) + count

    def bucket(self, node: Bucket, operand: Sql) -> Sql:
        local: Sql = sa.cast(self._local(node.operand, operand), sa.TIMESTAMP())
        if node.operand.type.family is Family.TIMESTAMP and not node.operand.type.zoned:
            local = operand
        cut = sa.func.date_trunc(self.fixed(node.grain.lower()), local)
        return cut if node.grain == "HOUR" else sa.cast(cut, sa.Date())

    def arithmetic(self, node: Arithmetic, left: Sql, right: Sql) -> Sql:
        a, b = node.left.type, node.right.type
        if a.temporal or b.temporal:
            return self._calendar(node, left, right)
        match node.operator:
            case "ADD":
                return left + right
            case "SUBTRACT":
                return left - right
            case "MULTIPLY":
                return left * right
        if node.type.family is Family.FLOAT and node.operator == "DIVIDE":
            return sa.cast(left, sa.Double()) / sa.func.nullif(right, self.fixed(0, INTEGER))
        divisor = sa.func.nullif(self._exact(node.right, right), self.fixed(0, INTEGER))
        dividend = self._exact(node.left, left)
        return dividend / divisor if node.operator == "DIVIDE" else sa.func.mod(dividend, divisor)

    def _calendar(self, node: Arithmetic, left: Sql, right: Sql) -> Sql:
        a, b = node.left.type, node.right.type
        if a.temporal and b.temporal:
            if a.family is Family.DATE and b.family is Family.DATE:
                return left - right
            return self._seconds(node.left, left, node.right, right) / self.fixed(86400, INTEGER)
        moment, count = (node.left, right) if a.temporal else (node.right, left)
        operand = left if a.temporal else right
        return self._moved(moment, operand, -count if node.operator == "SUBTRACT" else count)

    def _seconds(self, later: Expression, end: Sql, earlier: Expression, begin: Sql) -> Sql:
        """Seconds from one moment to another; where both are moments with a zone, those that really passed."""
        if later.type.zoned and earlier.type.zoned:
            return sa.extract("epoch", end - begin)
        return sa.extract("epoch", self._clock(later, end) - self._clock(earlier, begin))

    def _clock(self, node: Expression, operand: Sql) -> Sql:
        if node.type.family is Family.TEXT:
            moment = sa.cast(sa.func.trim(operand), sa.TIMESTAMP())
            return sa.case((operand.op("~")(self.fixed(_MOMENT)), moment))
        local = self._local(node, operand)
        return local if node.type.family is Family.TIMESTAMP else sa.cast(local, sa.TIMESTAMP())

    def aggregate(self, node: Aggregate, operand: Sql | None, second: Sql | None) -> Any:
        if operand is None:
            return sa.func.count()
        value: Any = sa.distinct(operand) if node.distinct else operand
        match node.function:
            case "STDDEV":
                return sa.func.stddev_samp(value)
            case "MEDIAN":
                half = self.fixed(0.5, Type(Family.FLOAT, "double precision"))
                return sa.func.percentile_cont(half).within_group(sa.cast(operand, sa.Double()))
            case "CORRELATION":
                return sa.func.corr(sa.cast(operand, sa.Double()), sa.cast(second, sa.Double()))
            case "SLOPE":
                return sa.func.regr_slope(sa.cast(operand, sa.Double()), sa.cast(second, sa.Double()))
        return getattr(sa.func, node.function.lower())(value)

    def folded(self, node: Expression, operand: Sql) -> Sql:
        if isinstance(node, Column) and node.type.labels:
            operand = sa.cast(operand, sa.Text())
        if self._unaccent:
            return sa.func.lower(sa.func.unaccent(operand))
        return sa.func.lower(sa.func.translate(operand, self.fixed(ACCENTED), self.fixed(PLAIN)))

    def match(self, node: Match, operand: Sql) -> Sql:
        if node.operand.type.labels:
            operand = sa.cast(operand, sa.Text())
        pattern: Sql = self.parameters.bind(like_pattern(node))
        if node.fold:
            operand, pattern = self.folded(node.operand, operand), self.folded(node.text, pattern)
        for name in reversed(node.through):
            pattern = function(name)(pattern)
        if node.kind == "WORDS":
            return operand.op("~", is_comparison=True)(pattern)
        return operand.ilike(pattern) if node.insensitive else operand.like(pattern)

    def listed(self, items: Sql, value: Sql) -> Sql:
        blank = sa.func.regexp_replace(items, self.fixed(r"\s"), self.fixed(""), self.fixed("g"))
        return sa.cast(value, sa.Text()) == sa.func.any(sa.func.string_to_array(blank, self.fixed(",")))

    def none_of(self, operand: Sql, values: Literal) -> Sql:
        return operand != sa.func.all(self.parameters.bind(values))

    def nulls(self, *, descending: bool, wanted: str) -> str:
        return "" if wanted == ("first" if descending else "last") else wanted


_PATTERNS: Final = {
    "CONTAINS": (bindings.escaped, bindings.contained),
    "PREFIX": (bindings.escaped, bindings.begun),
    "SUFFIX": (bindings.escaped, bindings.ended),
    "LIKE": (),
    "WORDS": (bindings.as_words,),
}


def like_pattern(node: Match) -> Literal:
    """The text of a pattern, in the form that LIKE or ~ reads."""
    text = node.text
    return Literal(text.slot, text.kind, TEXT, text.fixed, text.through + _PATTERNS[node.kind])
