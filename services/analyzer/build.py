"""Last stage: a reading is written out as a QueryPlan, every slot with its origin.

Aliases are the names of the datasets; a subquery's get a number, so that aliases are unique in the plan.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.build_tables import NO_LETTERS, Tables
from services.analyzer.contrast import contrast_blocks, contrasted
from services.analyzer.literals import literal, text_of
from services.analyzer.narrowed import narrowed
from services.analyzer.normalize import Normalized
from services.analyzer.reading import (
    IMPLIED,
    AllOf,
    AnyOf,
    Between,
    Compare,
    Condition,
    Constant,
    Contrast,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Not,
    Reading,
    Ref,
    Related,
    Source,
    Within,
)
from services.analyzer.trees import NotConnected
from services.analyzer.vocabulary import Vocabulary

_FUNCTIONS = {
    "count": plan.AGGREGATE_FUNCTION_COUNT,
    "sum": plan.AGGREGATE_FUNCTION_SUM,
    "avg": plan.AGGREGATE_FUNCTION_AVG,
    "min": plan.AGGREGATE_FUNCTION_MIN,
    "max": plan.AGGREGATE_FUNCTION_MAX,
    "corr": plan.AGGREGATE_FUNCTION_CORRELATION,
}
_OPERATORS = {
    "=": plan.COMPARISON_OPERATOR_EQUAL,
    "<>": plan.COMPARISON_OPERATOR_NOT_EQUAL,
    "<": plan.COMPARISON_OPERATOR_LESS,
    "<=": plan.COMPARISON_OPERATOR_LESS_OR_EQUAL,
    ">": plan.COMPARISON_OPERATOR_GREATER,
    ">=": plan.COMPARISON_OPERATOR_GREATER_OR_EQUAL,
}
_GRAINS = {
    "day": plan.TIME_GRAIN_DAY,
    "week": plan.TIME_GRAIN_WEEK,
    "month": plan.TIME_GRAIN_MONTH,
    "quarter": plan.TIME_GRAIN_QUARTER,
    "year": plan.TIME_GRAIN_YEAR,
}
_PATTERNS = {
    "contains": plan.PATTERN_KIND_CONTAINS,
    "prefix": plan.PATTERN_KIND_PREFIX,
    "suffix": plan.PATTERN_KIND_SUFFIX,
    "words": plan.PATTERN_KIND_WORDS,
}
_SETS = {
    "union": plan.SET_OPERATOR_UNION,
    "intersect": plan.SET_OPERATOR_INTERSECT,
    "except": plan.SET_OPERATOR_EXCEPT,
}


def build(reading: Reading, vocabulary: Vocabulary, question: Normalized) -> plan.QueryPlan:
    """The plan of a reading. Raises NotConnected where its datasets cannot be joined."""
    made = plan.QueryPlan(question=question.question, proposer="rules")
    builder = _Builder(vocabulary, question)
    made.query.CopyFrom(builder.contrast(reading, reading.contrast) if reading.contrast else builder.query(reading))
    for each in reading.assumed:
        made.assumptions.add(kind=each.kind, subject=each.subject, chosen=each.chosen)
    made.intent = getattr(plan, f"INTENT_{(reading.intent or 'unspecified').upper()}")
    made.output_form = getattr(plan, f"OUTPUT_FORM_{(reading.form or 'unspecified').upper()}")
    return made


class _Builder:
    """Writes one plan; counts its blocks."""

    def __init__(self, vocabulary: Vocabulary, question: Normalized) -> None:
        self._vocabulary = vocabulary
        self._question = question
        self._blocks = 0

    def query(self, reading: Reading) -> plan.Query:
        made = _Block(self, reading).query()
        if reading.combine is None:
            return made
        outer = plan.Query()
        outer.set_operation.operator = _SETS[reading.combine.op]
        outer.set_operation.left.CopyFrom(made)
        outer.set_operation.right.CopyFrom(self.query(reading.combine.other))
        return outer

    def contrast(self, reading: Reading, contrast: Contrast) -> plan.Query:
        """One list of values for each field, in one table, the greatest differences first."""
        blocks = [self.query(block) for block in contrast_blocks(reading, contrast, self._vocabulary)]
        return contrasted(blocks)

    def number(self) -> int:
        self._blocks += 1
        return self._blocks

    @property
    def vocabulary(self) -> Vocabulary:
        return self._vocabulary

    def origin(self, source: Source) -> plan.Origin | None:
        if source == IMPLIED or not (source.tokens or source.kind):
            return None
        made = plan.Origin(score=source.score, via=source.via)
        made.kind = getattr(plan, f"LINK_KIND_{(source.kind or 'unspecified').upper()}")
        for first, last in _runs(source.tokens):
            tokens = self._question.tokens
            start, end = tokens[first].start, tokens[last].end
            made.words.add(start=start, end=end, text=self._question.question[start:end])
        return made


def _runs(tokens: Sequence[int]) -> Iterable[tuple[int, int]]:
    ordered = sorted(set(tokens))
    start = 0
    for at in range(1, len(ordered) + 1):
        if at == len(ordered) or ordered[at] != ordered[at - 1] + 1:
            yield ordered[start], ordered[at - 1]
            start = at


class _Block(Tables):
    """One select of the plan."""

    def __init__(self, builder: _Builder, reading: Reading) -> None:
        super().__init__(reading, builder.vocabulary, builder.number())
        self._builder = builder

    def query(self) -> plan.Query:
        reading, made = self._reading, plan.Query()
        select = made.select
        self.relations(select)
        for item in reading.select:
            projection = select.projections.add()
            projection.expression.CopyFrom(self._item(item))
            projection.name = self._name(item, [each.name for each in select.projections[:-1]])
        select.distinct = reading.distinct
        where = [self.condition(each) for each in reading.where]
        if where:
            select.where.CopyFrom(_all(where))
        for item in reading.group:
            select.group_by.add().CopyFrom(self._item(item))
        having = [self.condition(each) for each in reading.having]
        if having:
            select.having.CopyFrom(_all(having))
        for order in reading.order:
            made.order_by.add(expression=self._item(order.item), descending=order.descending)
        made.limit, made.offset = reading.limit, reading.offset
        return made

    # Expressions

    def _item(self, item: Item) -> plan.Expression:
        made = self._plain(item)
        if item.minus is not None:
            made = _arithmetic(plan.ARITHMETIC_OPERATOR_SUBTRACT, made, self._item(item.minus))
        if item.per is not None:
            made = _arithmetic(plan.ARITHMETIC_OPERATOR_DIVIDE, made, self._item(item.per))
        if item.times:
            factor = plan.Expression(literal=plan.Literal(integer=item.times))
            made = _arithmetic(plan.ARITHMETIC_OPERATOR_MULTIPLY, factor, made)
        if item.share:
            made = plan.Expression(window=plan.Window(function=plan.WINDOW_FUNCTION_SHARE, operand=made))
        origin = self._builder.origin(item.source)
        if origin is not None:
            made.origin.CopyFrom(origin)
        return made

    def _plain(self, item: Item) -> plan.Expression:
        made = plan.Expression()
        if item.entities:
            for name in item.entities:
                branch = made.conditional.branches.add()
                branch.when.entity.alias, branch.when.entity.name = self.alias(item.dataset), name
                branch.then.literal.text = name
            return made
        if item.text:
            return plan.Expression(literal=plan.Literal(text=item.text))
        if item.metric and item.where:
            return narrowed(self._vocabulary.metrics[item.metric], self.alias(item.dataset), self._filter(item))
        if item.metric:
            made.metric.alias, made.metric.metric = self.alias(item.dataset), item.metric
            return made
        if item.fn:
            made.aggregate.function = _FUNCTIONS[item.fn]
            made.aggregate.distinct = item.distinct
            if item.ref is not None:
                made.aggregate.operand.CopyFrom(self.reference(item.ref))
            if item.other is not None:
                made.aggregate.second_operand.CopyFrom(self.reference(item.other))
            if item.where:
                made.aggregate.filter.CopyFrom(self._filter(item))
            return made
        assert item.ref is not None
        value = self.reference(item.ref)
        if item.weekday:
            made.function.function = plan.FUNCTION_WEEKDAY
            made.function.arguments.add().CopyFrom(value)
            return made
        if item.grain:
            made.time_bucket.grain = _GRAINS[item.grain]
            made.time_bucket.operand.CopyFrom(value)
            return made
        return value

    def _filter(self, item: Item) -> plan.Predicate:
        return _all([self.condition(each) for each in item.where])

    def reference(self, ref: Ref) -> plan.Expression:
        """A field: its column where it is one, else by its name."""
        field = self._vocabulary.fields[ref.dataset, ref.field]
        alias = self.alias(ref.dataset, ref.role)
        if field.column:
            return plan.Expression(column=plan.ColumnRef(alias=alias, column=field.column))
        if field.HasField("predicate"):
            return plan.Expression(
                predicate=plan.Predicate(named_filter=plan.NamedFilterRef(alias=alias, name=field.name))
            )
        return plan.Expression(field=plan.FieldRef(alias=alias, field=field.name))

    def _name(self, item: Item, taken: list[str]) -> str:
        field = item.ref.field if item.ref else item.dataset
        name = (
            item.title
            or item.metric
            or ("grupo" if item.entities else "")
            or "_".join(part for part in (item.fn, field, item.grain) if part)
            or "value"
        )
        name, number, base = NO_LETTERS.sub("_", name), 2, NO_LETTERS.sub("_", name)
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        return name

    # Conditions

    def condition(self, condition: Condition) -> plan.Predicate:
        """A condition as a predicate, with its origin."""
        made = self._predicate(condition)
        origin = self._builder.origin(getattr(condition, "source", IMPLIED))
        if origin is not None:
            made.origin.CopyFrom(origin)
        return made

    def _predicate(self, condition: Condition) -> plan.Predicate:  # one branch a kind
        made = plan.Predicate()
        match condition:
            case Compare() if condition.op == "=" and self._is_list(condition.left.ref):
                # One of the elements: the whole text is equal to it only where it is the only one.
                made.pattern.operand.CopyFrom(self._item(condition.left))
                made.pattern.kind, made.pattern.text = plan.PATTERN_KIND_WORDS, text_of(condition.right)  # type: ignore[arg-type]  # a constant
            case Compare():
                self._compare(made.comparison, condition)
            case Within():
                made.membership.operand.CopyFrom(self.reference(condition.ref))
                for value in condition.values:
                    made.membership.values.add().CopyFrom(self._constant(value, condition.ref))
                if condition.query is not None:
                    made.membership.query.CopyFrom(self._builder.query(condition.query))
                made.membership.negated = condition.negated
            case Between():
                return self._between(condition)
            case Like():
                made.pattern.operand.CopyFrom(self.reference(condition.ref))
                made.pattern.kind = _PATTERNS[condition.kind]
                made.pattern.text, made.pattern.negated, made.pattern.fold = condition.text, condition.negated, True
            case Missing():
                made.null_test.operand.CopyFrom(self.reference(condition.ref))
                made.null_test.negated = condition.negated
            case Flag():
                made.CopyFrom(self._flag(condition))
            case Named():
                made.entity.alias, made.entity.name = self.alias(condition.dataset), condition.entity
                return _negated(made) if condition.negated else made
            case Related():
                self._related(made.related, condition)
            case AnyOf():
                made.any_of.predicates.extend(self.condition(option) for option in condition.options)
            case AllOf():
                made.all_of.predicates.extend(self.condition(part) for part in condition.parts)
            case Not():
                made.negation.CopyFrom(self.condition(condition.condition))
        return made

    def _is_list(self, ref: Ref | None) -> bool:
        """Whether a column holds several values in one text."""
        column = self._vocabulary.fields[ref.dataset, ref.field].column if ref is not None else ""
        return (
            bool(column)
            and ref is not None
            and any(
                each.relationship.list_valued
                and each.from_dataset == ref.dataset
                and column in each.relationship.from_columns
                for each in self._vocabulary.model.relationships
            )
        )

    def _compare(self, made: plan.Comparison, condition: Compare) -> None:
        made.operator = _OPERATORS[condition.op]
        made.left.CopyFrom(self._item(condition.left))
        made.fold = condition.fold
        right = condition.right
        if isinstance(right, Item):
            made.right.CopyFrom(self._item(right))
        elif isinstance(right, Reading):
            made.right.scalar_query.CopyFrom(self._builder.query(right))
        else:
            made.right.CopyFrom(self._constant(right, condition.left.ref if not condition.left.fn else None))

    def _between(self, condition: Between) -> plan.Predicate:
        made = plan.Predicate()
        made.range.operand.CopyFrom(self.reference(condition.ref))
        if condition.lower is not None:
            made.range.lower.CopyFrom(self._constant(condition.lower, condition.ref))
        if condition.upper is not None:
            made.range.upper.CopyFrom(self._constant(condition.upper, condition.ref))
        made.range.upper_exclusive = condition.upper_open
        made.range.label = condition.label
        field = self._vocabulary.fields[condition.ref.dataset, condition.ref.field]
        if field.text_date_format and isinstance(condition.lower or condition.upper, date):
            operand = plan.Expression()
            operand.function.function = plan.FUNCTION_PARSE_DATE
            operand.function.arguments.add().CopyFrom(made.range.operand)
            operand.function.arguments.add(literal=plan.Literal(text=field.text_date_format))
            made.range.operand.CopyFrom(operand)
        return made

    def _flag(self, condition: Flag) -> plan.Predicate:
        field = self._vocabulary.fields[condition.ref.dataset, condition.ref.field]
        made = plan.Predicate()
        if field.HasField("predicate"):
            made.named_filter.alias = self.alias(condition.ref.dataset, condition.ref.role)
            made.named_filter.name = field.name
        else:
            made.truth.CopyFrom(self.reference(condition.ref))
        return _negated(made) if condition.negated else made

    def _related(self, made: plan.RelatedTest, condition: Related) -> None:
        paths = self._vocabulary.graph.paths(condition.start, condition.dataset, 8)
        wanted = [path for path in paths if not condition.path or tuple(edge.name for edge in path) == condition.path]
        if not wanted:
            raise NotConnected(f"{condition.start} and {condition.dataset}")
        made.from_alias = self.alias(condition.start)
        made.negated = condition.negated
        inner = _Block(self._builder, Reading(root=condition.dataset))
        before = made.from_alias
        for edge in wanted[0]:
            join = made.path.add()
            alias = inner.alias(edge.goal)
            self.join(join, edge, before, alias)
            before = alias
        where = [inner.condition(each) for each in condition.where]
        if where:
            made.where.CopyFrom(_all(where))
        if condition.op:
            made.count.operator, made.count.value = _OPERATORS[condition.op], condition.count

    def _constant(self, value: Constant, ref: Ref | None) -> plan.Expression:
        field = self._vocabulary.fields.get((ref.dataset, ref.field)) if ref else None
        return plan.Expression(literal=literal(value, field))


def _all(predicates: list[plan.Predicate]) -> plan.Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return plan.Predicate(all_of=plan.PredicateList(predicates=predicates))


def _negated(predicate: plan.Predicate) -> plan.Predicate:
    return plan.Predicate(negation=predicate)


def _arithmetic(
    operator: plan.ArithmeticOperator.ValueType, left: plan.Expression, right: plan.Expression
) -> plan.Expression:
    return plan.Expression(arithmetic=plan.Arithmetic(operator=operator, left=left, right=right))
