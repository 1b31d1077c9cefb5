"""Checks on a plan's form: everything that can be judged without knowing the database."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from maestro.plan.v1 import plan_pb2
from services.validator.issues import Issue, error
from services.validator.visit import Part, Seen, outputs

P = plan_pb2
_ANY = 1_000
_WIDEST = 1_000
"""Output columns of a select; databases end at some 1,600, and need long for them."""
_ONE = (
    P.FUNCTION_LOWER,
    P.FUNCTION_UPPER,
    P.FUNCTION_LENGTH,
    P.FUNCTION_ABS,
    P.FUNCTION_DATE,
    P.FUNCTION_YEAR,
    P.FUNCTION_MONTH,
    P.FUNCTION_DAY,
    P.FUNCTION_HOUR,
    P.FUNCTION_WEEKDAY,
    P.FUNCTION_TO_INTEGER,
    P.FUNCTION_TO_FLOAT,
    P.FUNCTION_TO_TEXT,
    P.FUNCTION_TO_DATE,
    P.FUNCTION_TRIM,
    P.FUNCTION_DIGITS,
)
# Of functions that are not here, nothing is known: the loader judges them.
_ARITY = {
    **dict.fromkeys(_ONE, (1, 1)),
    P.FUNCTION_ROUND: (1, 2),
    P.FUNCTION_COALESCE: (1, _ANY),
    P.FUNCTION_DAYS_BETWEEN: (2, 2),
    P.FUNCTION_SECONDS_BETWEEN: (2, 2),
    P.FUNCTION_ADD_DAYS: (2, 2),
    P.FUNCTION_SUBSTRING: (2, 3),
    P.FUNCTION_CONCAT: (1, _ANY),
    P.FUNCTION_NULL_IF: (2, 2),
    P.FUNCTION_PARSE_DATE: (2, 2),
}


def check_form(plan: plan_pb2.QueryPlan, seen: Seen) -> Iterator[Issue]:
    """Everything that makes a plan no plan."""
    for part in seen.queries:
        yield from _query(part)
    for part in seen.selects:
        yield from _select(part)
    yield from _aliases(seen)
    for part in seen.orders:
        yield from _order(part, seen)
    for part in seen.expressions:
        yield from _expression(part)
    for part in seen.predicates:
        yield from _predicate(part)


def _query(part: Part) -> Iterator[Issue]:
    query: plan_pb2.Query = part.node
    body = query.WhichOneof("body")
    if body is None:
        yield error("plan.empty", part.path, "The query computes nothing.", detail="empty query")
    if query.limit < 0 or query.offset < 0:
        yield error("plan.limit", part.path, "Limit and offset are never negative.", detail="negative limit")
    if body == "set_operation":
        operation = query.set_operation
        left, right = len(outputs(operation.left)), len(outputs(operation.right))
        if left != right:
            message = f"The sides of the set operation have {left} and {right} columns."
            yield error("plan.set_shape", part.path, message, detail="sides differ in columns")
        if not operation.operator:
            yield error("plan.unspecified", part.path, "The set operation has no operator.", detail="set operator")


def _select(part: Part) -> Iterator[Issue]:
    select: plan_pb2.Select = part.node
    if not select.projections:
        yield error("plan.empty", part.path, "The select has no output column.", detail="no output column")
    if len(select.projections) > _WIDEST:
        message = f"The select has {len(select.projections)} output columns; at most {_WIDEST} are fetched."
        yield error("plan.too_wide", part.path, message, detail=f"{len(select.projections)} columns")
    names = Counter(projection.name for projection in select.projections if projection.name)
    yield from _texts(part, names)
    for name, count in names.items():
        if count > 1:
            yield error(
                "plan.output_duplicate",
                part.path,
                f'{count} output columns are called "{name}".',
                detail=name,
            )
    if select.joins and not select.HasField("from"):
        yield error("plan.empty", part.path, "Joins have nothing to hang on.", detail="joins without relation")
    if select.HasField("top_per_group"):
        top = select.top_per_group
        if top.count < 1 or not top.partition_by or not top.order_by:
            message = "The first rows of each group need groups, an order and a count of at least 1."
            yield error("plan.top_per_group", f"{part.path}.top_per_group", message, detail="top per group")


def _aliases(seen: Seen) -> Iterator[Issue]:
    for source in seen.sources:
        if not source.alias:
            message = "A relation has no alias."
            yield error("plan.alias_missing", source.path, message, detail="relation without alias")
    for source in seen.repeated:
        message = f'Another relation that is visible here has the alias "{source.alias}".'
        yield error("plan.alias_duplicate", source.path, message, detail=source.alias)


def _order(part: Part, seen: Seen) -> Iterator[Issue]:
    term: plan_pb2.OrderTerm = part.node
    if term.HasField("expression") == bool(term.output):
        message = "An order names either an expression or an output column."
        yield error("plan.order", part.path, message, detail="order term")
    elif term.output:
        owner = max(
            (each for each in seen.queries if part.path.startswith(f"{each.path}.")),
            key=lambda each: len(each.path),
        )
        if term.output not in {projection.name for projection in outputs(owner.node)}:
            yield error("plan.order", part.path, f'No output column is called "{term.output}".', detail=term.output)


def _reference(part: Part, alias: str) -> Iterator[Issue]:
    if part.scope.find(alias) is not None:
        return
    if alias:
        message = f'No relation that is visible here has the alias "{alias}".'
        yield error("plan.alias_unknown", part.path, message, detail=alias)
    else:
        message = "A reference without alias needs exactly one relation."
        yield error("plan.alias_ambiguous", part.path, message, detail="reference without alias")


def _expression(part: Part) -> Iterator[Issue]:  # one case for each kind
    expression: plan_pb2.Expression = part.node
    kind = expression.WhichOneof("kind")
    if kind is None:
        yield error("plan.operand_missing", part.path, "An expression is empty.", detail="empty expression")
    elif kind == "column":
        yield from _reference(part, expression.column.alias)
    elif kind == "field":
        yield from _reference(part, expression.field.alias)
    elif kind == "metric":
        yield from _reference(part, expression.metric.alias)
    elif kind == "output":
        yield from _reference(part, expression.output.alias)
        source = part.scope.find(expression.output.alias)
        if source is not None and expression.output.name not in (source.outputs or ()):
            message = f'"{expression.output.alias}" yields no column "{expression.output.name}".'
            yield error("plan.output_unknown", part.path, message, detail=expression.output.name)
    elif kind == "literal":
        yield from _literal(part, expression.literal)
    elif kind == "aggregate":
        yield from _aggregate(part, expression.aggregate)
    elif kind == "function":
        yield from _function(part, expression.function)
    elif kind == "time_bucket" and not expression.time_bucket.grain:
        yield error("plan.unspecified", part.path, "The time bucket has no size.", detail="time bucket")
    elif kind == "arithmetic" and not expression.arithmetic.operator:
        yield error("plan.unspecified", part.path, "The arithmetic has no operator.", detail="arithmetic")
    elif kind == "conditional" and not expression.conditional.branches:
        yield error("plan.operand_missing", part.path, "The conditional has no case.", detail="conditional")
    elif kind == "window" and not expression.window.function:
        yield error("plan.unspecified", part.path, "The window has no function.", detail="window")
    elif kind == "scalar_query":
        yield from _one_column(part, expression.scalar_query)


def _one_column(part: Part, query: plan_pb2.Query) -> Iterator[Issue]:
    width = len(outputs(query))
    if width != 1:
        message = f"A query that stands for a value yields one column, not {width}."
        yield error("plan.subquery_width", part.path, message, detail=f"{width} columns")


def _aggregate(part: Part, aggregate: plan_pb2.Aggregate) -> Iterator[Issue]:
    if not aggregate.function:
        yield error("plan.unspecified", part.path, "The aggregate has no function.", detail="aggregate")
    elif not aggregate.HasField("operand") and aggregate.function != P.AGGREGATE_FUNCTION_COUNT:
        yield error("plan.operand_missing", part.path, "Only COUNT needs no operand.", detail="aggregate")
    two = (P.AGGREGATE_FUNCTION_CORRELATION, P.AGGREGATE_FUNCTION_SLOPE)
    if aggregate.function in two and not aggregate.HasField("second_operand"):
        yield error("plan.operand_missing", part.path, "This aggregate needs two operands.", detail="aggregate")
    if part.inside == "aggregate":
        yield error("plan.aggregate_nested", part.path, "An aggregate of an aggregate.", detail="nested aggregate")
    elif part.inside in ("where", "group", "on"):
        message = "An aggregate filters or makes groups before they exist; HAVING is for that."
        yield error("plan.aggregate_misplaced", part.path, message, detail=f"aggregate in {part.inside}")


def _function(part: Part, call: plan_pb2.FunctionCall) -> Iterator[Issue]:
    if not call.function:
        yield error("plan.unspecified", part.path, "The function has no name.", detail="function")
        return
    least, most = _ARITY.get(call.function, (0, _ANY))
    if not least <= len(call.arguments) <= most:
        name = P.Function.Name(call.function)
        wanted = str(least) if least == most else f"{least} to {most}" if most < _ANY else f"at least {least}"
        message = f"{name} takes {wanted} arguments, not {len(call.arguments)}."
        yield error("plan.function_arity", part.path, message, detail=name)


def _literal(part: Part, literal: plan_pb2.Literal) -> Iterator[Issue]:
    kind = literal.WhichOneof("value")
    text: Any = getattr(literal, kind) if kind else ""
    try:
        if kind == "date":
            date.fromisoformat(text)
        elif kind == "timestamp":
            datetime.fromisoformat(text)
        elif kind == "time":
            time.fromisoformat(text)
        elif (kind == "decimal" and not Decimal(text).is_finite()) or (kind == "float" and not isfinite(text)):
            raise InvalidOperation
    except (ValueError, InvalidOperation):
        yield error("plan.literal", part.path, f'"{text}" is no {kind}.', detail=str(text))
    if kind is None:
        yield error("plan.literal", part.path, "A constant without value.", detail="empty constant")
    if kind == "text":
        yield from _texts(part, [text])


def _texts(part: Part, texts: Iterable[str]) -> Iterator[Issue]:
    if any("\0" in text for text in texts):
        yield error("plan.text", part.path, "A text holds the character NUL, which no database stores.", detail="NUL")


def _predicate(part: Part) -> Iterator[Issue]:  # one case for each kind
    predicate: plan_pb2.Predicate = part.node
    kind = predicate.WhichOneof("kind")
    wrong = ""
    if kind is None:
        wrong = "a condition is empty"
    elif kind == "all_of":
        wrong = "" if predicate.all_of.predicates else "a list of conditions is empty"
    elif kind == "any_of":
        wrong = "" if predicate.any_of.predicates else "a list of conditions is empty"
    elif kind == "comparison":
        wrong = "" if predicate.comparison.operator else "a comparison has no operator"
    elif kind == "membership":
        member = predicate.membership
        if bool(member.values) == member.HasField("query"):
            wrong = "a membership needs either values or a query"
        elif member.HasField("query"):
            yield from _one_column(part, member.query)
    elif kind == "range":
        bounded = predicate.range.HasField("lower") or predicate.range.HasField("upper")
        wrong = "" if bounded and predicate.range.HasField("operand") else "a range has no bound"
    elif kind == "pattern":
        wrong = "" if predicate.pattern.text and predicate.pattern.kind else "a pattern is empty"
        yield from _texts(part, [predicate.pattern.text])
    elif kind == "related":
        yield from _related(part, predicate.related)
    elif kind in ("named_filter", "entity"):
        named = predicate.named_filter if kind == "named_filter" else predicate.entity
        yield from _reference(part, named.alias)
    if wrong:
        yield error("plan.operand_missing", part.path, f"{wrong[0].upper()}{wrong[1:]}.", detail=wrong)


def _related(part: Part, test: plan_pb2.RelatedTest) -> Iterator[Issue]:
    if not test.path:
        yield error("plan.operand_missing", part.path, "A test for partners has no path.", detail="related test")
    elif test.path[0].relationship and test.path[0].to_alias != test.from_alias:
        message = "The path of a test for partners begins at the relation that is tested."
        yield error("plan.related_path", part.path, message, detail=test.from_alias)
    if test.HasField("count") and (test.count.value < 0 or not test.count.operator):
        yield error("plan.operand_missing", part.path, "The number of partners is no number.", detail="count")
