"""Constants of readings as literals of a plan, in the type of the field that they are compared with."""

from datetime import date
from decimal import Decimal

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2
from services.analyzer.reading import Constant

_WHOLE = 2**63
"""Greater numbers fit no integer of a plan, nor of a database."""


def literal(value: Constant, field: semantics_pb2.Field | None) -> plan.Literal:  # one return a type
    """A constant in the type of the field that it is compared with."""
    family = field.family if field is not None else catalog_pb2.TYPE_FAMILY_UNSPECIFIED
    if isinstance(value, bool):
        return plan.Literal(boolean=value)
    if isinstance(value, date):
        if family == catalog_pb2.TYPE_FAMILY_TIMESTAMP:
            return plan.Literal(timestamp=f"{value.isoformat()}T00:00:00")
        return plan.Literal(date=value.isoformat())
    if isinstance(value, str):
        return _typed(value, family)
    if family == catalog_pb2.TYPE_FAMILY_TEXT:
        return plan.Literal(text=text_of(value))
    if isinstance(value, int):
        return plan.Literal(integer=value) if abs(value) < _WHOLE else plan.Literal(decimal=str(value))
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and abs(value) < _WHOLE:
            return plan.Literal(integer=int(value))
        if family == catalog_pb2.TYPE_FAMILY_FLOAT:
            return plan.Literal(float=float(value))
        return plan.Literal(decimal=format(value, "f"))
    return plan.Literal(float=value)


def _typed(value: str, family: int) -> plan.Literal:
    """A stored value, which is given as text, in the type of its column."""
    try:
        if family == catalog_pb2.TYPE_FAMILY_INTEGER:
            whole = int(value)
            return plan.Literal(integer=whole) if abs(whole) < _WHOLE else plan.Literal(text=value)
        if family == catalog_pb2.TYPE_FAMILY_DECIMAL:
            return plan.Literal(decimal=format(Decimal(value), "f"))
        if family == catalog_pb2.TYPE_FAMILY_FLOAT:
            return plan.Literal(float=float(value))
    except (ValueError, ArithmeticError):
        return plan.Literal(text=value)
    if family == catalog_pb2.TYPE_FAMILY_DATE:
        return plan.Literal(date=value)
    if family == catalog_pb2.TYPE_FAMILY_BOOLEAN:
        return plan.Literal(boolean=value.strip().lower() in ("true", "t", "1", "yes", "y"))
    return plan.Literal(text=value)


def text_of(value: Constant) -> str:
    """A constant as it would be stored in a column of texts."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)
