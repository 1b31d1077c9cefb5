"""SQL expressions of model files, turned into the plan's own: parsed by sqlglot, checked name by name.

Two mutually recursive readers: `value` for expressions, `condition` for predicates. Whatever is not in the documented
subset is an error that names it; nothing is passed through as text.
"""

from collections.abc import Callable
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from services.mapper.ossie import functions, literals
from services.mapper.ossie.scope import UNKNOWN, Family, InvalidError, RelatedScope, Scope

TEMPORAL = (catalog.TYPE_FAMILY_DATE, catalog.TYPE_FAMILY_TIMESTAMP)
LONGEST = 4000
DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Value:
    """An expression and the family of what it yields."""

    expression: plan.Expression
    family: Family


def parse(text: str) -> exp.Expression:
    """The syntax tree of one expression. Raises InvalidError."""
    if len(text) > LONGEST:
        raise InvalidError(f"the expression has {len(text)} characters; at most {LONGEST} are read")
    try:
        statements = sqlglot.parse(f"SELECT {text}", read="postgres")
    except (SqlglotError, RecursionError) as error:
        first = str(error).splitlines()[0].split(". Line")[0].replace("\x1b[4m", "").replace("\x1b[0m", "")
        raise InvalidError(f"no SQL expression: {first}") from None
    select = statements[0] if len(statements) == 1 else None
    if not isinstance(select, exp.Select) or len(select.expressions) != 1 or _clauses(select):
        raise InvalidError("it must be one SQL expression, not a statement")
    tree: exp.Expression = select.expressions[0]
    return tree


def _clauses(select: exp.Select) -> bool:
    return any(value for key, value in select.args.items() if key not in ("expressions", "kind", "hint"))


class Reader:
    """Reads one expression."""

    def __init__(self, scope: Scope, *, aggregates: bool) -> None:
        """aggregates: whether COUNT, SUM and so on are allowed, as in metrics."""
        self._scope = scope
        self._aggregates = aggregates
        self._depth = 0
        self._inside = False
        self.aggregated = False
        """Whether an aggregate was met."""
        self.bare: list[str] = []
        """Columns and fields that stand outside of every aggregate."""

    def read(self, text: str) -> Value | plan.Predicate:
        """A condition where the text is one, a value otherwise. Raises InvalidError."""
        tree = parse(text)
        if is_condition(tree):
            return self.condition(tree)
        if isinstance(tree, exp.Column) and isinstance(self._named(tree)[0], plan.Predicate):
            return self.condition(tree)
        return self.value(tree)

    def value(self, node: exp.Expression) -> Value:
        """A value. Raises InvalidError."""
        self._depth += 1
        try:
            if self._depth > DEEPEST:
                raise InvalidError("it is nested too deeply")
            return self._value(node)
        finally:
            self._depth -= 1

    def _value(self, node: exp.Expression) -> Value:
        if isinstance(node, exp.Paren):
            return self.value(node.this)
        simple = literals.literal(node)
        if simple is not None:
            return Value(plan.Expression(literal=simple[0]), simple[1])
        if isinstance(node, exp.Column):
            return self._column(node)
        for kinds, reader in self._readers():
            if isinstance(node, kinds):
                return reader(node)
        if isinstance(node, exp.Subquery):
            raise InvalidError(f"{shown(node)}: subqueries are not supported in model files")
        if is_condition(node):
            return Value(plan.Expression(predicate=self.condition(node)), catalog.TYPE_FAMILY_BOOLEAN)
        made = functions.call(node, self)
        if made is not None:
            return made
        raise InvalidError(f"{shown(node)} is not supported in model files")

    def _readers(self) -> tuple[tuple[type | tuple[type, ...], Callable[[exp.Expression], Value]], ...]:
        return (
            (exp.CurrentDate, lambda _: Value(plan.Expression(as_of=plan.AsOf()), catalog.TYPE_FAMILY_DATE)),
            (exp.CurrentTimestamp, self._moment),
            ((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), self._arithmetic),
            (exp.Neg, self._negative),
            ((exp.AggFunc, exp.Filter, exp.WithinGroup), self._aggregate),
            ((exp.Case, exp.If), self._case),
        )

    def _moment(self, _: exp.Expression) -> Value:
        return Value(plan.Expression(as_of=plan.AsOf(moment=True)), catalog.TYPE_FAMILY_TIMESTAMP)

    def _named(self, node: exp.Column) -> tuple[plan.Expression | plan.Predicate, Family]:
        if isinstance(node.this, exp.Star):
            raise InvalidError("* may stand in COUNT(*) only")
        parts = [part.name for part in node.parts]
        if len(parts) > 3:
            raise InvalidError(f"{shown(node)} has too many parts")
        found = self._scope.resolve(parts[-2] if len(parts) > 1 else "", parts[-1])
        is_metric = isinstance(found[0], plan.Expression) and found[0].WhichOneof("kind") == "metric"
        if is_metric:
            self.aggregated = True
        elif not self._inside:
            self.bare.append(parts[-1])
        return found

    def _column(self, node: exp.Column) -> Value:
        named, family = self._named(node)
        if isinstance(named, plan.Predicate):
            return Value(plan.Expression(predicate=named), family)
        return Value(named, family)

    def _arithmetic(self, node: exp.Expression) -> Value:
        right_node = node.expression
        if isinstance(right_node, exp.Interval):
            return self._shifted(node, self.value(node.this), literals.days(right_node))
        left, right = self.value(node.this), self.value(right_node)
        dates = (left.family in TEMPORAL, right.family in TEMPORAL)
        if isinstance(node, exp.Sub) and all(dates):
            made = functions.made(plan.FUNCTION_DAYS_BETWEEN, left.expression, right.expression)
            return Value(made, catalog.TYPE_FAMILY_INTEGER)
        if any(dates):
            if not isinstance(node, (exp.Add, exp.Sub)) or all(dates) or (dates[1] and isinstance(node, exp.Sub)):
                raise InvalidError(
                    f"{shown(node)}: a date can only have days added or taken, or another date taken from it"
                )
            date, days = (left, right) if dates[0] else (right, left)
            if isinstance(node, exp.Sub):
                days = self._negated(days)
            return Value(functions.made(plan.FUNCTION_ADD_DAYS, date.expression, days.expression), date.family)
        operator, family = _operator(node, left.family, right.family)
        combined = plan.Arithmetic(operator=operator, left=left.expression, right=right.expression)
        return Value(plan.Expression(arithmetic=combined), family)

    def _shifted(self, node: exp.Expression, date: Value, days: int) -> Value:
        if date.family not in TEMPORAL or not isinstance(node, (exp.Add, exp.Sub)):
            raise InvalidError(f"{shown(node)}: an interval can only be added to or taken from a date")
        shift = plan.Expression(literal=plan.Literal(integer=-days if isinstance(node, exp.Sub) else days))
        return Value(functions.made(plan.FUNCTION_ADD_DAYS, date.expression, shift), date.family)

    def _negative(self, node: exp.Expression) -> Value:
        return self._negated(self.value(node.this))

    def _negated(self, value: Value) -> Value:
        if (
            value.expression.WhichOneof("kind") == "literal"
            and value.expression.literal.WhichOneof("value") == "integer"
        ):
            return Value(plan.Expression(literal=plan.Literal(integer=-value.expression.literal.integer)), value.family)
        zero = plan.Expression(literal=plan.Literal(integer=0))
        made = plan.Arithmetic(operator=plan.ARITHMETIC_OPERATOR_SUBTRACT, left=zero, right=value.expression)
        return Value(plan.Expression(arithmetic=made), value.family)

    def _case(self, node: exp.Expression) -> Value:
        subject = node.this if isinstance(node, exp.Case) else None
        branches = node.args["ifs"] if isinstance(node, exp.Case) else [node]
        made = plan.Conditional()
        family = UNKNOWN
        for branch in branches:
            test = exp.EQ(this=subject.copy(), expression=branch.this) if subject is not None else branch.this
            then = self.value(branch.args["true"])
            made.branches.add(when=self.condition(test), then=then.expression)
            family = family or then.family
        otherwise = node.args.get("default") if isinstance(node, exp.Case) else node.args.get("false")
        if otherwise is not None:
            last = self.value(otherwise)
            made.otherwise.CopyFrom(last.expression)
            family = family or last.family
        return Value(plan.Expression(conditional=made), family)

    def _aggregate(self, node: exp.Expression) -> Value:
        if not self._aggregates:
            raise InvalidError(f"{shown(node)}: aggregates belong in metrics, not in fields")
        if self._inside:
            raise InvalidError(f"{shown(node)}: an aggregate inside of an aggregate")
        self._inside = True
        self.aggregated = True
        try:
            return functions.aggregate(node, self)
        finally:
            self._inside = False

    def inside(self, table: str, alias: str) -> "tuple[Reader, RelatedScope]":
        """A reader of what stands inside an EXISTS. Raises InvalidError."""
        scope = self._scope.related(table, alias)
        return Reader(scope, aggregates=False), scope

    def condition(self, node: exp.Expression) -> plan.Predicate:
        """A condition. Raises InvalidError."""
        from services.mapper.ossie.conditions import condition  # noqa: PLC0415  # the two halves need each other

        self._depth += 1
        try:
            if self._depth > DEEPEST:
                raise InvalidError("it is nested too deeply")
            return condition(node, self)
        finally:
            self._depth -= 1


def _operator(node: exp.Expression, left: Family, right: Family) -> tuple[plan.ArithmeticOperator.ValueType, Family]:
    integer, decimal, floating = (catalog.TYPE_FAMILY_INTEGER, catalog.TYPE_FAMILY_DECIMAL, catalog.TYPE_FAMILY_FLOAT)
    wider = floating if floating in (left, right) else decimal if decimal in (left, right) else integer
    if isinstance(node, exp.Add):
        return plan.ARITHMETIC_OPERATOR_ADD, wider
    if isinstance(node, exp.Sub):
        return plan.ARITHMETIC_OPERATOR_SUBTRACT, wider
    if isinstance(node, exp.Mul):
        return plan.ARITHMETIC_OPERATOR_MULTIPLY, wider
    if isinstance(node, exp.Div):
        return plan.ARITHMETIC_OPERATOR_DIVIDE, floating if wider == floating else decimal
    return plan.ARITHMETIC_OPERATOR_MODULO, wider


def is_condition(node: exp.Expression) -> bool:
    """Whether a node is true or false by its form alone."""
    while isinstance(node, exp.Paren):
        node = node.this
    return isinstance(
        node,
        (exp.Predicate, exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.NullSafeEQ),
    )


def shown(node: exp.Expression) -> str:
    text = node.sql(dialect="postgres")
    return text if len(text) <= 80 else text[:77] + "..."
