"""Goes through a plan once, and notes every part with its path and with the relations that are visible
there."""

from dataclasses import dataclass, field
from typing import Any

from maestro.plan.v1 import plan_pb2

P = plan_pb2


@dataclass(slots=True)
class Source:
    """A relation: table is None for a subquery, outputs is None for a table."""

    alias: str
    table: plan_pb2.TableRef | None
    outputs: tuple[str, ...] | None
    path: str


@dataclass(slots=True)
class Scope:
    """The relations of one select, and those around it that it may refer to."""

    parent: "Scope | None"
    own: dict[str, Source] = field(default_factory=dict)

    def find(self, alias: str) -> Source | None:
        """The relation of an alias; for an empty one, the only relation of the select."""
        if not alias:
            return next(iter(self.own.values())) if len(self.own) == 1 else None
        scope: Scope | None = self
        while scope is not None:
            if alias in scope.own:
                return scope.own[alias]
            scope = scope.parent
        return None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the plan. inside: "aggregate", "where", "group" … the innermost place that matters to a
    check."""

    path: str
    node: Any
    scope: Scope
    inside: str = ""


@dataclass(slots=True)
class Seen:
    """All parts of a plan, in the order in which they stand."""

    queries: list[Part] = field(default_factory=list)
    selects: list[Part] = field(default_factory=list)
    joins: list[Part] = field(default_factory=list)
    expressions: list[Part] = field(default_factory=list)
    predicates: list[Part] = field(default_factory=list)
    orders: list[Part] = field(default_factory=list)
    repeated: list[Source] = field(default_factory=list)
    """Relations whose alias another one that is visible there has already."""
    sources: list[Source] = field(default_factory=list)


def visit(plan: plan_pb2.QueryPlan) -> Seen:
    """Notes every part of a plan."""
    seen = Seen()
    _Visitor(seen).query(plan.query, "plan.query", None)
    return seen


def outputs(query: plan_pb2.Query) -> list[plan_pb2.Projection]:
    """The projections that name a query's columns: those of its first select."""
    while query.WhichOneof("body") == "set_operation":
        query = query.set_operation.left
    return list(query.select.projections)


def first_select(query: plan_pb2.Query) -> plan_pb2.Select:
    """The first select of a query."""
    while query.WhichOneof("body") == "set_operation":
        query = query.set_operation.left
    return query.select


class _Visitor:
    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    def query(self, query: plan_pb2.Query, path: str, outer: Scope | None) -> None:
        scope = Scope(outer)
        self.seen.queries.append(Part(path, query, scope))
        body = query.WhichOneof("body")
        if body == "set_operation":
            self.query(query.set_operation.left, f"{path}.set_operation.left", outer)
            self.query(query.set_operation.right, f"{path}.set_operation.right", outer)
        elif body == "select":
            self.select(query.select, f"{path}.select", scope)
        for place, term in enumerate(query.order_by):
            self.order(term, f"{path}.order_by[{place}]", scope)

    def select(self, select: plan_pb2.Select, path: str, scope: Scope) -> None:
        self.seen.selects.append(Part(path, select, scope))
        if select.HasField("from"):
            self.relation(getattr(select, "from"), f"{path}.from", scope)
        for place, join in enumerate(select.joins):
            self.join(join, f"{path}.joins[{place}]", scope)
        for place, projection in enumerate(select.projections):
            self.expression(projection.expression, f"{path}.projections[{place}].expression", scope)
        if select.HasField("where"):
            self.predicate(select.where, f"{path}.where", scope, "where")
        for place, expression in enumerate(select.group_by):
            self.expression(expression, f"{path}.group_by[{place}]", scope, "group")
        if select.HasField("having"):
            self.predicate(select.having, f"{path}.having", scope, "having")
        if select.HasField("top_per_group"):
            for place, expression in enumerate(select.top_per_group.partition_by):
                self.expression(expression, f"{path}.top_per_group.partition_by[{place}]", scope)
            for place, term in enumerate(select.top_per_group.order_by):
                self.order(term, f"{path}.top_per_group.order_by[{place}]", scope)

    def relation(self, relation: plan_pb2.Relation, path: str, scope: Scope) -> None:
        body = relation.WhichOneof("body")
        named = None
        if body == "query":
            self.query(relation.query, f"{path}.query", scope.parent)
            named = tuple(projection.name for projection in outputs(relation.query))
        source = Source(relation.alias, relation.table if body == "table" else None, named, path)
        self.seen.sources.append(source)
        if relation.alias and scope.find(relation.alias) is not None:
            self.seen.repeated.append(source)
        scope.own.setdefault(relation.alias, source)

    def join(self, join: plan_pb2.Join, path: str, scope: Scope) -> None:
        self.relation(join.relation, f"{path}.relation", scope)
        self.seen.joins.append(Part(path, join, scope))
        if join.HasField("on"):
            self.predicate(join.on, f"{path}.on", scope, "on")

    def order(self, term: plan_pb2.OrderTerm, path: str, scope: Scope) -> None:
        self.seen.orders.append(Part(path, term, scope))
        if term.HasField("expression"):
            self.expression(term.expression, f"{path}.expression", scope, "order")

    def expression(  # one case for each kind
        self, expression: plan_pb2.Expression, path: str, scope: Scope, inside: str = ""
    ) -> None:
        self.seen.expressions.append(Part(path, expression, scope, inside))
        kind = expression.WhichOneof("kind")
        if kind in ("column", "literal", "field", "metric", "output", "as_of", None):
            return
        if kind == "aggregate":
            aggregate = expression.aggregate
            self._each(
                ((aggregate.operand, "operand"), (aggregate.second_operand, "second_operand")),
                aggregate,
                f"{path}.aggregate",
                scope,
                "aggregate",
            )
            if aggregate.HasField("filter"):
                self.predicate(aggregate.filter, f"{path}.aggregate.filter", scope, "aggregate")
        elif kind == "arithmetic":
            self.expression(expression.arithmetic.left, f"{path}.arithmetic.left", scope, inside)
            self.expression(expression.arithmetic.right, f"{path}.arithmetic.right", scope, inside)
        elif kind == "function":
            for place, argument in enumerate(expression.function.arguments):
                self.expression(argument, f"{path}.function.arguments[{place}]", scope, inside)
        elif kind == "time_bucket":
            self.expression(expression.time_bucket.operand, f"{path}.time_bucket.operand", scope, inside)
        elif kind == "scalar_query":
            self.query(expression.scalar_query, f"{path}.scalar_query", scope)
        elif kind == "conditional":
            self._conditional(expression.conditional, f"{path}.conditional", scope, inside)
        elif kind == "window":
            self._window(expression.window, f"{path}.window", scope, inside)
        else:
            self.predicate(expression.predicate, f"{path}.predicate", scope, inside)

    def _each(self, named: Any, parent: Any, path: str, scope: Scope, inside: str) -> None:
        for expression, name in named:
            if parent.HasField(name):
                self.expression(expression, f"{path}.{name}", scope, inside)

    def _conditional(self, case: plan_pb2.Conditional, path: str, scope: Scope, inside: str) -> None:
        for place, branch in enumerate(case.branches):
            self.predicate(branch.when, f"{path}.branches[{place}].when", scope, inside)
            self.expression(branch.then, f"{path}.branches[{place}].then", scope, inside)
        if case.HasField("otherwise"):
            self.expression(case.otherwise, f"{path}.otherwise", scope, inside)

    def _window(self, window: plan_pb2.Window, path: str, scope: Scope, inside: str) -> None:
        if window.HasField("operand"):
            self.expression(window.operand, f"{path}.operand", scope, inside)
        for place, expression in enumerate(window.partition_by):
            self.expression(expression, f"{path}.partition_by[{place}]", scope, inside)
        for place, term in enumerate(window.order_by):
            self.order(term, f"{path}.order_by[{place}]", scope)

    def predicate(  # one case for each kind
        self, predicate: plan_pb2.Predicate, path: str, scope: Scope, inside: str
    ) -> None:
        self.seen.predicates.append(Part(path, predicate, scope, inside))
        kind = predicate.WhichOneof("kind")
        if kind in ("all_of", "any_of"):
            parts = predicate.all_of if kind == "all_of" else predicate.any_of
            for place, part in enumerate(parts.predicates):
                self.predicate(part, f"{path}.{kind}.predicates[{place}]", scope, inside)
        elif kind == "negation":
            self.predicate(predicate.negation, f"{path}.negation", scope, inside)
        elif kind == "comparison":
            self.expression(predicate.comparison.left, f"{path}.comparison.left", scope, inside)
            self.expression(predicate.comparison.right, f"{path}.comparison.right", scope, inside)
        elif kind == "membership":
            self._membership(predicate.membership, f"{path}.membership", scope, inside)
        elif kind == "range":
            bounds = predicate.range
            self._each(
                ((bounds.operand, "operand"), (bounds.lower, "lower"), (bounds.upper, "upper")),
                bounds,
                f"{path}.range",
                scope,
                inside,
            )
        elif kind == "pattern":
            self.expression(predicate.pattern.operand, f"{path}.pattern.operand", scope, inside)
        elif kind == "null_test":
            self.expression(predicate.null_test.operand, f"{path}.null_test.operand", scope, inside)
        elif kind == "related":
            self._related(predicate.related, f"{path}.related", scope, inside)
        elif kind == "exists":
            self.query(predicate.exists.query, f"{path}.exists.query", scope)
        elif kind == "truth":
            self.expression(predicate.truth, f"{path}.truth", scope, inside)

    def _membership(self, member: plan_pb2.Membership, path: str, scope: Scope, inside: str) -> None:
        self.expression(member.operand, f"{path}.operand", scope, inside)
        for place, value in enumerate(member.values):
            self.expression(value, f"{path}.values[{place}]", scope, inside)
        if member.HasField("query"):
            self.query(member.query, f"{path}.query", scope)

    def _related(self, test: plan_pb2.RelatedTest, path: str, scope: Scope, inside: str) -> None:
        inner = Scope(scope)
        for place, join in enumerate(test.path):
            self.join(join, f"{path}.path[{place}]", inner)
        if test.HasField("where"):
            self.predicate(test.where, f"{path}.where", inner, "where")
