"""Constants of expressions: numbers, texts, days, moments, intervals."""

import datetime

from sqlglot import exp

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from services.mapper.ossie.scope import Family, InvalidError

_DAYS = {"DAY": 1, "DAYS": 1, "WEEK": 7, "WEEKS": 7}


def literal(node: exp.Expression) -> tuple[plan.Literal, Family] | None:
    """The constant that a node is, with its family; None where it is something else. Raises InvalidError for a constant
    that cannot be, such as DATE '2025-02-30'."""
    if isinstance(node, exp.Null):
        return plan.Literal(null=True), catalog.TYPE_FAMILY_UNSPECIFIED
    if isinstance(node, exp.Boolean):
        return plan.Literal(boolean=bool(node.this)), catalog.TYPE_FAMILY_BOOLEAN
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        return _number("-" + str(node.this.this))
    if isinstance(node, exp.Literal):
        return (
            (plan.Literal(text=str(node.this)), catalog.TYPE_FAMILY_TEXT) if node.is_string else _number(str(node.this))
        )
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.this.is_string:
        return _typed(str(node.this.this), node.to)
    return None


def _number(text: str) -> tuple[plan.Literal, Family]:
    if "e" in text.lower():
        return plan.Literal(float=float(text)), catalog.TYPE_FAMILY_FLOAT
    if "." not in text and -(2**63) <= int(text) < 2**63:
        return plan.Literal(integer=int(text)), catalog.TYPE_FAMILY_INTEGER
    return plan.Literal(decimal=text), catalog.TYPE_FAMILY_DECIMAL


def _typed(text: str, to: exp.DataType) -> tuple[plan.Literal, Family] | None:
    if to.this in (exp.DataType.Type.DATE, exp.DataType.Type.DATE32):
        return plan.Literal(date=day(text)), catalog.TYPE_FAMILY_DATE
    if to.this in exp.DataType.TEMPORAL_TYPES and to.this != exp.DataType.Type.TIME:
        return plan.Literal(timestamp=moment(text)), catalog.TYPE_FAMILY_TIMESTAMP
    return None


def day(text: str) -> str:
    """A day as ISO 8601. Raises InvalidError."""
    try:
        return datetime.date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise InvalidError(f"{text!r} is no day of the form '2025-01-31'") from None


def moment(text: str) -> str:
    """A moment as ISO 8601. Raises InvalidError."""
    try:
        return datetime.datetime.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise InvalidError(f"{text!r} is no moment of the form '2025-01-31 14:30:00'") from None


def fitted(expression: plan.Expression, family: Family) -> plan.Expression:
    """A constant text that is compared with a day or moment, as a day or moment: '2025-01-31' is then no text."""
    if expression.WhichOneof("kind") != "literal" or expression.literal.WhichOneof("value") != "text":
        return expression
    text = expression.literal.text
    if family == catalog.TYPE_FAMILY_DATE:
        return plan.Expression(literal=plan.Literal(date=day(text)))
    if family == catalog.TYPE_FAMILY_TIMESTAMP:
        return plan.Expression(literal=plan.Literal(timestamp=moment(text)))
    return expression


def days(node: exp.Interval) -> int:
    """The days of an interval. Raises InvalidError where it is no number of days or weeks."""
    unit = node.args.get("unit")
    name = unit.name.upper() if unit is not None else "DAY"
    amount = node.this
    text = amount.name if isinstance(amount, exp.Literal) else ""
    if isinstance(amount, exp.Neg):
        text = "-" + amount.this.name
    if name not in _DAYS or not text.lstrip("-").isdigit():
        raise InvalidError("an interval must be a whole number of days or weeks")
    return int(text) * _DAYS[name]
