"""Types of composed expressions, by their parts'."""

from services.loader.algebra import Expression, Null
from services.loader.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    FLOAT,
    INTEGER,
    TEXT,
    TIMESTAMP,
    UNKNOWN,
    Family,
    Type,
)

_CALLS: dict[str, Type] = {
    "LOWER": TEXT,
    "UPPER": TEXT,
    "LENGTH": INTEGER,
    "DATE": DATE,
    "YEAR": INTEGER,
    "MONTH": INTEGER,
    "DAY": INTEGER,
    "HOUR": INTEGER,
    "WEEKDAY": INTEGER,
    "DAYS_BETWEEN": INTEGER,
    "SECONDS_BETWEEN": DECIMAL,
    "SUBSTRING": TEXT,
    "CONCAT": TEXT,
    "TO_INTEGER": INTEGER,
    "TO_FLOAT": FLOAT,
    "TO_TEXT": TEXT,
    "TO_DATE": DATE,
    "PARSE_DATE": DATE,
    "TRIM": TEXT,
    "DIGITS": TEXT,
}


def first_type(arguments: tuple[Expression, ...]) -> Type:
    """The type of the first argument that has one."""
    return next((each.type for each in arguments if not isinstance(each, Null)), UNKNOWN)


def call_type(function: str, arguments: tuple[Expression, ...]) -> Type:
    """What a function of the closed list yields."""
    if function == "ADD_DAYS":
        return TIMESTAMP if arguments[0].type.family is Family.TIMESTAMP else DATE
    if function == "ROUND":
        return FLOAT if arguments[0].type.family is Family.FLOAT else DECIMAL
    if function in ("COALESCE", "NULL_IF", "ABS"):
        return first_type(arguments)
    return _CALLS[function]


def aggregate_type(function: str, operand: Expression | None) -> Type:
    """What an aggregate yields."""
    kind = UNKNOWN if operand is None else operand.type
    if function == "COUNT":
        return INTEGER
    if function in ("MIN", "MAX", "SUM"):
        return kind
    if function in ("CORRELATION", "SLOPE", "MEDIAN"):
        return FLOAT
    return FLOAT if kind.family is Family.FLOAT else DECIMAL


def arithmetic_type(operator: str, left: Expression, right: Expression) -> Type:
    """What + - * / % yields."""
    a, b = left.type, right.type
    if a.temporal or b.temporal:
        if operator == "SUBTRACT" and b.temporal:
            return INTEGER if a.family is Family.DATE and b.family is Family.DATE else FLOAT
        return a if a.temporal else b
    families = {a.family, b.family}
    if Family.FLOAT in families:
        return FLOAT
    if operator == "DIVIDE" or Family.DECIMAL in families:
        return DECIMAL
    return INTEGER if families == {Family.INTEGER} else UNKNOWN


def window_type(function: str, operand: Expression | None) -> Type:
    """What a window function yields."""
    if operand is None:
        return INTEGER
    if function == "SHARE":
        return FLOAT if operand.type.family is Family.FLOAT else DECIMAL
    return operand.type


def boolean_like(kind: Type) -> bool:
    """Whether it may stand as a condition."""
    return kind.family in (Family.BOOLEAN, Family.UNKNOWN) or kind == BOOLEAN
