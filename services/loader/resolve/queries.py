"""maestro.plan.v1.Query → Query."""

from dataclasses import replace

from maestro.plan.v1 import plan_pb2
from services.loader.algebra import (
    NOTHING,
    Column,
    Combined,
    Joined,
    Literal,
    Order,
    Output,
    Predicate,
    Query,
    QuerySource,
    Select,
    TableSource,
    Top,
    outputs,
)
from services.loader.meaning import is_set
from services.loader.resolve import expressions, predicates
from services.loader.resolve.names import Names, Relation, Scope
from services.loader.resolve.relationships import condition
from services.loader.shortage import plan_invalid, table_unknown


def resolve(names: Names, outer: Scope | None, proto: plan_pb2.Query, path: str) -> Query:
    """A query whose names are all resolved. Raises the faults of missing knowledge, and PLAN_INVALID."""
    limit = _count(names, proto.limit, f"{path}.limit")
    offset = _count(names, proto.offset, f"{path}.offset")
    body = proto.WhichOneof("body")
    if body == "set_operation":
        combined = _combined(names, outer, proto.set_operation, f"{path}.set_operation")
        shown = outputs(combined.left)
        order = tuple(_by_output(each, shown, f"{path}.order_by[{i}]") for i, each in enumerate(proto.order_by))
        return Query(combined, order, limit, offset)
    if body != "select":
        raise plan_invalid(path, "the query is empty")
    scope = Scope(outer)
    select = _select(names, scope, proto.select, f"{path}.select")
    order = tuple(
        order_term(names, scope, each, select.outputs, f"{path}.order_by[{i}]") for i, each in enumerate(proto.order_by)
    )
    return Query(select, order, limit, offset)


def _count(names: Names, number: int, path: str) -> Literal | None:
    if number < 0:
        raise plan_invalid(path, "it is below 0")
    return expressions.value(names, "integer", number) if number else None


def _combined(names: Names, outer: Scope | None, proto: plan_pb2.SetOperation, path: str) -> Combined:
    operator = expressions.name_of(plan_pb2.SetOperator, proto.operator, "SET_OPERATOR_", path)
    left = resolve(names, outer, proto.left, f"{path}.left")
    right = resolve(names, outer, proto.right, f"{path}.right")
    if len(outputs(left)) != len(outputs(right)):
        raise plan_invalid(path, f"the operands have {len(outputs(left))} and {len(outputs(right))} output columns")
    return Combined(operator, left, right, proto.keep_duplicates)


def _select(names: Names, scope: Scope, proto: plan_pb2.Select, path: str) -> Select:
    source = None
    if proto.HasField("from"):
        source = relation(names, scope, getattr(proto, "from"), f"{path}.from").source
    joins = tuple(join(names, scope, each, f"{path}.joins[{i}]") for i, each in enumerate(proto.joins))
    if joins and source is None:
        raise plan_invalid(path, "there is nothing to join to")
    if not proto.projections:
        raise plan_invalid(path, "there is no projection")
    shown = _outputs(names, scope, proto, path)
    where = predicates.resolve(names, scope, proto.where, f"{path}.where") if is_set(proto.where) else NOTHING
    groups = tuple(
        expressions.resolve(names, scope, each, f"{path}.group_by[{i}]") for i, each in enumerate(proto.group_by)
    )
    having = predicates.resolve(names, scope, proto.having, f"{path}.having") if is_set(proto.having) else NOTHING
    top = None
    if proto.HasField("top_per_group"):
        top = _top(names, scope, proto.top_per_group, shown, f"{path}.top_per_group")
    return Select(source, joins, shown, proto.distinct, where, groups, having, top)


def relation(names: Names, scope: Scope, proto: plan_pb2.Relation, path: str) -> Relation:
    """A relation, which the scope knows from here on."""
    if not proto.alias:
        raise plan_invalid(f"{path}.alias", "it is empty")
    if proto.alias in scope.relations:
        raise plan_invalid(f"{path}.alias", f"{proto.alias!r} is used twice")
    body = proto.WhichOneof("body")
    if body == "query":
        query = resolve(names, scope.outer, proto.query, f"{path}.query")
        made = Relation(QuerySource(names.alias(proto.alias), query))
    elif body == "table" and proto.table.name:
        made = _table(names, proto, path)
    else:
        raise plan_invalid(path, "it names neither a table nor a query")
    scope.relations[proto.alias] = made
    return made


def _table(names: Names, proto: plan_pb2.Relation, path: str) -> Relation:
    knowledge, wanted = names.knowledge, proto.table
    dataset = names.meaning.dataset(wanted.schema, wanted.name)
    alias = names.alias(proto.alias)
    if knowledge.blind:
        return Relation(TableSource(alias, wanted.schema, wanted.name), None, dataset)
    found = knowledge.find(wanted.schema, wanted.name)
    if not found:
        known = [each.name for each in knowledge.tables]
        raise table_unknown(f"{path}.table", knowledge.source, wanted.name, known)
    if len(found) > 1:
        schemas = ", ".join(sorted(each.schema for each in found))
        raise plan_invalid(f"{path}.table", f"several schemas have a table {wanted.name!r}: {schemas}")
    table = found[0]
    dataset = dataset or names.meaning.dataset(table.schema, table.name)
    return Relation(TableSource(alias, table.schema, table.name), table, dataset)


def join(names: Names, scope: Scope, proto: plan_pb2.Join, path: str) -> Joined:
    """A further relation of a select."""
    left = proto.kind == plan_pb2.JOIN_KIND_LEFT
    made = replace(relation(names, scope, proto.relation, f"{path}.relation"), optional=left)
    scope.relations[proto.relation.alias] = made
    if not proto.relationship:
        return Joined(made.source, left, on(names, scope, proto, path))
    if not proto.to_alias:
        raise plan_invalid(f"{path}.to_alias", "it is empty")
    if proto.to_alias == proto.relation.alias:
        raise plan_invalid(f"{path}.to_alias", f"{proto.to_alias!r} is joined to itself")
    there = scope.find(proto.to_alias, f"{path}.to_alias")
    return Joined(made.source, left, condition(names, there, made, proto, path))


def on(names: Names, scope: Scope, proto: plan_pb2.Join, path: str) -> Predicate:
    """The condition of a join that no relationship says."""
    if not is_set(proto.on):
        raise plan_invalid(path, "either a relationship or a condition is needed")
    return predicates.resolve(names, scope, proto.on, f"{path}.on")


def _outputs(names: Names, scope: Scope, proto: plan_pb2.Select, path: str) -> tuple[Output, ...]:
    made: dict[str, Output] = {}
    taken = {each.name for each in proto.projections if each.name}
    for i, each in enumerate(proto.projections):
        here = f"{path}.projections[{i}]"
        expression = expressions.resolve(names, scope, each.expression, f"{here}.expression")
        name = each.name or _made_up(each.expression, expression, taken)
        if name in made:
            raise plan_invalid(f"{here}.name", f"{name!r} is used twice")
        taken.add(name)
        label, unit = _told(names, scope, each.expression, here)
        made[name] = Output(name, expression, each.label or label, unit)
    return tuple(made.values())


def _made_up(proto: plan_pb2.Expression, expression: object, taken: set[str]) -> str:
    kind = proto.WhichOneof("kind")
    if kind == "field":
        base = proto.field.field
    elif kind == "metric":
        base = proto.metric.metric
    elif isinstance(expression, Column):
        base = expression.name
    else:
        base = str(kind)
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name


def _told(names: Names, scope: Scope, proto: plan_pb2.Expression, path: str) -> tuple[str, str]:
    """(label, unit) that the model has for a projection."""
    kind = proto.WhichOneof("kind")
    if kind == "metric":
        metric = names.meaning.metrics[proto.metric.metric]
        return (metric.terms[0].text if metric.terms else "", metric.unit)
    if kind == "field":
        return names.title(scope.find(proto.field.alias, path), proto.field.field)
    if kind == "column":
        return names.title(scope.find(proto.column.alias, path), proto.column.column)
    if kind == "aggregate" and proto.aggregate.function != plan_pb2.AGGREGATE_FUNCTION_COUNT:
        return ("", _told(names, scope, proto.aggregate.operand, path)[1])
    return ("", "")


def order_term(names: Names, scope: Scope, proto: plan_pb2.OrderTerm, shown: tuple[Output, ...], path: str) -> Order:
    """One key of an order, by an expression or by the name of an output column."""
    if proto.output:
        return _by_output(proto, shown, path)
    expression = expressions.resolve(names, scope, proto.expression, f"{path}.expression")
    return Order(expression, proto.descending, _nulls(proto))


def _by_output(proto: plan_pb2.OrderTerm, shown: tuple[Output, ...], path: str) -> Order:
    if not proto.output:
        raise plan_invalid(path, "the order of a combination names output columns")
    for each in shown:
        if each.name == proto.output:
            return Order(each.expression, proto.descending, _nulls(proto), each.name)
    raise plan_invalid(f"{path}.output", f"no output column is called {proto.output!r}")


def _nulls(proto: plan_pb2.OrderTerm) -> str:
    return "first" if proto.nulls == plan_pb2.NULLS_ORDER_FIRST else "last"


def _top(names: Names, scope: Scope, proto: plan_pb2.TopPerGroup, shown: tuple[Output, ...], path: str) -> Top:
    if not proto.partition_by or not proto.order_by or proto.count < 1:
        raise plan_invalid(path, "partition_by, order_by and a count of at least 1 are needed")
    partition = tuple(
        expressions.resolve(names, scope, each, f"{path}.partition_by[{i}]")
        for i, each in enumerate(proto.partition_by)
    )
    order = tuple(
        order_term(names, scope, each, shown, f"{path}.order_by[{i}]") for i, each in enumerate(proto.order_by)
    )
    return Top(partition, order, expressions.value(names, "integer", proto.count), proto.with_ties)
