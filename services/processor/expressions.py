"""Expressions of a plan in words."""

from maestro.plan.v1 import plan_pb2
from services.processor.cells import with_unit
from services.processor.formats import Formats, Number, as_number
from services.processor.names import Names
from services.processor.phrases import PHRASES

P = plan_pb2
_AGGREGATES = {
    P.AGGREGATE_FUNCTION_SUM: "sum",
    P.AGGREGATE_FUNCTION_AVG: "avg",
    P.AGGREGATE_FUNCTION_MIN: "min",
    P.AGGREGATE_FUNCTION_MAX: "max",
    P.AGGREGATE_FUNCTION_STDDEV: "stddev",
    P.AGGREGATE_FUNCTION_MEDIAN: "median",
}
UNITLESS = (
    P.AGGREGATE_FUNCTION_COUNT,
    P.AGGREGATE_FUNCTION_CORRELATION,
    P.AGGREGATE_FUNCTION_SLOPE,
)
_GRAINS = {
    P.TIME_GRAIN_HOUR: "hour",
    P.TIME_GRAIN_DAY: "day",
    P.TIME_GRAIN_WEEK: "week",
    P.TIME_GRAIN_MONTH: "month",
    P.TIME_GRAIN_QUARTER: "quarter",
    P.TIME_GRAIN_YEAR: "year",
}
_OPERATORS = {
    P.ARITHMETIC_OPERATOR_ADD: "+",
    P.ARITHMETIC_OPERATOR_SUBTRACT: "-",
    P.ARITHMETIC_OPERATOR_MULTIPLY: "×",
    P.ARITHMETIC_OPERATOR_DIVIDE: "÷",
    P.ARITHMETIC_OPERATOR_MODULO: "mod",
}
_DATE_PARTS = {
    P.FUNCTION_YEAR: "year",
    P.FUNCTION_MONTH: "month",
    P.FUNCTION_DAY: "day",
    P.FUNCTION_HOUR: "hour",
}
_WINDOWS = {
    P.WINDOW_FUNCTION_SHARE: "share",
    P.WINDOW_FUNCTION_PREVIOUS: "previous",
    P.WINDOW_FUNCTION_RUNNING_SUM: "running",
}


class Wording:
    """All that turning a plan into words needs: names, formats, phrases of one language."""

    def __init__(self, names: Names, of: Formats) -> None:
        self.names = names
        self.of = of
        self.phrases = PHRASES[names.language]

    def expression(self, expression: plan_pb2.Expression) -> str:  # noqa: PLR0911  # one case for each kind
        """An expression as people would name it."""
        kind = expression.WhichOneof("kind")
        if kind == "column":
            return self.names.field_label(expression.column.alias, expression.column.column)
        if kind == "field":
            return self.names.field_label(expression.field.alias, expression.field.field)
        if kind == "metric":
            return self.names.metric_label(expression.metric.metric)
        if kind == "literal":
            return self.literal(expression.literal)
        if kind == "aggregate":
            return self._aggregate(expression.aggregate)
        if kind == "arithmetic":
            sign = _OPERATORS.get(expression.arithmetic.operator, "?")
            left, right = expression.arithmetic.left, expression.arithmetic.right
            return f"{self.expression(left)} {sign} {self.expression(right)}"
        if kind == "function":
            return self._function(expression.function)
        if kind == "time_bucket":
            grain = self.phrases[_GRAINS.get(expression.time_bucket.grain, "day")]
            return self.phrases["by_grain"].format(self.expression(expression.time_bucket.operand), grain)
        if kind == "window":
            return self._window(expression.window)
        if kind == "as_of":
            return self.phrases["now" if expression.as_of.moment else "today"]
        if kind == "output":
            return expression.output.name.replace("_", " ")
        return self.phrases["a_value"]

    def literal(self, literal: plan_pb2.Literal, unit: str = "") -> str:  # one case for each kind
        """A constant as people write it."""
        kind = literal.WhichOneof("value")
        if kind == "text":
            return literal.text
        if kind in ("integer", "float", "decimal"):
            amount: Number | None = (
                as_number(literal.decimal)
                if kind == "decimal"
                else literal.integer
                if kind == "integer"
                else literal.float
            )
            if amount is None:
                return literal.decimal
            return (
                with_unit(amount, unit, self.of)
                if unit
                else str(amount)
                if kind == "integer"
                else self.of.number(amount)
            )
        if kind == "date":
            return self.of.day(literal.date)
        if kind == "timestamp":
            return self.of.moment(literal.timestamp)
        if kind == "time":
            return literal.time[:5]
        if kind == "boolean":
            return self.phrases["true" if literal.boolean else "false"]
        return self.phrases["nothing"]

    def grain(self, grain: int) -> str:
        """The word for a time grain."""
        return self.phrases[_GRAINS.get(grain, "day")]  # type: ignore[call-overload]  # an open enum's number

    def unit(self, expression: plan_pb2.Expression) -> str:
        """The unit of a field or metric, or empty."""
        unit = self._unit(expression)
        return self.names.currency if unit == "currency" else unit

    def _unit(self, expression: plan_pb2.Expression) -> str:
        kind = expression.WhichOneof("kind")
        if kind == "column":
            found = self.names.field(expression.column.alias, expression.column.column)
        elif kind == "field":
            found = self.names.field(expression.field.alias, expression.field.field)
        elif kind == "metric":
            metric = self.names.metric(expression.metric.metric)
            return metric.unit if metric else ""
        elif kind == "aggregate" and expression.aggregate.function not in UNITLESS:
            return self._unit(expression.aggregate.operand)
        else:
            return ""
        return found.unit if found else ""

    def _aggregate(self, aggregate: plan_pb2.Aggregate) -> str:
        if aggregate.function == P.AGGREGATE_FUNCTION_COUNT:
            return self._count(aggregate)
        operand = self.expression(aggregate.operand)
        if aggregate.HasField("second_operand"):
            key = "correlation" if aggregate.function == P.AGGREGATE_FUNCTION_CORRELATION else "slope"
            return self.phrases[key].format(operand, self.expression(aggregate.second_operand))
        key = _AGGREGATES.get(aggregate.function, "")
        if key == "sum" and operand.casefold().startswith(("total ", "total_")):
            return operand
        return self.phrases[key].format(operand) if key else operand

    def _count(self, aggregate: plan_pb2.Aggregate) -> str:
        """What is counted: the joined rows, unless different values are."""
        if not aggregate.HasField("operand"):
            return self.phrases["count"].format(self.names.row() or self.phrases["rows"])
        operand = aggregate.operand
        kind = operand.WhichOneof("kind")
        alias, name = (
            (operand.column.alias, operand.column.column)
            if kind == "column"
            else (operand.field.alias, operand.field.field)
        )
        if kind in ("column", "field") and self.names.is_key(alias, name):
            # As many as there are keys: of the thing itself where each counts once, else of what repeats it.
            thing = self.names.thing(alias) if aggregate.distinct else self.names.row()
            return self.phrases["count"].format(thing or self.phrases["rows"])
        key = "count_distinct" if aggregate.distinct else "count"
        return self.phrases[key].format(self.expression(operand))

    def _function(self, call: plan_pb2.FunctionCall) -> str:
        if not call.arguments:
            return self.phrases["a_value"]
        first = self.expression(call.arguments[0])
        part = _DATE_PARTS.get(call.function)
        return self.phrases["by_grain"].format(first, self.phrases[part]) if part else first

    def _window(self, window: plan_pb2.Window) -> str:
        key = _WINDOWS.get(window.function)
        if key is None:
            return self.phrases["rank"]
        return self.phrases[key].format(self.expression(window.operand))
