"""Checks on statements and rows against the plan."""

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from google.protobuf.message import Message

from maestro.catalog.v1 import catalog_pb2
from maestro.context.v1 import context_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from services.validator.facts import Facts
from services.validator.fan_out import multiplied
from services.validator.issues import Issue, error, warning
from services.validator.ranges import Value, constant
from services.validator.statement import blocks, check_sending
from services.validator.visit import first_select, outputs, visit

C, P = catalog_pb2, plan_pb2
_SUMS = frozenset({"sum", "avg", "stddev", "stddev_samp", "percentile_cont", "corr", "regr_slope", "median"})
_MOST = 200  # rows whose values are judged: the head may have 1,000, and every question waits for this
_KINDS: dict[int, frozenset[str]] = {
    C.TYPE_FAMILY_INTEGER: frozenset({"integer", "decimal"}),
    C.TYPE_FAMILY_DECIMAL: frozenset({"decimal", "integer", "float"}),
    C.TYPE_FAMILY_FLOAT: frozenset({"float", "integer", "decimal"}),
    C.TYPE_FAMILY_TEXT: frozenset({"text"}),
    C.TYPE_FAMILY_BOOLEAN: frozenset({"boolean", "integer"}),
    C.TYPE_FAMILY_DATE: frozenset({"date", "text", "timestamp"}),
    C.TYPE_FAMILY_TIMESTAMP: frozenset({"timestamp", "date", "text"}),
    C.TYPE_FAMILY_TIME: frozenset({"time", "text"}),
}


def check_result(
    plan: plan_pb2.QueryPlan,
    head: result_pb2.ResultHead,
    statements: list[result_pb2.Statement],
    facts: Facts,
    limits: context_pb2.Limits,
) -> list[Issue]:
    """What is wrong with a result."""
    issues = [*_shape(plan, head)]
    if issues:
        return issues  # cells could not be told apart any more
    if head.rows and not statements:
        issues.append(error("result.unexplained", "statements", "Rows came back and no statement was sent."))
    issues += _counts(plan, head, limits)
    issues += _types(head, facts.catalog)
    issues += _groups(plan, head)
    for statement in statements:
        if statement.purpose in ("", "main"):
            issues += check_sending(plan, statement)
            issues += _grain(plan, statement, facts)
    if plan.query.WhichOneof("body") == "select":
        issues += _filters(plan.query.select, head)
        issues += _order(plan, head)
    return issues


def _grain(plan: plan_pb2.QueryPlan, statement: result_pb2.Statement, facts: Facts) -> Iterator[Issue]:
    """A measure that the plan's joins multiply is not summed in one select with what multiplies it."""
    if not any(join.relation.alias for join in first_select(plan.query).joins):
        return
    found = [each for each in multiplied(visit(plan), facts) if each.sure and each.measured != each.by]
    if not found:
        return
    for block in blocks(statement.sql):
        for each in found:
            both = {each.measured.lower(), each.by.lower()} <= block.tables
            if both and block.calls & _SUMS:
                message = f"{each.column} is summed once for each row of {each.by} that its row meets."
                yield error("result.fan_out", "statements", message, column=each.column, table=each.by, detail=message)
                return


def _shape(plan: plan_pb2.QueryPlan, head: result_pb2.ResultHead) -> Iterator[Issue]:
    wanted = outputs(plan.query)
    if len(head.columns) != len(wanted):
        message = f"The plan has {len(wanted)} output columns, the result {len(head.columns)}."
        yield error("result.columns", "head.columns", message, detail=message)
    else:
        for place, (projection, column) in enumerate(zip(wanted, head.columns, strict=True)):
            if projection.name and projection.name != column.name:
                message = f'Output column {place} is "{projection.name}" in the plan and "{column.name}" here.'
                yield error("result.columns", f"head.columns[{place}]", message, detail=message)
    for place, row in enumerate(head.rows):
        if len(row.values) != len(head.columns):
            message = f"Row {place} has {len(row.values)} values for {len(head.columns)} columns."
            yield error("result.row_width", f"head.rows[{place}]", message, detail=message)
            return


def _counts(plan: plan_pb2.QueryPlan, head: result_pb2.ResultHead, limits: context_pb2.Limits) -> Iterator[Issue]:
    shown, total, limit = len(head.rows), head.total_rows, plan.query.limit
    if limit and max(shown, total) > limit:
        message = f"The plan wants at most {limit} rows; there are {max(shown, total)}."
        yield error("result.rows_over_limit", "head.rows", message, detail=message)
    if limits.max_rows and shown > limits.max_rows:
        message = f"The caller may have {limits.max_rows} rows; there are {shown}."
        yield error("result.rows_over_limit", "head.rows", message, detail=message)
    if head.complete and (head.next_page_token or head.truncated):
        message = "The result is said to be complete, and to go on or to have been cut."
        yield error("result.complete", "head.complete", message, detail=message)
    if 0 <= total < shown or (head.complete and total >= 0 and total != shown):
        message = f"{shown} rows are here, {total} are said to be there."
        yield error("result.total", "head.total_rows", message, detail=message)
    if not head.complete and not head.next_page_token and not head.truncated:
        message = "The result is not complete, and nothing says what became of the rest."
        # The last page of several is such a result.
        make = warning if total > shown else error
        yield make("result.rest_unsaid", "head", message, detail=message)
    if head.truncated and not head.truncation_reason:
        message = "The result was cut, and nothing says by which ceiling."
        yield error("result.truncation_unsaid", "head.truncation_reason", message, detail=message)
    if _one_row(plan) and (shown != 1 or total not in (-1, 1)):
        message = f"An aggregate over everything yields one row, not {max(shown, total)}."
        yield error("result.single_row", "head.rows", message, detail=message)


def _one_row(plan: plan_pb2.QueryPlan) -> bool:
    """Whether the plan yields one row whatever the data are."""
    if plan.query.WhichOneof("body") != "select" or plan.query.offset:
        return False
    select = plan.query.select
    if select.group_by or select.HasField("having") or select.HasField("top_per_group"):
        return False
    return all(projection.expression.WhichOneof("kind") in ("aggregate", "metric") for projection in select.projections)


def _types(head: result_pb2.ResultHead, catalog: catalog_pb2.CatalogSlice) -> Iterator[Issue]:
    for place, column in enumerate(head.columns):
        allowed = _KINDS.get(column.family)
        if allowed is None:
            continue
        for number, row in enumerate(head.rows[:_MOST]):
            kind = row.values[place].WhichOneof("kind")
            if kind is not None and kind not in allowed:
                message = f"{column.name} holds a {kind} where its type is {C.TypeFamily.Name(column.family)[12:]}."
                make = warning if catalog.dialect == C.DIALECT_SQLITE else error
                yield make("result.type", f"head.rows[{number}].values[{place}]", message, detail=message)
                break
    # A count is never missing and never below 0; the loader says measure for all aggregates.


def _groups(plan: plan_pb2.QueryPlan, head: result_pb2.ResultHead) -> Iterator[Issue]:
    """Rows that the plan makes unique are unique, and counts are counts."""
    select = first_select(plan.query)
    if plan.query.WhichOneof("body") == "set_operation":
        places = list(range(len(head.columns))) if not plan.query.set_operation.keep_duplicates else []
    elif select.distinct:
        places = list(range(len(head.columns)))
    else:
        places = _key_places(select)
    if places:
        keys = [tuple(_key(row.values[place]) for place in places) for row in head.rows[:_MOST]]
        if len(set(keys)) < len(keys):
            message = "Two rows stand for the same group."
            yield error("result.duplicate", "head.rows", message, detail=message)
    for place, projection in enumerate(select.projections):
        aggregate = projection.expression.aggregate
        if aggregate.function != P.AGGREGATE_FUNCTION_COUNT or plan.query.WhichOneof("body") != "select":
            continue
        for number, row in enumerate(head.rows[:_MOST]):
            amount = _number(row.values[place])
            if amount is None or amount < 0 or amount != amount.to_integral_value():
                message = "A count is no whole number of 0 or more."
                yield error("result.count", f"head.rows[{number}].values[{place}]", message, detail=message)
                break


def _key_places(select: plan_pb2.Select) -> list[int]:
    """Output places that hold all that rows are grouped by; empty where not all of it is shown."""
    if not select.group_by or select.HasField("top_per_group"):
        return []
    shown = {_bare(projection.expression): place for place, projection in enumerate(select.projections)}
    places = [shown.get(_bare(expression)) for expression in select.group_by]
    return [] if None in places else [place for place in places if place is not None]


def _bare(expression: plan_pb2.Expression) -> bytes:
    """What is computed, without where it came from."""
    copy = P.Expression()
    copy.CopyFrom(expression)
    _strip_origins(copy)
    return copy.SerializeToString(deterministic=True)


def _strip_origins(message: Message) -> None:
    """Only parts that are set are entered: touching another one of a oneof would set it in its place."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.name == "origin":
            message.ClearField("origin")
            continue
        for each in value if field.is_repeated else (value,):
            _strip_origins(each)


def _key(value: result_pb2.Value) -> object:
    return value.SerializeToString(deterministic=True)


def _number(value: result_pb2.Value) -> Decimal | None:
    kind = value.WhichOneof("kind")
    if kind not in ("integer", "float", "decimal"):
        return None
    try:
        number = Decimal(str(getattr(value, kind)))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _comparable(value: result_pb2.Value) -> Value | None:
    """A cell as something that a constant of the plan can be compared with; None where that is not
    certain."""
    number = _number(value)
    if number is not None:
        return number
    kind = value.WhichOneof("kind")
    if kind == "date":
        return value.date
    if kind == "timestamp":
        text = value.timestamp.replace("T", " ")
        zoned = "+" in text[10:] or text.endswith("Z") or "-" in text[10:]
        return None if zoned else text
    return value.text.strip().lower() if kind == "text" else None


def _filters(select: plan_pb2.Select, head: result_pb2.ResultHead) -> Iterator[Issue]:
    """Columns that are shown and filtered by constants hold nothing that the filter forbids."""
    shown: dict[tuple[str, str], int] = {}
    for place, projection in enumerate(select.projections):
        if projection.expression.WhichOneof("kind") == "column":
            shown[projection.expression.column.alias, projection.expression.column.column] = place
    if not shown or not select.HasField("where"):
        return
    for predicate in _conjuncts(select.where):
        column, holds = _test(predicate)
        if column is None or (column.alias, column.column) not in shown:
            continue
        place = shown[column.alias, column.column]
        for number, row in enumerate(head.rows[:_MOST]):
            if not holds(row.values[place]):
                message = f"{head.columns[place].name} holds a value that the filter forbids."
                yield error("result.filter", f"head.rows[{number}].values[{place}]", message, detail=message)
                break


def _conjuncts(predicate: plan_pb2.Predicate) -> list[plan_pb2.Predicate]:
    if predicate.WhichOneof("kind") != "all_of":
        return [predicate]
    return [part for each in predicate.all_of.predicates for part in _conjuncts(each)]


Test = Callable[[result_pb2.Value], bool]


def _anything(value: result_pb2.Value) -> bool:
    return True


def _test(predicate: plan_pb2.Predicate) -> tuple[plan_pb2.ColumnRef | None, Test]:
    """The column that a condition is about, and the condition as a test of its cells; it passes what is
    uncertain."""
    kind = predicate.WhichOneof("kind")
    if kind == "comparison":
        compared = predicate.comparison
        wanted = constant(compared.right)
        if compared.left.WhichOneof("kind") == "column" and wanted is not None and not compared.fold:
            return compared.left.column, lambda value: _compares(value, compared.operator, wanted)
    elif kind == "range" and predicate.range.operand.WhichOneof("kind") == "column":
        bounds = predicate.range
        return bounds.operand.column, lambda value: _between(value, bounds)
    elif kind == "membership" and predicate.membership.operand.WhichOneof("kind") == "column":
        member = predicate.membership
        values = [constant(each) for each in member.values]
        if values and None not in values and not member.fold:
            return member.operand.column, lambda value: _member(value, values, member.negated)
    elif kind == "null_test" and predicate.null_test.operand.WhichOneof("kind") == "column":
        negated = predicate.null_test.negated
        return (
            predicate.null_test.operand.column,
            lambda value: (value.WhichOneof("kind") is not None) == negated,
        )
    return None, _anything


def _order_of(cell: Value | None, bound: Value) -> int | None:
    """-1, 0 or 1 where both can be compared for certain; of texts only equality is certain."""
    if isinstance(cell, Decimal) and isinstance(bound, Decimal):
        return (cell > bound) - (cell < bound)
    if isinstance(cell, str) and isinstance(bound, str):
        other = bound.strip().lower()
        if cell == other:
            return 0
        if cell[:4].isdigit() and other[:4].isdigit() and len(cell) >= 10 and len(other) >= 10:
            if len(cell) == len(other) or cell[:10] != other[:10]:
                return (cell > other) - (cell < other)
            return None
        return 2
    return None


def _compares(value: result_pb2.Value, operator: int, wanted: Value) -> bool:
    if value.WhichOneof("kind") is None:
        return False
    order = _order_of(_comparable(value), wanted)
    if order is None or (order == 2 and operator not in (1, 2)):
        return True
    holds = {1: order == 0, 2: order != 0, 3: order < 0, 4: order <= 0, 5: order > 0, 6: order >= 0}
    return holds.get(operator, True)


def _between(value: result_pb2.Value, bounds: plan_pb2.Range) -> bool:
    if value.WhichOneof("kind") is None:
        return False
    cell = _comparable(value)
    lower, upper = constant(bounds.lower), constant(bounds.upper)
    below = _order_of(cell, lower) if lower is not None else None
    above = _order_of(cell, upper) if upper is not None else None
    if below in (-1, 0) and (below == -1 or bounds.lower_exclusive):
        return False
    return not (above in (0, 1) and (above == 1 or bounds.upper_exclusive))


def _member(value: result_pb2.Value, values: list[Value | None], negated: bool) -> bool:
    if value.WhichOneof("kind") is None:
        return False
    orders = [_order_of(_comparable(value), wanted) for wanted in values if wanted is not None]
    if None in orders:
        return True
    return (0 in orders) != negated


def _order(plan: plan_pb2.QueryPlan, head: result_pb2.ResultHead) -> Iterator[Issue]:
    """Rows stand in the order that was asked for, as far as its first term can be judged: numbers, days,
    moments."""
    if not plan.query.order_by or plan.query.select.HasField("top_per_group"):
        return
    term = plan.query.order_by[0]
    projections = list(plan.query.select.projections)
    if term.output:
        place = next((at for at, each in enumerate(projections) if each.name == term.output), None)
    else:
        wanted = _bare(term.expression)
        place = next((at for at, each in enumerate(projections) if _bare(each.expression) == wanted), None)
    if place is None:
        return
    cells = [row.values[place] for row in head.rows[:_MOST]]
    if any(each.WhichOneof("kind") in ("text", "boolean", "binary") for each in cells):
        return
    values = [_comparable(each) for each in cells if each.WhichOneof("kind") is not None]
    for one, other in pairwise(values):
        order = _order_of(one, other) if one is not None and other is not None else None
        if order in (-1, 1) and order == (-1 if term.descending else 1):
            message = "The rows do not stand in the order that the plan asks for."
            yield error("result.order", "head.rows", message, detail=message)
            return
