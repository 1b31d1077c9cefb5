"""Numbers of results, in and out of messages."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from maestro.result.v1 import result_pb2

Number = Decimal


def read(value: result_pb2.Value) -> Decimal | None:
    """The number that a cell holds; None for NULL and for what is no finite number."""
    kind = value.WhichOneof("kind")
    if kind not in ("integer", "float", "decimal"):
        return None
    try:
        number = Decimal(str(getattr(value, kind)))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def write(number: Decimal) -> result_pb2.Value:
    """A number as a cell: whole ones as integers where they fit, others as exact decimals."""
    if number == number.to_integral_value() and abs(number) < 2**63:
        return result_pb2.Value(integer=int(number))
    return result_pb2.Value(decimal=format(number, "f"))


def ratio(number: float | Decimal) -> result_pb2.Value:
    """A share or change as a cell: a binary fraction, 0.25 for a quarter."""
    return result_pb2.Value(float=float(number))
