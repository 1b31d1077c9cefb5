"""maestro.plan.v1.Expression → Expression."""

from typing import Final

from maestro.plan.v1 import plan_pb2
from services.loader.algebra import (
    Aggregate,
    Arithmetic,
    Bucket,
    Call,
    Case,
    Condition,
    Expression,
    Literal,
    Null,
    Order,
    Scalar,
    Window,
    outputs,
)
from services.loader.meaning import field_named, field_names, is_set
from services.loader.resolve import predicates, queries
from services.loader.resolve.names import Names, Relation, Scope
from services.loader.resolve.typing import aggregate_type, arithmetic_type, call_type, window_type
from services.loader.shortage import plan_invalid, term_unresolved
from services.loader.types import (
    BOOLEAN,
    DATE,
    DECIMAL,
    FLOAT,
    INTEGER,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMP_ZONED,
    Type,
)

_KINDS: Final[dict[str, Type]] = {
    "boolean": BOOLEAN,
    "integer": INTEGER,
    "float": FLOAT,
    "decimal": DECIMAL,
    "text": TEXT,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "time": TIME,
}
# How many arguments each function takes: (fewest, most).
_ARITY: Final = {
    "ROUND": (1, 2),
    "COALESCE": (1, 64),
    "CONCAT": (1, 64),
    "DAYS_BETWEEN": (2, 2),
    "SECONDS_BETWEEN": (2, 2),
    "ADD_DAYS": (2, 2),
    "SUBSTRING": (2, 3),
    "NULL_IF": (2, 2),
    "PARSE_DATE": (2, 2),
}


def name_of(enum: type, number: int, prefix: str, path: str) -> str:
    """The name of an enum's value without its prefix; PLAN_INVALID where it is unspecified or unknown."""
    try:
        name: str = enum.Name(number).removeprefix(prefix)  # type: ignore[attr-defined]  # an EnumTypeWrapper
    except ValueError:
        name = ""
    if number == 0 or not name:
        raise plan_invalid(path, "it is not specified")
    return name


def resolve(  # a case for each kind
    names: Names, scope: Scope, proto: plan_pb2.Expression, path: str
) -> Expression:
    """An expression whose names are all resolved. Raises the faults of missing knowledge, and PLAN_INVALID."""
    kind = proto.WhichOneof("kind")
    match kind:
        case "column":
            relation = scope.find(proto.column.alias, path)
            return names.column(relation, proto.column.column, f"{path}.column")
        case "output":
            relation = scope.find(proto.output.alias, path)
            return names.output(relation, proto.output.name, f"{path}.output")
        case "field":
            return field(names, scope.find(proto.field.alias, path), proto.field.field, f"{path}.field")
        case "metric":
            return _metric(names, scope.find(proto.metric.alias, path), proto.metric.metric, f"{path}.metric")
        case "literal":
            return literal(names, proto.literal, f"{path}.literal")
        case "as_of":
            slot = "as_of_moment" if proto.as_of.moment else "as_of_day"
            return Literal(slot, "timestamp" if proto.as_of.moment else "date",
                           TIMESTAMP_ZONED if proto.as_of.moment else DATE)  # fmt: skip
        case "scalar_query":
            query = queries.resolve(names, scope, proto.scalar_query, f"{path}.scalar_query")
            if len(outputs(query)) != 1:
                raise plan_invalid(f"{path}.scalar_query", "a scalar query has exactly one output column")
            return Scalar(query, outputs(query)[0].expression.type)
        case "predicate":
            return Condition(predicates.resolve(names, scope, proto.predicate, f"{path}.predicate"))
        case None:
            raise plan_invalid(path, "the expression is empty")
    return _composed(names, scope, proto, kind, f"{path}.{kind}")


def _composed(names: Names, scope: Scope, proto: plan_pb2.Expression, kind: str, path: str) -> Expression:
    def sub(part: plan_pb2.Expression, where: str) -> Expression:
        return resolve(names, scope, part, f"{path}.{where}")

    match kind:
        case "aggregate":
            return _aggregate(names, scope, proto.aggregate, path)
        case "arithmetic":
            operator = name_of(plan_pb2.ArithmeticOperator, proto.arithmetic.operator, "ARITHMETIC_OPERATOR_", path)
            left, right = sub(proto.arithmetic.left, "left"), sub(proto.arithmetic.right, "right")
            return Arithmetic(operator, left, right, arithmetic_type(operator, left, right))
        case "function":
            return _call(names, scope, proto.function, path)
        case "time_bucket":
            grain = name_of(plan_pb2.TimeGrain, proto.time_bucket.grain, "TIME_GRAIN_", path)
            operand = sub(proto.time_bucket.operand, "operand")
            return Bucket(grain, operand, TIMESTAMP if grain == "HOUR" else DATE)
        case "conditional":
            return _case(names, scope, proto.conditional, path)
    return _window(names, scope, proto.window, path)


def optional(names: Names, scope: Scope, message: object, part: str, path: str) -> Expression | None:
    """The expression in that field, or None where it is not set."""
    if not message.HasField(part):  # type: ignore[attr-defined]  # a protobuf message
        return None
    return resolve(names, scope, getattr(message, part), f"{path}.{part}")


def literal(names: Names, proto: plan_pb2.Literal, path: str) -> Literal | Null:
    """A constant."""
    kind = proto.WhichOneof("value")
    if kind is None:
        raise plan_invalid(path, "the literal is empty")
    if kind == "null":
        return Null()
    return value(names, kind, getattr(proto, kind))


def value(names: Names, kind: str, content: object) -> Literal:
    """A constant of that kind: a slot of the request, or fixed inside a definition."""
    if names.defining:
        return Literal("", kind, _KINDS[kind], fixed=content)
    return Literal(names.shape.slot(kind, content), kind, _KINDS[kind])


def field(names: Names, relation: Relation, name: str, path: str) -> Expression:
    """What a field of the model stands for."""
    found = field_named(relation.dataset, name)
    if found is None:
        raise term_unresolved(path, "field", name, field_names(relation.dataset))
    if found.column:
        return names.column(relation, found.column, path)
    with names.expanding(f"field {name}", path):
        scope = Scope(own=relation)
        if is_set(found.predicate):
            return Condition(predicates.resolve(names, scope, found.predicate, path))
        if is_set(found.expression):
            return resolve(names, scope, found.expression, path)
    raise plan_invalid(path, f"the field {name!r} is neither a column nor an expression")


def _metric(names: Names, relation: Relation, name: str, path: str) -> Expression:
    found = names.meaning.metrics.get(name)
    if found is None:
        raise term_unresolved(path, "metric", name, names.meaning.metrics)
    if relation.dataset is None or relation.dataset.name != found.dataset:
        raise plan_invalid(path, f"the metric {name!r} belongs to {found.dataset!r}, not to {relation.alias!r}")
    with names.expanding(f"metric {name}", path):
        scope = Scope(own=relation)
        expression = resolve(names, scope, found.expression, path)
        always = predicates.resolve(names, scope, found.filter, path) if is_set(found.filter) else None
    return predicates.at_grain(expression, always, name, relation.alias)


def _aggregate(names: Names, scope: Scope, proto: plan_pb2.Aggregate, path: str) -> Expression:
    function = name_of(plan_pb2.AggregateFunction, proto.function, "AGGREGATE_FUNCTION_", path)
    operand = optional(names, scope, proto, "operand", path)
    second = optional(names, scope, proto, "second_operand", path)
    if operand is None and (function != "COUNT" or proto.distinct):
        raise plan_invalid(path, f"{function} needs an operand")
    if (second is not None) != (function in ("CORRELATION", "SLOPE")):
        raise plan_invalid(path, f"{function} takes {'two operands' if second is None else 'one operand'}")
    only = predicates.resolve(names, scope, proto.filter, f"{path}.filter") if is_set(proto.filter) else None
    return Aggregate(function, operand, proto.distinct, only, second, aggregate_type(function, operand))


def _call(names: Names, scope: Scope, proto: plan_pb2.FunctionCall, path: str) -> Expression:
    function = name_of(plan_pb2.Function, proto.function, "FUNCTION_", path)
    fewest, most = _ARITY.get(function, (1, 1))
    if not fewest <= len(proto.arguments) <= most:
        expected = str(fewest) if fewest == most else f"{fewest} to {most}"
        raise plan_invalid(path, f"{function} takes {expected} arguments, not {len(proto.arguments)}")
    arguments = tuple(resolve(names, scope, each, f"{path}.arguments[{i}]") for i, each in enumerate(proto.arguments))
    return Call(function, arguments, call_type(function, arguments))


def _case(names: Names, scope: Scope, proto: plan_pb2.Conditional, path: str) -> Expression:
    if not proto.branches:
        raise plan_invalid(path, "a conditional needs a branch")
    branches = tuple(
        (
            predicates.resolve(names, scope, each.when, f"{path}.branches[{i}].when"),
            resolve(names, scope, each.then, f"{path}.branches[{i}].then"),
        )
        for i, each in enumerate(proto.branches)
    )
    otherwise = optional(names, scope, proto, "otherwise", path)
    values = [each for _, each in branches] + ([otherwise] if otherwise is not None else [])
    kinds = [each.type for each in values if not isinstance(each, Null)]
    return Case(branches, otherwise, kinds[0] if kinds else TEXT)


def _window(names: Names, scope: Scope, proto: plan_pb2.Window, path: str) -> Expression:
    function = name_of(plan_pb2.WindowFunction, proto.function, "WINDOW_FUNCTION_", path)
    operand = optional(names, scope, proto, "operand", path)
    if (operand is None) != (function in ("RANK", "ROW_NUMBER")):
        raise plan_invalid(path, f"{function} {'needs an' if operand is None else 'has no'} operand")
    partition = tuple(
        resolve(names, scope, each, f"{path}.partition_by[{i}]") for i, each in enumerate(proto.partition_by)
    )
    order: tuple[Order, ...] = tuple(
        queries.order_term(names, scope, each, (), f"{path}.order_by[{i}]") for i, each in enumerate(proto.order_by)
    )
    if not order and function not in ("SHARE", "ROW_NUMBER"):
        raise plan_invalid(path, f"{function} needs an order")
    return Window(function, operand, partition, order, window_type(function, operand))
