"""Functions and aggregates of expressions: SQL's names → the plan's closed lists."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from services.mapper.ossie.scope import UNKNOWN, Family, InvalidError

if TYPE_CHECKING:
    from services.mapper.ossie.expressions import Reader, Value

INTEGER, DECIMAL, FLOAT = catalog.TYPE_FAMILY_INTEGER, catalog.TYPE_FAMILY_DECIMAL, catalog.TYPE_FAMILY_FLOAT
TEXT, DATE, TIMESTAMP = catalog.TYPE_FAMILY_TEXT, catalog.TYPE_FAMILY_DATE, catalog.TYPE_FAMILY_TIMESTAMP

# One argument in, a known family out; None: the argument's own.
_SIMPLE: dict[type[exp.Expression], tuple[plan.Function.ValueType, Family | None]] = {
    exp.Lower: (plan.FUNCTION_LOWER, TEXT),
    exp.Upper: (plan.FUNCTION_UPPER, TEXT),
    exp.Length: (plan.FUNCTION_LENGTH, INTEGER),
    exp.Abs: (plan.FUNCTION_ABS, None),
    exp.Date: (plan.FUNCTION_DATE, DATE),
    exp.TsOrDsToDate: (plan.FUNCTION_DATE, DATE),
    exp.Year: (plan.FUNCTION_YEAR, INTEGER),
    exp.Month: (plan.FUNCTION_MONTH, INTEGER),
    exp.Day: (plan.FUNCTION_DAY, INTEGER),
    exp.Hour: (plan.FUNCTION_HOUR, INTEGER),
    exp.DayOfWeekIso: (plan.FUNCTION_WEEKDAY, INTEGER),
}
_PARTS = {
    "YEAR": plan.FUNCTION_YEAR,
    "MONTH": plan.FUNCTION_MONTH,
    "DAY": plan.FUNCTION_DAY,
    "HOUR": plan.FUNCTION_HOUR,
    "ISODOW": plan.FUNCTION_WEEKDAY,
    "DAYOFWEEKISO": plan.FUNCTION_WEEKDAY,
}
_GRAINS = {
    "HOUR": plan.TIME_GRAIN_HOUR,
    "DAY": plan.TIME_GRAIN_DAY,
    "WEEK": plan.TIME_GRAIN_WEEK,
    "MONTH": plan.TIME_GRAIN_MONTH,
    "QUARTER": plan.TIME_GRAIN_QUARTER,
    "YEAR": plan.TIME_GRAIN_YEAR,
}
_AGGREGATES: dict[type[exp.Expression], tuple[plan.AggregateFunction.ValueType, Family | None]] = {
    exp.Count: (plan.AGGREGATE_FUNCTION_COUNT, INTEGER),
    exp.Sum: (plan.AGGREGATE_FUNCTION_SUM, None),
    exp.Avg: (plan.AGGREGATE_FUNCTION_AVG, DECIMAL),
    exp.Min: (plan.AGGREGATE_FUNCTION_MIN, None),
    exp.Max: (plan.AGGREGATE_FUNCTION_MAX, None),
    exp.Stddev: (plan.AGGREGATE_FUNCTION_STDDEV, FLOAT),
    exp.StddevSamp: (plan.AGGREGATE_FUNCTION_STDDEV, FLOAT),
    exp.Median: (plan.AGGREGATE_FUNCTION_MEDIAN, FLOAT),
    exp.Corr: (plan.AGGREGATE_FUNCTION_CORRELATION, FLOAT),
}
_FORMATS = (("%Y", "YYYY"), ("%y", "YY"), ("%m", "MM"), ("%d", "DD"), ("%-m", "MM"), ("%-d", "DD"))


def made(function: plan.Function.ValueType, *arguments: plan.Expression) -> plan.Expression:
    """A call of the plan's closed list."""
    return plan.Expression(function=plan.FunctionCall(function=function, arguments=arguments))


def call(node: exp.Expression, reader: "Reader") -> "Value | None":
    """The call that a node is; None where it is none of the list. Raises InvalidError."""
    simple = _SIMPLE.get(type(node))
    if simple is not None:
        _only_this(node)
        argument = reader.value(node.this)
        return _value(made(simple[0], argument.expression), argument.family if simple[1] is None else simple[1])
    builder = _BUILDERS.get(type(node))
    return builder(node, reader) if builder is not None else None


def _value(expression: plan.Expression, family: Family) -> "Value":
    from services.mapper.ossie.expressions import Value  # noqa: PLC0415  # the two need each other

    return Value(expression, family)


def _only_this(node: exp.Expression) -> None:
    extra = [key for key, value in node.args.items() if key not in ("this", "binary") and value]
    if extra:
        raise InvalidError(f"{_shown(node)}: it takes one argument")


def _variadic(
    function: plan.Function.ValueType, family: Family | None
) -> Callable[[exp.Expression, "Reader"], "Value"]:
    def build(node: exp.Expression, reader: "Reader") -> "Value":
        parts = [part for part in (node.this, *node.expressions) if isinstance(part, exp.Expression)]
        if isinstance(node, (exp.DPipe, exp.Nullif)):
            parts = [node.this, node.expression]
        values = [reader.value(part) for part in parts]
        found = next((value.family for value in values if value.family != UNKNOWN), UNKNOWN)
        return _value(made(function, *(value.expression for value in values)), found if family is None else family)

    return build


def _round(node: exp.Expression, reader: "Reader") -> "Value":
    places = node.args.get("decimals")
    arguments = [reader.value(part).expression for part in (node.this, places) if part is not None]
    return _value(made(plan.FUNCTION_ROUND, *arguments), DECIMAL)


def _substring(node: exp.Expression, reader: "Reader") -> "Value":
    if isinstance(node, exp.Left):
        parts = [node.this, exp.Literal.number(1), node.expression]
    else:
        parts = [node.this, node.args.get("start"), node.args.get("length")]
    if parts[1] is None:
        raise InvalidError(f"{_shown(node)}: it needs a start")
    return _value(
        made(plan.FUNCTION_SUBSTRING, *(reader.value(part).expression for part in parts if part is not None)), TEXT
    )


def _trim(node: exp.Expression, reader: "Reader") -> "Value":
    if node.args.get("expression") or node.args.get("position"):
        raise InvalidError(f"{_shown(node)}: only blanks at both ends can be trimmed")
    return _value(made(plan.FUNCTION_TRIM, reader.value(node.this).expression), TEXT)


def _digits(node: exp.Expression, reader: "Reader") -> "Value":
    pattern, replacement = node.expression, node.args.get("replacement")
    digits = pattern.name in (r"\D", r"[^0-9]", r"\D+", r"[^0-9]+", r"[^\d]", r"[^\d]+")
    if not digits or (replacement is not None and replacement.name != ""):
        raise InvalidError(
            rf"{_shown(node)}: only REGEXP_REPLACE(x, '\D', '', 'g'), the digits of a text, is supported"
        )
    return _value(made(plan.FUNCTION_DIGITS, reader.value(node.this).expression), TEXT)


def _extract(node: exp.Expression, reader: "Reader") -> "Value":
    part = node.this.name.upper()
    if part == "EPOCH":
        return _seconds(node, reader)
    if part not in _PARTS:
        raise InvalidError(f"{_shown(node)}: only YEAR, MONTH, DAY, HOUR, ISODOW and EPOCH can be extracted")
    return _value(made(_PARTS[part], reader.value(node.expression).expression), INTEGER)


def _seconds(node: exp.Expression, reader: "Reader") -> "Value":
    """EXTRACT(EPOCH FROM later - earlier): the seconds between two moments."""
    span = node.expression
    while isinstance(span, exp.Paren):
        span = span.this
    if not isinstance(span, exp.Sub):
        raise InvalidError(f"{_shown(node)}: EPOCH is extracted of the difference of two moments only")
    later, earlier = reader.value(span.this), reader.value(span.expression)
    if any(side.family not in (DATE, TIMESTAMP) for side in (later, earlier)):
        raise InvalidError(f"{_shown(node)}: EPOCH is extracted of the difference of two moments only")
    return _value(made(plan.FUNCTION_SECONDS_BETWEEN, later.expression, earlier.expression), DECIMAL)


def _bucket(node: exp.Expression, reader: "Reader") -> "Value":
    unit = node.args["unit"].name.upper()
    if unit not in _GRAINS:
        raise InvalidError(f"{_shown(node)}: DATE_TRUNC takes hour, day, week, month, quarter or year")
    operand = reader.value(node.this)
    return _value(
        plan.Expression(time_bucket=plan.TimeBucket(operand=operand.expression, grain=_GRAINS[unit])), operand.family
    )


def _parsed_date(node: exp.Expression, reader: "Reader") -> "Value":
    form = node.args["format"].name
    for theirs, ours in _FORMATS:
        form = form.replace(theirs, ours)
    if set(form) - set("YMD/-. "):
        raise InvalidError(f"{_shown(node)}: the form may hold YYYY, MM and DD only")
    literal = plan.Expression(literal=plan.Literal(text=form))
    return _value(made(plan.FUNCTION_PARSE_DATE, reader.value(node.this).expression, literal), DATE)


def _cast(node: exp.Expression, reader: "Reader") -> "Value":
    kind = node.args["to"].this
    types = exp.DataType
    value = reader.value(node.this)
    if kind in types.INTEGER_TYPES:
        return _value(made(plan.FUNCTION_TO_INTEGER, value.expression), INTEGER)
    if kind in types.REAL_TYPES:
        return _value(made(plan.FUNCTION_TO_FLOAT, value.expression), FLOAT)
    if kind in types.TEXT_TYPES:
        return _value(made(plan.FUNCTION_TO_TEXT, value.expression), TEXT)
    if kind in (types.Type.DATE, types.Type.DATE32):
        function = plan.FUNCTION_DATE if value.family in (DATE, TIMESTAMP) else plan.FUNCTION_TO_DATE
        return _value(made(function, value.expression), DATE)
    raise InvalidError(f"{_shown(node)}: casts go to integer, numeric, text or date")


_BUILDERS: dict[type[exp.Expression], Callable[[exp.Expression, "Reader"], "Value"]] = {
    exp.Coalesce: _variadic(plan.FUNCTION_COALESCE, None),
    exp.Concat: _variadic(plan.FUNCTION_CONCAT, TEXT),
    exp.DPipe: _variadic(plan.FUNCTION_CONCAT, TEXT),
    exp.Nullif: _variadic(plan.FUNCTION_NULL_IF, None),
    exp.Round: _round,
    exp.Substring: _substring,
    exp.Left: _substring,
    exp.Trim: _trim,
    exp.RegexpReplace: _digits,
    exp.Extract: _extract,
    exp.TimestampTrunc: _bucket,
    exp.DateTrunc: _bucket,
    exp.StrToDate: _parsed_date,
    exp.Cast: _cast,
}


def aggregate(node: exp.Expression, reader: "Reader") -> "Value":
    """The aggregate that a node is. Raises InvalidError."""
    if isinstance(node, exp.Filter):
        inner = aggregate(node.this, reader)
        inner.expression.aggregate.filter.CopyFrom(reader.condition(node.expression.this))
        return inner
    if isinstance(node, exp.WithinGroup):
        return _median(node, reader)
    known = _AGGREGATES.get(type(node))
    if known is None:
        raise InvalidError(f"{_shown(node)} is not supported in model files")
    function, family = known
    operand, distinct = _operand(node)
    made_aggregate = plan.Aggregate(function=function, distinct=distinct)
    found: Family = UNKNOWN
    if operand is not None:
        value = reader.value(operand)
        made_aggregate.operand.CopyFrom(value.expression)
        found = value.family
    elif function != plan.AGGREGATE_FUNCTION_COUNT:
        raise InvalidError(f"{_shown(node)}: it needs something to aggregate")
    if isinstance(node, exp.Corr):
        made_aggregate.second_operand.CopyFrom(reader.value(node.expression).expression)
    return _value(plan.Expression(aggregate=made_aggregate), found if family is None else family)


def _operand(node: exp.Expression) -> tuple[exp.Expression | None, bool]:
    inner = node.this
    if node.expressions:
        raise InvalidError(f"{_shown(node)}: it takes one operand")
    if isinstance(inner, exp.Distinct):
        if len(inner.expressions) != 1:
            raise InvalidError(f"{_shown(node)}: DISTINCT takes one operand")
        return inner.expressions[0], True
    if inner is None or isinstance(inner, exp.Star):
        return None, False
    return inner, False


def _median(node: exp.Expression, reader: "Reader") -> "Value":
    share = node.this.this
    order = node.expression
    if not isinstance(node.this, exp.PercentileCont) or not isinstance(share, exp.Literal) or float(share.name) != 0.5:
        raise InvalidError(f"{_shown(node)}: only PERCENTILE_CONT(0.5), the median, is supported")
    operand = reader.value(order.expressions[0].this)
    made_aggregate = plan.Aggregate(function=plan.AGGREGATE_FUNCTION_MEDIAN, operand=operand.expression)
    return _value(plan.Expression(aggregate=made_aggregate), FLOAT)


def _shown(node: exp.Expression) -> str:
    text = node.sql(dialect="postgres")
    return text if len(text) <= 80 else text[:77] + "..."
