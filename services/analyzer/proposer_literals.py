"""Lists, texts and numbers of a language model's answer, each within limits. All raise Rejected."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from services.analyzer.proposer_json import Rejected

_TEXT = 200


def number(value: Any) -> Decimal:
    """A number that data may hold, also where it is written as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Rejected("not a number")
    try:
        made = Decimal(str(value).strip().replace("_", "x"))
    except InvalidOperation:
        raise Rejected("not a number") from None
    if not made.is_finite() or abs(made) > Decimal(10) ** 18 or made.adjusted() < -12:
        raise Rejected("not a number that data holds")
    return made.quantize(Decimal(1)) if made == made.to_integral_value() else made


def text(value: Any) -> str:
    """A text that data may hold."""
    if not isinstance(value, str) or not value.strip() or len(value) > _TEXT or any(ord(char) < 32 for char in value):
        raise Rejected("not a text that data holds")
    return value


def listed(value: Any, most: int) -> Sequence[Any]:
    """A list of at most so many; nothing is an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > most:
        raise Rejected("not a short list")
    return value


def names(value: Any, most: int) -> Iterable[str]:
    """Texts of a list, or the only one."""
    if isinstance(value, str):
        value = [value]
    for each in listed(value, most):
        if not isinstance(each, str):
            raise Rejected("not a list of names")
        yield each


def rows(value: Any, most: int) -> int:
    """A number of rows; 0: all."""
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Rejected("not a number of rows")
    return value
