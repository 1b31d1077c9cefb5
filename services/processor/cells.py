"""A cell of a result as text for people."""

from decimal import Decimal
from typing import Final

from maestro.catalog.v1 import catalog_pb2
from maestro.result.v1 import result_pb2
from services.processor.formats import Formats, as_number
from services.processor.language import Language

MISSING: Final = "—"
_YES: dict[Language, tuple[str, str]] = {"pt": ("sim", "não"), "en": ("yes", "no")}
_UNITS: dict[Language, dict[str, tuple[str, str]]] = {
    "pt": {
        "days": ("dia", "dias"),
        "business_days": ("dia útil", "dias úteis"),
        "hours": ("hora", "horas"),
        "minutes": ("minuto", "minutos"),
        "years": ("ano", "anos"),
        "months": ("mês", "meses"),
        "pallets": ("pallet", "pallets"),
    },
    "en": {
        "days": ("day", "days"),
        "business_days": ("business day", "business days"),
        "hours": ("hour", "hours"),
        "minutes": ("minute", "minutes"),
        "years": ("year", "years"),
        "months": ("month", "months"),
        "pallets": ("pallet", "pallets"),
    },
}


def number(value: result_pb2.Value) -> int | float | Decimal | None:
    """The number in a value; None for everything else."""
    kind = value.WhichOneof("kind")
    if kind == "integer":
        return value.integer
    if kind == "float":
        return value.float
    if kind == "decimal":
        return as_number(value.decimal)
    return None


def with_unit(amount: int | float | Decimal, unit: str, of: Formats) -> str:
    """A number with its unit: `R$ 10,00`, `3,5 kg`, `12%`, `2 dias`."""
    if len(unit) == 3 and unit.isupper():
        return of.money(amount, unit)
    if unit == "percent":
        return of.points(amount)
    if unit in ("share", "ratio"):
        return of.percent(amount)
    text = of.number(amount)
    if not unit:
        return text
    one, many = _UNITS[of.language].get(unit) or _UNITS[of.language].get(f"{unit}s", (unit, unit))
    return f"{text} {one if amount == 1 else many}"


def cell(  # one case for each kind
    value: result_pb2.Value, column: result_pb2.ResultColumn, of: Formats
) -> str:
    """A value as the text of an answer shows it. NULL is a dash."""
    kind = value.WhichOneof("kind")
    if kind is None:
        return MISSING
    if kind in ("integer", "float", "decimal"):
        amount = number(value)
        if amount is None:
            return value.decimal
        if column.unit:
            return with_unit(amount, column.unit, of)
        # Years, numbers of invoices and keys are names: nobody writes 2.025 for a year.
        plain = kind == "integer" and not column.measure
        return str(amount) if plain else of.number(amount)
    if kind == "boolean":
        return _YES[of.language][0 if value.boolean else 1]
    if kind == "date":
        return of.day(value.date)
    if kind == "timestamp":
        if column.family == catalog_pb2.TYPE_FAMILY_DATE:
            return of.day(value.timestamp)
        return of.moment(value.timestamp)
    if kind == "time":
        return value.time[:5]
    return value.text.strip() if kind == "text" else f"[{len(value.binary)} bytes]"
