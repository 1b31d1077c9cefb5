"""Plans in a few words."""

from typing import Any

from maestro.plan.v1 import plan_pb2 as p

OPERATORS = {
    "=": p.COMPARISON_OPERATOR_EQUAL,
    "!=": p.COMPARISON_OPERATOR_NOT_EQUAL,
    "<": p.COMPARISON_OPERATOR_LESS,
    "<=": p.COMPARISON_OPERATOR_LESS_OR_EQUAL,
    ">": p.COMPARISON_OPERATOR_GREATER,
    ">=": p.COMPARISON_OPERATOR_GREATER_OR_EQUAL,
}
ARITHMETIC = {
    "+": p.ARITHMETIC_OPERATOR_ADD,
    "-": p.ARITHMETIC_OPERATOR_SUBTRACT,
    "*": p.ARITHMETIC_OPERATOR_MULTIPLY,
    "/": p.ARITHMETIC_OPERATOR_DIVIDE,
    "%": p.ARITHMETIC_OPERATOR_MODULO,
}
Expr = p.Expression
Pred = p.Predicate


def col(name: str) -> Expr:
    """ "alias.column", or a column of the only relation."""
    alias, _, column = name.rpartition(".")
    return Expr(column=p.ColumnRef(alias=alias, column=column))


def fld(name: str) -> Expr:
    alias, _, field = name.rpartition(".")
    return Expr(field=p.FieldRef(alias=alias, field=field))


def metric(name: str, alias: str = "") -> Expr:
    return Expr(metric=p.MetricRef(alias=alias, metric=name))


def out(name: str) -> Expr:
    alias, _, column = name.rpartition(".")
    return Expr(output=p.OutputRef(alias=alias, name=column))


def lit(value: Any, kind: str = "") -> Expr:
    """A literal of the kind that Python's type implies, unless one is named."""
    if value is None:
        return Expr(literal=p.Literal(null=True))
    if not kind:
        kind = {bool: "boolean", int: "integer", float: "float", str: "text"}[type(value)]
    return Expr(literal=p.Literal(**{kind: value}))


def day(value: str) -> Expr:
    return lit(value, "date")


def moment(value: str) -> Expr:
    return lit(value, "timestamp")


def _expr(value: Any) -> Expr:
    return value if isinstance(value, Expr) else lit(value)


def agg(function: str, operand: Expr | None = None, *, distinct: bool = False, where: Pred | None = None,
        second: Expr | None = None) -> Expr:  # fmt: skip
    made = p.Aggregate(function=p.AggregateFunction.Value(f"AGGREGATE_FUNCTION_{function}"), distinct=distinct)
    if operand is not None:
        made.operand.CopyFrom(operand)
    if second is not None:
        made.second_operand.CopyFrom(second)
    if where is not None:
        made.filter.CopyFrom(where)
    return Expr(aggregate=made)


def count() -> Expr:
    return agg("COUNT")


def call(function: str, *arguments: Any) -> Expr:
    number = p.Function.Value(f"FUNCTION_{function}")
    return Expr(function=p.FunctionCall(function=number, arguments=[_expr(each) for each in arguments]))


def calc(left: Any, operator: str, right: Any) -> Expr:
    return Expr(arithmetic=p.Arithmetic(operator=ARITHMETIC[operator], left=_expr(left), right=_expr(right)))


def bucket(grain: str, operand: Expr) -> Expr:
    return Expr(time_bucket=p.TimeBucket(grain=p.TimeGrain.Value(f"TIME_GRAIN_{grain}"), operand=operand))


def case(*branches: tuple[Pred, Any], otherwise: Any = None) -> Expr:
    made = p.Conditional(branches=[p.Branch(when=when, then=_expr(then)) for when, then in branches])
    if otherwise is not None:
        made.otherwise.CopyFrom(_expr(otherwise))
    return Expr(conditional=made)


def window(function: str, operand: Expr | None = None, by: list[Expr] | None = None,
           order: list[p.OrderTerm] | None = None) -> Expr:  # fmt: skip
    made = p.Window(
        function=p.WindowFunction.Value(f"WINDOW_FUNCTION_{function}"), partition_by=by or [], order_by=order or []
    )
    if operand is not None:
        made.operand.CopyFrom(operand)
    return Expr(window=made)


def scalar(query: p.Query) -> Expr:
    return Expr(scalar_query=query)


def when(predicate: Pred) -> Expr:
    return Expr(predicate=predicate)


def as_of(*, moment: bool = False) -> Expr:
    return Expr(as_of=p.AsOf(moment=moment))


def cmp(left: Any, operator: str, right: Any, *, fold: bool = False) -> Pred:
    return Pred(comparison=p.Comparison(operator=OPERATORS[operator], left=_expr(left), right=_expr(right), fold=fold))


def both(*parts: Pred) -> Pred:
    return Pred(all_of=p.PredicateList(predicates=parts))


def either(*parts: Pred) -> Pred:
    return Pred(any_of=p.PredicateList(predicates=parts))


def no(part: Pred) -> Pred:
    return Pred(negation=part)


def among(operand: Expr, *values: Any, negated: bool = False, fold: bool = False) -> Pred:
    return Pred(
        membership=p.Membership(operand=operand, values=[_expr(each) for each in values], negated=negated, fold=fold)
    )


def among_query(operand: Expr, query: p.Query, *, negated: bool = False, fold: bool = False) -> Pred:
    return Pred(membership=p.Membership(operand=operand, query=query, negated=negated, fold=fold))


def span(operand: Expr, lower: Any = None, upper: Any = None, *, half_open: bool = True) -> Pred:
    made = p.Range(operand=operand, upper_exclusive=half_open)
    if lower is not None:
        made.lower.CopyFrom(_expr(lower))
    if upper is not None:
        made.upper.CopyFrom(_expr(upper))
    return Pred(range=made)


def like(operand: Expr, kind: str, text: str, *, fold: bool = False, negated: bool = False) -> Pred:
    number = p.PatternKind.Value(f"PATTERN_KIND_{kind}")
    return Pred(pattern=p.Pattern(operand=operand, kind=number, text=text, fold=fold, negated=negated))


def missing(operand: Expr, *, negated: bool = False) -> Pred:
    return Pred(null_test=p.NullTest(operand=operand, negated=negated))


def true(operand: Expr) -> Pred:
    return Pred(truth=operand)


def flag(name: str, alias: str = "") -> Pred:
    return Pred(named_filter=p.NamedFilterRef(alias=alias, name=name))


def entity(name: str, alias: str = "") -> Pred:
    return Pred(entity=p.EntityRef(alias=alias, name=name))


def exists(query: p.Query, *, negated: bool = False) -> Pred:
    return Pred(exists=p.ExistsTest(query=query, negated=negated))


def related(alias: str, *path: p.Join, where: Pred | None = None, negated: bool = False,
            number: tuple[str, int] | None = None) -> Pred:  # fmt: skip
    made = p.RelatedTest(from_alias=alias, path=path, negated=negated)
    if where is not None:
        made.where.CopyFrom(where)
    if number is not None:
        made.count.CopyFrom(p.CountTest(operator=OPERATORS[number[0]], value=number[1]))
    return Pred(related=made)


def table(name: str, alias: str = "") -> p.Relation:
    schema, _, bare = name.rpartition(".")
    return p.Relation(alias=alias or bare, table=p.TableRef(schema=schema, name=bare))


def sub(alias: str, query: p.Query) -> p.Relation:
    return p.Relation(alias=alias, query=query)


def join(relation: p.Relation, to: str = "", by: str = "", *, on: Pred | None = None, left: bool = False,
         side: int = 0) -> p.Join:  # fmt: skip
    made = p.Join(
        relation=relation,
        to_alias=to,
        relationship=by,
        side=side,  # type: ignore[arg-type]  # an enum's number
        kind=p.JOIN_KIND_LEFT if left else p.JOIN_KIND_INNER,
    )
    if on is not None:
        made.on.CopyFrom(on)
    return made


def by(key: Expr | str, *, descending: bool = False, first: bool = False) -> p.OrderTerm:
    nulls = p.NULLS_ORDER_FIRST if first else p.NULLS_ORDER_UNSPECIFIED
    if isinstance(key, str):
        return p.OrderTerm(output=key, descending=descending, nulls=nulls)
    return p.OrderTerm(expression=key, descending=descending, nulls=nulls)


def down(key: Expr | str) -> p.OrderTerm:
    return by(key, descending=True)


def top(partition: list[Expr], order: list[p.OrderTerm], count: int, *, ties: bool = False) -> p.TopPerGroup:
    return p.TopPerGroup(partition_by=partition, order_by=order, count=count, with_ties=ties)


def query(source: p.Relation | str | None, show: dict[str, Expr], *joins: p.Join, where: Pred | None = None,
          group: list[Expr] | None = None, having: Pred | None = None, order: list[p.OrderTerm] | None = None,
          limit: int = 0, offset: int = 0, distinct: bool = False,
          first: p.TopPerGroup | None = None) -> p.Query:  # fmt: skip
    """A select. show: output name → expression."""
    select = p.Select(
        joins=joins,
        projections=[p.Projection(name=name, expression=each) for name, each in show.items()],
        distinct=distinct,
        group_by=group or [],
    )
    if source is not None:
        relation = table(source) if isinstance(source, str) else source
        getattr(select, "from").CopyFrom(relation)
    if where is not None:
        select.where.CopyFrom(where)
    if having is not None:
        select.having.CopyFrom(having)
    if first is not None:
        select.top_per_group.CopyFrom(first)
    return p.Query(select=select, order_by=order or [], limit=limit, offset=offset)


def combined(operator: str, left: p.Query, right: p.Query, *, keep: bool = False,
             order: list[p.OrderTerm] | None = None, limit: int = 0) -> p.Query:  # fmt: skip
    number = p.SetOperator.Value(f"SET_OPERATOR_{operator}")
    body = p.SetOperation(operator=number, left=left, right=right, keep_duplicates=keep)
    return p.Query(set_operation=body, order_by=order or [], limit=limit)


def plan(made: p.Query) -> p.QueryPlan:
    return p.QueryPlan(query=made)
