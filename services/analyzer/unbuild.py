"""A QueryPlan read back as a Reading: what build.py writes, and gold queries, for conversations and for training.

Plans can say more than readings; what a reading cannot hold raises Unreadable.
"""

from datetime import date
from decimal import Decimal

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.reading import (
    AllOf,
    AnyOf,
    Between,
    Combination,
    Compare,
    Condition,
    Constant,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Not,
    Order,
    Reading,
    Ref,
    Related,
    Within,
)
from services.analyzer.vocabulary import Vocabulary


class Unreadable(ValueError):
    """A plan that says what readings cannot hold."""


_FUNCTIONS = {
    plan.AGGREGATE_FUNCTION_COUNT: "count",
    plan.AGGREGATE_FUNCTION_SUM: "sum",
    plan.AGGREGATE_FUNCTION_AVG: "avg",
    plan.AGGREGATE_FUNCTION_MIN: "min",
    plan.AGGREGATE_FUNCTION_MAX: "max",
}
_OPERATORS = {
    plan.COMPARISON_OPERATOR_EQUAL: "=",
    plan.COMPARISON_OPERATOR_NOT_EQUAL: "<>",
    plan.COMPARISON_OPERATOR_LESS: "<",
    plan.COMPARISON_OPERATOR_LESS_OR_EQUAL: "<=",
    plan.COMPARISON_OPERATOR_GREATER: ">",
    plan.COMPARISON_OPERATOR_GREATER_OR_EQUAL: ">=",
}
_GRAINS = {
    plan.TIME_GRAIN_DAY: "day",
    plan.TIME_GRAIN_WEEK: "week",
    plan.TIME_GRAIN_MONTH: "month",
    plan.TIME_GRAIN_QUARTER: "quarter",
    plan.TIME_GRAIN_YEAR: "year",
}
_SETS = {
    plan.SET_OPERATOR_UNION: "union",
    plan.SET_OPERATOR_INTERSECT: "intersect",
    plan.SET_OPERATOR_EXCEPT: "except",
}
_KINDS = {
    plan.PATTERN_KIND_CONTAINS: "contains",
    plan.PATTERN_KIND_PREFIX: "prefix",
    plan.PATTERN_KIND_SUFFIX: "suffix",
    plan.PATTERN_KIND_WORDS: "words",
}
_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}


def unbuild(made: plan.QueryPlan, vocabulary: Vocabulary) -> Reading:
    """The reading that a plan says. Raises Unreadable."""
    reading = _query(made.query, vocabulary, None)
    intent = plan.Intent.Name(made.intent).removeprefix("INTENT_").lower()
    form = plan.OutputForm.Name(made.output_form).removeprefix("OUTPUT_FORM_").lower()
    return _with(reading, intent="" if intent == "unspecified" else intent, form="" if form == "unspecified" else form)


def _with(reading: Reading, **changes: object) -> Reading:
    from dataclasses import replace  # noqa: PLC0415  # keeps the name free for readers of this module

    return replace(reading, **changes)  # type: ignore[arg-type]  # names and types are this module's own


def _query(query: plan.Query, vocabulary: Vocabulary, outer: "_Block | None") -> Reading:
    if query.HasField("set_operation"):
        operation = query.set_operation
        if query.order_by or query.limit:
            raise Unreadable("an ordered combination")
        left = _query(operation.left, vocabulary, outer)
        if left.combine is not None:
            raise Unreadable("a combination of combinations")
        right = _query(operation.right, vocabulary, outer)
        return _with(left, combine=Combination(_SETS[operation.operator], right))
    return _Block(query, vocabulary, outer).reading()


class _Block:
    """One select of a plan."""

    def __init__(self, query: plan.Query, vocabulary: Vocabulary, outer: "_Block | None") -> None:
        self._query = query
        self._vocabulary = vocabulary
        self._outer = outer
        self._places: dict[str, tuple[str, str]] = {}
        """alias → (dataset, role)"""
        self._ways: list[str] = []
        self._order: list[str] = []
        tables = {(each.table.schema, each.table.name): name for name, each in vocabulary.datasets.items()}
        self._tables = {**{("", table): name for (_, table), name in tables.items()}, **tables}
        self._columns = {
            (name, each.column): each.name
            for name, held in vocabulary.datasets.items()
            for each in held.fields
            if each.column
        }

    def reading(self) -> Reading:
        select = self._query.select
        self._relation(select.__getattribute__("from"))
        extra: list[Condition] = []
        for join in select.joins:
            self._join(join, extra)
        where = [*self._conditions(select.where if select.HasField("where") else None), *extra]
        if select.HasField("top_per_group"):
            raise Unreadable("the first rows of each group")
        projections = {each.name: each.expression for each in select.projections}
        having = self._conditions(select.having if select.HasField("having") else None)
        if not all(isinstance(each, Compare) for each in having):
            raise Unreadable("a condition on groups that is no comparison")
        order = []
        for term in self._query.order_by:
            expression = projections[term.output] if term.output else term.expression
            order.append(Order(self._item(expression), term.descending))
        items = tuple(self._item(each.expression) for each in select.projections)
        return Reading(
            root=self._order[0],
            select=items,
            where=tuple(where),
            group=tuple(self._item(each) for each in select.group_by),
            having=tuple(each for each in having if isinstance(each, Compare)),
            order=tuple(order),
            limit=self._query.limit,
            offset=self._query.offset,
            distinct=select.distinct,
            tables=tuple(dict.fromkeys(self._order[1:])),
            ways=tuple(self._ways),
        )

    # Relations

    def _relation(self, relation: plan.Relation, role: str = "") -> str:
        if not relation.HasField("table"):
            raise Unreadable("a subquery as a relation")
        name = self._tables.get((relation.table.schema, relation.table.name))
        if name is None:
            raise Unreadable(f"table {relation.table.name} is not in the model")
        self._places[relation.alias] = (name, role)
        if not role:
            if name in self._order:
                raise Unreadable("a table joined twice")
            self._order.append(name)
        return name

    def _join(self, join: plan.Join, extra: list[Condition]) -> None:
        if join.kind == plan.JOIN_KIND_LEFT:
            raise Unreadable("an outer join")
        table = self._tables.get((join.relation.table.schema, join.relation.table.name), "")
        again = table in self._order
        if join.relationship:
            self._relation(join.relation, join.relationship if again else "")
            self._ways.append(join.relationship)
            return
        way = self._way(join)
        if way is None:
            raise Unreadable("a join that no relationship says")
        self._relation(join.relation, way if again else "")
        self._ways.append(way)

    def _way(self, join: plan.Join) -> str | None:
        """The relationship that a written-out condition follows."""
        comparison = join.on.comparison
        if join.on.WhichOneof("kind") != "comparison" or comparison.operator != plan.COMPARISON_OPERATOR_EQUAL:
            return None
        if not (comparison.left.HasField("column") and comparison.right.HasField("column")):
            return None
        sides = []
        for column in (comparison.left.column, comparison.right.column):
            if column.alias == join.relation.alias:
                sides.append((self._tables.get(("", join.relation.table.name), ""), column.column))
            elif column.alias in self._places:
                sides.append((self._places[column.alias][0], column.column))
            else:
                return None
        for entry in self._vocabulary.model.relationships:
            each = entry.relationship
            if len(each.from_columns) != 1:
                continue
            ends = [(entry.from_dataset, each.from_columns[0]), (entry.to_dataset, each.to_columns[0])]
            if sides in (ends, ends[::-1]):
                return each.name
        return None

    # Expressions

    def _ref(self, expression: plan.Expression) -> Ref:
        kind = expression.WhichOneof("kind")
        if kind == "column":
            dataset, role = self._place(expression.column.alias)
            name = self._columns.get((dataset, expression.column.column))
            if name is None:
                raise Unreadable(f"column {expression.column.column} is not in the model")
            return Ref(dataset, name, role)
        if kind == "field":
            dataset, role = self._place(expression.field.alias)
            return Ref(dataset, expression.field.field, role)
        if kind == "predicate" and expression.predicate.HasField("named_filter"):
            dataset, role = self._place(expression.predicate.named_filter.alias)
            return Ref(dataset, expression.predicate.named_filter.name, role)
        if kind == "function" and expression.function.function == plan.FUNCTION_PARSE_DATE:
            return self._ref(expression.function.arguments[0])
        raise Unreadable(f"{kind} where a field is wanted")

    def _place(self, alias: str) -> tuple[str, str]:
        if alias in self._places:
            return self._places[alias]
        if not alias and len(self._order) == 1:
            return self._order[0], ""
        raise Unreadable("a reference to an outer block")

    def _item(self, expression: plan.Expression) -> Item:
        kind = expression.WhichOneof("kind")
        if kind == "aggregate":
            aggregate = expression.aggregate
            if aggregate.function not in _FUNCTIONS or aggregate.HasField("filter"):
                raise Unreadable("an aggregate of its own kind")
            fn = _FUNCTIONS[aggregate.function]
            if not aggregate.HasField("operand"):
                return Item(fn=fn, dataset="")
            return Item(self._ref(aggregate.operand), fn=fn, distinct=aggregate.distinct)
        if kind == "metric":
            dataset, _ = self._place(expression.metric.alias)
            return Item(metric=expression.metric.metric, dataset=dataset)
        if kind == "time_bucket":
            return Item(self._ref(expression.time_bucket.operand), grain=_GRAINS[expression.time_bucket.grain])
        if kind == "arithmetic" and expression.arithmetic.operator == plan.ARITHMETIC_OPERATOR_SUBTRACT:
            left = self._item(expression.arithmetic.left)
            return Item(left.ref, left.fn, left.distinct, minus=self._item(expression.arithmetic.right))
        return Item(self._ref(expression))

    # Conditions

    def _conditions(self, predicate: plan.Predicate | None) -> list[Condition]:
        if predicate is None or predicate.WhichOneof("kind") is None:
            return []
        if predicate.WhichOneof("kind") == "all_of":
            return [each for part in predicate.all_of.predicates for each in self._conditions(part)]
        return [self._condition(predicate)]

    def _condition(self, predicate: plan.Predicate) -> Condition:  # noqa: PLR0911  # one return a kind
        kind = predicate.WhichOneof("kind")
        if kind == "all_of":
            return AllOf(tuple(self._condition(each) for each in predicate.all_of.predicates))
        if kind == "any_of":
            return AnyOf(tuple(self._condition(each) for each in predicate.any_of.predicates))
        if kind == "negation":
            return self._negation(predicate.negation)
        if kind == "comparison":
            return self._comparison(predicate.comparison)
        if kind == "membership":
            membership = predicate.membership
            ref = self._ref(membership.operand)
            if membership.HasField("query"):
                query = _query(membership.query, self._vocabulary, self)
                return Within(ref, query=query, negated=membership.negated)
            return Within(ref, tuple(_constant(each) for each in membership.values), negated=membership.negated)
        if kind == "range":
            return self._range(predicate.range)
        if kind == "pattern":
            return self._pattern(predicate.pattern)
        if kind == "null_test":
            return Missing(self._ref(predicate.null_test.operand), predicate.null_test.negated)
        if kind == "named_filter":
            dataset, role = self._place(predicate.named_filter.alias)
            return Flag(Ref(dataset, predicate.named_filter.name, role))
        if kind == "truth":
            return Flag(self._ref(predicate.truth))
        if kind == "entity":
            return Named(self._place(predicate.entity.alias)[0], predicate.entity.name)
        if kind == "related":
            return self._related(predicate.related)
        raise Unreadable(f"condition {kind}")

    def _negation(self, predicate: plan.Predicate) -> Condition:
        inner = self._condition(predicate)
        if isinstance(inner, (Flag, Named)):
            return _with_negation(inner)
        return Not(inner)

    def _comparison(self, comparison: plan.Comparison) -> Condition:
        op = _OPERATORS[comparison.operator]
        left, right = comparison.left, comparison.right
        if left.HasField("literal"):
            left, right, op = right, left, _MIRROR[op]
        if right.HasField("literal"):
            return Compare(self._item(left), op, _constant(right), comparison.fold)
        if right.HasField("scalar_query"):
            return Compare(self._item(left), op, _query(right.scalar_query, self._vocabulary, self))
        return Compare(self._item(left), op, self._item(right))

    def _range(self, found: plan.Range) -> Condition:
        lower = _constant(found.lower) if found.HasField("lower") else None
        upper = _constant(found.upper) if found.HasField("upper") else None
        return Between(self._ref(found.operand), lower, upper, found.upper_exclusive, found.label)

    def _pattern(self, pattern: plan.Pattern) -> Condition:
        ref = self._ref(pattern.operand)
        if pattern.kind != plan.PATTERN_KIND_LIKE:
            return Like(ref, _KINDS[pattern.kind], pattern.text, pattern.negated)
        text = pattern.text
        bare = text.strip("%")
        if "%" in bare or "_" in bare:
            raise Unreadable("a pattern with signs inside")
        kind = {(True, True): "contains", (False, True): "prefix", (True, False): "suffix"}.get(
            (text.startswith("%"), text.endswith("%")), "words"
        )
        if kind == "words":
            return Compare(Item(ref), "<>" if pattern.negated else "=", text)
        return Like(ref, kind, bare, pattern.negated)

    def _related(self, found: plan.RelatedTest) -> Condition:
        start, _ = self._place(found.from_alias)
        inner = _Block(plan.Query(), self._vocabulary, self)
        for join in found.path:
            inner._relation(join.relation)  # the same class
        where = inner._conditions(found.where if found.HasField("where") else None)  # as above
        op, count = ("", 0) if not found.HasField("count") else (_OPERATORS[found.count.operator], found.count.value)
        path = tuple(join.relationship for join in found.path)
        return Related(start, inner._order[-1], tuple(where), found.negated, op, count, path)  # as above


def _with_negation(condition: Flag | Named) -> Condition:
    from dataclasses import replace  # noqa: PLC0415  # as in _with

    return replace(condition, negated=not condition.negated)


def _constant(expression: plan.Expression) -> Constant:  # one return a kind
    literal = expression.literal
    kind = literal.WhichOneof("value")
    if kind == "decimal":
        return Decimal(literal.decimal)
    if kind == "date":
        return date.fromisoformat(literal.date)
    if kind == "timestamp":
        return date.fromisoformat(literal.timestamp[:10])
    if kind in ("text", "integer", "float", "boolean", "time"):
        value: Constant = getattr(literal, kind)
        return value
    raise Unreadable(f"literal {kind}")
