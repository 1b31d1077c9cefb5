"""Conditions of a plan in words: made from the plan and the model, never from SQL."""

from maestro.plan.v1 import plan_pb2
from services.processor.expressions import Wording
from services.processor.names import relations, selects
from services.processor.period import span
from services.processor.phrases import listed

P = plan_pb2
_COMPARISONS = {
    P.COMPARISON_OPERATOR_EQUAL: ("equal", "equal"),
    P.COMPARISON_OPERATOR_NOT_EQUAL: ("not_equal", "not_equal"),
    P.COMPARISON_OPERATOR_LESS: ("less", "before"),
    P.COMPARISON_OPERATOR_LESS_OR_EQUAL: ("at_most", "at_most"),
    P.COMPARISON_OPERATOR_GREATER: ("more", "after"),
    P.COMPARISON_OPERATOR_GREATER_OR_EQUAL: ("at_least", "at_least"),
}
_COUNTS = {
    P.COMPARISON_OPERATOR_EQUAL: "",
    P.COMPARISON_OPERATOR_NOT_EQUAL: "≠ ",
    P.COMPARISON_OPERATOR_LESS: "< ",
    P.COMPARISON_OPERATOR_LESS_OR_EQUAL: "≤ ",
    P.COMPARISON_OPERATOR_GREATER: "> ",
    P.COMPARISON_OPERATOR_GREATER_OR_EQUAL: "≥ ",
}
_PATTERNS = {
    P.PATTERN_KIND_CONTAINS: "contains",
    P.PATTERN_KIND_PREFIX: "prefix",
    P.PATTERN_KIND_SUFFIX: "suffix",
    P.PATTERN_KIND_LIKE: "like",
    P.PATTERN_KIND_WORDS: "words",
}
_MOMENTS = ("date", "timestamp")
_MOST_VALUES = 5


class Conditions:
    """Turns predicates into words."""

    def __init__(self, wording: Wording) -> None:
        self._words = wording
        self._say = wording.phrases

    def predicate(self, predicate: plan_pb2.Predicate, nested: bool = False) -> str:  # noqa: PLR0911  # one case for each kind
        """A condition as people would say it; `nested` puts brackets where they are needed."""
        kind = predicate.WhichOneof("kind")
        if kind in ("all_of", "any_of"):
            parts = predicate.all_of.predicates if kind == "all_of" else predicate.any_of.predicates
            texts = [self.predicate(part, nested=len(parts) > 1) for part in parts]
            text = self._say["and" if kind == "all_of" else "or"].join(texts)
            return f"({text})" if nested and len(texts) > 1 else text
        if kind == "negation":
            return self._say["not"].format(self.predicate(predicate.negation))
        if kind == "comparison":
            return self._comparison(predicate.comparison)
        if kind == "membership":
            return self._membership(predicate.membership)
        if kind == "range":
            return self._range(predicate.range)
        if kind == "pattern":
            key = _PATTERNS.get(predicate.pattern.kind, "contains")
            key = f"no_{key}" if predicate.pattern.negated else key
            return self._say[key].format(self._words.expression(predicate.pattern.operand), predicate.pattern.text)
        if kind == "null_test":
            key = "not_null" if predicate.null_test.negated else "null"
            return self._say[key].format(self._words.expression(predicate.null_test.operand))
        if kind == "related":
            return self._related(predicate.related)
        if kind == "exists":
            key = "without" if predicate.exists.negated else "with"
            return self._say[key].format(self._query(predicate.exists.query))
        if kind == "named_filter":
            return self._words.names.field_label(predicate.named_filter.alias, predicate.named_filter.name)
        if kind == "entity":
            return self._words.names.entity_label(predicate.entity.name)
        return self._words.expression(predicate.truth) if kind == "truth" else ""

    def _value(self, expression: plan_pb2.Expression, beside: plan_pb2.Expression) -> str:
        kind = expression.WhichOneof("kind")
        if kind == "literal":
            return self._words.literal(expression.literal, self._words.unit(beside))
        if kind == "scalar_query":
            return self._query(expression.scalar_query)
        return self._words.expression(expression)

    def _comparison(self, comparison: plan_pb2.Comparison) -> str:
        moment = comparison.right.literal.WhichOneof("value") in _MOMENTS
        key = _COMPARISONS.get(comparison.operator, ("equal", "equal"))[1 if moment else 0]
        left = self._words.expression(comparison.left)
        return self._say[key].format(left, self._value(comparison.right, comparison.left))

    def _membership(self, membership: plan_pb2.Membership) -> str:
        operand = self._words.expression(membership.operand)
        if membership.HasField("query"):
            key = "not_in_query" if membership.negated else "in_query"
            return self._say[key].format(operand, self._query(membership.query))
        values = [self._value(each, membership.operand) for each in membership.values[:_MOST_VALUES]]
        if len(membership.values) > _MOST_VALUES:
            values.append("…")
        key = "none_of" if membership.negated else "one_of"
        return self._say[key].format(operand, listed(values, self._words.names.language, "or"))

    def _range(self, range_: plan_pb2.Range) -> str:
        operand = self._words.expression(range_.operand)
        told = span(range_, self._words)
        if told:
            return self._say["in_span"].format(operand, told)
        if not range_.HasField("upper"):
            key = "more" if range_.lower_exclusive else "at_least"
            return self._say[key].format(operand, self._value(range_.lower, range_.operand))
        if not range_.HasField("lower"):
            key = "less" if range_.upper_exclusive else "at_most"
            return self._say[key].format(operand, self._value(range_.upper, range_.operand))
        return self._say["between"].format(
            operand,
            self._value(range_.lower, range_.operand),
            self._value(range_.upper, range_.operand),
        )

    def _related(self, test: plan_pb2.RelatedTest) -> str:
        for join in test.path:
            self._words.names.add(join.relation)
        thing = self._words.names.thing(test.path[-1].relation.alias) if test.path else ""
        if test.HasField("where"):
            thing = self._say["where"].format(thing, self.predicate(test.where))
        if test.HasField("count"):
            count = _COUNTS.get(test.count.operator, "") + str(test.count.value)
            return self._say["with_count"].format(count, thing)
        return self._say["without" if test.negated else "with"].format(thing)

    def _query(self, query: plan_pb2.Query) -> str:
        """A subquery: what it reads and under which conditions."""
        texts = []
        for select in selects(query):
            for relation in relations(select):
                self._words.names.add(relation)
            tables = [each for each in relations(select) if each.WhichOneof("body") == "table"]
            thing = self._words.names.thing_of(tables[0].table) if tables else self._say["a_query"]
            if len(select.projections) == 1:
                shown = select.projections[0].expression
                if shown.WhichOneof("kind") in ("aggregate", "metric"):
                    thing = self._words.expression(shown)
            if select.HasField("where"):
                thing = self._say["where"].format(thing, self.predicate(select.where))
            texts.append(thing)
        return listed(texts, self._words.names.language) or self._say["a_query"]
