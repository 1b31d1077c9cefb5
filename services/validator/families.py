"""Checks that what is compared, summed and cut into periods fits the types of its columns."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.validator.facts import NUMBER, TEXT, TIME, TRUTH, UNKNOWN, Facts
from services.validator.issues import Issue, error, warning
from services.validator.visit import Part, Scope, Seen

P = plan_pb2
_TRUTHS = frozenset({"true", "false", "t", "f", "yes", "no", "y", "n", "on", "off", "1", "0"})
_NUMBERS_IN_TEXT = frozenset({"integer", "decimal"})
_OF_NUMBERS = (
    P.AGGREGATE_FUNCTION_SUM,
    P.AGGREGATE_FUNCTION_AVG,
    P.AGGREGATE_FUNCTION_STDDEV,
    P.AGGREGATE_FUNCTION_MEDIAN,
)
_OF_TIMES = (
    P.FUNCTION_DATE,
    P.FUNCTION_YEAR,
    P.FUNCTION_MONTH,
    P.FUNCTION_DAY,
    P.FUNCTION_HOUR,
    P.FUNCTION_WEEKDAY,
)


def check_types(seen: Seen, facts: Facts) -> Iterator[Issue]:
    """Where a family is not known for certain, nothing is said."""
    if not facts.catalog.version and not facts.semantics.version:
        return
    for part in seen.predicates:
        yield from _predicate(part, facts)
    for part in seen.expressions:
        yield from _expression(part, facts)


def _mismatch(facts: Facts, code: str, path: str, message: str, detail: str) -> Issue:
    # SQLite stores any value in any column, so that there a mismatch may be what the data need.
    make = warning if facts.catalog.dialect == catalog_pb2.DIALECT_SQLITE else error
    return make(code, path, message, detail=detail)


def _predicate(part: Part, facts: Facts) -> Iterator[Issue]:
    predicate: plan_pb2.Predicate = part.node
    kind = predicate.WhichOneof("kind")
    if kind == "comparison":
        compared = predicate.comparison
        yield from _pair(part, compared.left, compared.right, facts)
    elif kind == "membership":
        for value in predicate.membership.values:
            yield from _pair(part, predicate.membership.operand, value, facts)
    elif kind == "range":
        for name in ("lower", "upper"):
            if predicate.range.HasField(name):
                yield from _pair(part, predicate.range.operand, getattr(predicate.range, name), facts)
    elif kind == "pattern":
        family = facts.family(predicate.pattern.operand, part.scope)
        if family not in (TEXT, UNKNOWN):
            message = f'A text pattern, "{predicate.pattern.text}", is sought in a {family}.'
            yield warning("plan.pattern_type", part.path, message, detail=predicate.pattern.text)


def _pair(part: Part, one: plan_pb2.Expression, other: plan_pb2.Expression, facts: Facts) -> Iterator[Issue]:
    left, right = facts.family(one, part.scope), facts.family(other, part.scope)
    if UNKNOWN in (left, right) or left == right:
        return
    if _fits(left, other) or _fits(right, one):
        return
    literal = one.WhichOneof("kind") == "literal" or other.WhichOneof("kind") == "literal"
    if not literal and TEXT in (left, right):
        return  # keys that one table keeps as text and the other as a number are joined every day
    message = f"A {left} is compared with a {right}."
    yield _mismatch(facts, "plan.type_mismatch", part.path, message, f"{left}, {right}")


def _fits(family: str, expression: plan_pb2.Expression) -> bool:  # one case for each family
    """Whether a constant can be read as a value of a family."""
    kind = expression.literal.WhichOneof("value")
    if expression.WhichOneof("kind") != "literal" or kind is None or kind == "null":
        return expression.literal.null
    text = str(getattr(expression.literal, kind))
    if family == TEXT:
        return True
    if family == NUMBER:
        if kind == "boolean":
            return True
        return _is_number(text)
    if family == TIME:
        try:
            datetime.fromisoformat(text.strip())
        except ValueError:
            return False
        return kind == "text"
    return family == TRUTH and text.strip().lower() in _TRUTHS


def _expression(part: Part, facts: Facts) -> Iterator[Issue]:
    expression: plan_pb2.Expression = part.node
    kind = expression.WhichOneof("kind")
    if kind == "aggregate" and expression.aggregate.function in _OF_NUMBERS:
        family = facts.family(expression.aggregate.operand, part.scope)
        name = P.AggregateFunction.Name(expression.aggregate.function).removeprefix("AGGREGATE_FUNCTION_")
        if family in (TEXT, TIME, TRUTH) and not _numbers_as_text(part, expression.aggregate.operand, facts):
            message = f"{name} needs numbers, not a {family}."
            yield _mismatch(facts, "plan.aggregate_type", part.path, message, f"{name}, {family}")
        elif expression.aggregate.function != P.AGGREGATE_FUNCTION_MEDIAN:
            yield from _identifier(part, expression.aggregate.operand, name, facts)
    elif kind == "function" and expression.function.function in _OF_TIMES and expression.function.arguments:
        yield from _time(part, expression.function.arguments[0], facts)
    elif kind == "time_bucket":
        yield from _time(part, expression.time_bucket.operand, facts)


def _numbers_as_text(part: Part, operand: plan_pb2.Expression, facts: Facts) -> bool:
    """Whether a text column holds numbers, as many do where some rows say "n/a": what is none counts as unknown. SQLite
    computes with any text, so that no sample may be none there."""
    column = facts.column(part.scope.find(operand.column.alias), operand.column.column)
    if column is None:
        return False
    if facts.catalog.dialect == catalog_pb2.DIALECT_SQLITE:
        return all(_is_number(value) for value in column.sample_values)
    return column.text_form in _NUMBERS_IN_TEXT and not _is_key(operand, part.scope, facts)


def _is_number(text: str) -> bool:
    try:
        return Decimal(text.strip()).is_finite()
    except InvalidOperation:
        return False


def _time(part: Part, operand: plan_pb2.Expression, facts: Facts) -> Iterator[Issue]:
    family = facts.family(operand, part.scope)
    if family in (NUMBER, TRUTH):
        message = f"A period is taken of a {family}."
        yield _mismatch(facts, "plan.time_type", part.path, message, family)


def _identifier(part: Part, operand: plan_pb2.Expression, name: str, facts: Facts) -> Iterator[Issue]:
    if operand.WhichOneof("kind") not in ("column", "field"):
        return
    column = _column_name(operand)
    if _is_key(operand, part.scope, facts):
        message = f"{name} of {column}, which identifies rows and is no quantity."
        yield warning("plan.identifier_aggregated", part.path, message, detail=f"{name} {column}", column=column)


def _column_name(operand: plan_pb2.Expression) -> str:
    return operand.column.column or operand.field.field


def _is_key(operand: plan_pb2.Expression, scope: Scope, facts: Facts) -> bool:
    source = scope.find(operand.column.alias or operand.field.alias)
    field = facts.field(source, _column_name(operand))
    if field is not None and field.role:
        return field.role == semantics_pb2.FIELD_ROLE_IDENTIFIER
    table = facts.table(source)
    return table is not None and list(table.primary_key) == [_column_name(operand)]
