"""Conditions of expressions: comparisons, sets, ranges, patterns, null tests, and what combines them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from services.mapper.ossie.literals import fitted
from services.mapper.ossie.scope import InvalidError

if TYPE_CHECKING:
    from services.mapper.ossie.expressions import Reader

_COMPARISONS: dict[type[exp.Expression], plan.ComparisonOperator.ValueType] = {
    exp.EQ: plan.COMPARISON_OPERATOR_EQUAL,
    exp.NEQ: plan.COMPARISON_OPERATOR_NOT_EQUAL,
    exp.LT: plan.COMPARISON_OPERATOR_LESS,
    exp.LTE: plan.COMPARISON_OPERATOR_LESS_OR_EQUAL,
    exp.GT: plan.COMPARISON_OPERATOR_GREATER,
    exp.GTE: plan.COMPARISON_OPERATOR_GREATER_OR_EQUAL,
}


def condition(node: exp.Expression, reader: "Reader") -> plan.Predicate:
    """The predicate that a node is. Raises InvalidError."""
    if node.args.get("negate"):
        # The parser marks IS NOT NULL and NOT LIKE on the test itself: one form for all that is negated.
        plain = node.copy()
        plain.set("negate", None)
        return _not(exp.Not(this=plain), reader)
    builder = _BUILDERS.get(type(node))
    if builder is not None:
        return builder(node, reader)
    if type(node) in _COMPARISONS:
        return _comparison(node, reader)
    if isinstance(node, exp.Predicate):
        raise InvalidError(f"{node.sql(dialect='postgres')} is not supported in model files")
    value = reader.value(node)
    if value.expression.WhichOneof("kind") == "predicate":
        return value.expression.predicate
    if value.family not in (catalog.TYPE_FAMILY_BOOLEAN, catalog.TYPE_FAMILY_UNSPECIFIED):
        raise InvalidError(f"{node.sql(dialect='postgres')} is no condition: it is neither true nor false")
    return plan.Predicate(truth=value.expression)


def any_of(*parts: plan.Predicate) -> plan.Predicate:
    """At least one of these."""
    return plan.Predicate(any_of=plan.PredicateList(predicates=parts))


def all_of(*parts: plan.Predicate) -> plan.Predicate:
    """All of these."""
    return plan.Predicate(all_of=plan.PredicateList(predicates=parts))


def negated(part: plan.Predicate) -> plan.Predicate:
    """Not this."""
    return plan.Predicate(negation=part)


def is_null(operand: plan.Expression, *, inverted: bool = False) -> plan.Predicate:
    """NULL, or not."""
    return plan.Predicate(null_test=plan.NullTest(operand=operand, negated=inverted))


def _paren(node: exp.Expression, reader: "Reader") -> plan.Predicate:
    return reader.condition(node.this)


def _combined(node: exp.Expression, reader: "Reader") -> plan.Predicate:
    """A chain of ANDs, or of ORs, as one flat list."""
    kind = type(node)
    parts: list[plan.Predicate] = []
    waiting = [node]
    while waiting:
        at = waiting.pop()
        while isinstance(at, exp.Paren) and isinstance(at.this, kind):
            at = at.this
        if isinstance(at, kind):
            waiting += [at.expression, at.this]
        else:
            parts.append(reader.condition(at))
    return all_of(*parts) if kind is exp.And else any_of(*parts)


def _not(node: exp.Expression, reader: "Reader") -> plan.Predicate:
    inner = node.this
    while isinstance(inner, exp.Paren):
        inner = inner.this
    if isinstance(inner, exp.Is):
        return _is(inner, reader, inverted=True)
    made = reader.condition(inner)
    # "NOT IN", "NOT LIKE" have a form of their own, which means the same and reads better.
    if isinstance(inner, exp.In):
        made.membership.negated = not made.membership.negated
        return made
    if made.WhichOneof("kind") == "related":
        made.related.negated = not made.related.negated
        return made
    if made.WhichOneof("kind") == "pattern":
        made.pattern.negated = not made.pattern.negated
        return made
    return negated(made)


def _is(node: exp.Expression, reader: "Reader", *, inverted: bool = False) -> plan.Predicate:
    right = node.expression
    if isinstance(right, exp.Not):
        return _is(exp.Is(this=node.this, expression=right.this), reader, inverted=not inverted)
    if isinstance(right, exp.Null):
        return is_null(reader.value(node.this).expression, inverted=inverted)
    if not isinstance(right, exp.Boolean):
        raise InvalidError(f"{node.sql(dialect='postgres')}: IS takes NULL, TRUE or FALSE")
    test = reader.condition(node.this)
    wanted = test if bool(right.this) else negated(test)
    if not inverted:
        return wanted
    # IS NOT TRUE holds for NULL as well, which a plain negation would not.
    unknown = is_null(reader.value(node.this).expression)
    return any_of(negated(test) if bool(right.this) else test, unknown)


def _comparison(node: exp.Expression, reader: "Reader") -> plan.Predicate:
    left, right = reader.value(node.this), reader.value(node.expression)
    for side in (left, right):
        if side.expression.WhichOneof("kind") == "literal" and side.expression.literal.WhichOneof("value") == "null":
            raise InvalidError(f"{node.sql(dialect='postgres')} is never true: write IS NULL or IS NOT NULL")
    truth = _against_truth(node, left.expression, right.expression)
    if truth is not None:
        return truth
    return plan.Predicate(
        comparison=plan.Comparison(
            operator=_COMPARISONS[type(node)],
            left=fitted(left.expression, right.family),
            right=fitted(right.expression, left.family),
        )
    )


def _against_truth(node: exp.Expression, left: plan.Expression, right: plan.Expression) -> plan.Predicate | None:
    """x = TRUE is x, x = FALSE is NOT x."""
    if not isinstance(node, (exp.EQ, exp.NEQ)):
        return None
    if right.WhichOneof("kind") != "literal" or right.literal.WhichOneof("value") != "boolean":
        return None
    test = left.predicate if left.WhichOneof("kind") == "predicate" else plan.Predicate(truth=left)
    return test if right.literal.boolean == isinstance(node, exp.EQ) else negated(test)


def _in(node: exp.Expression, reader: "Reader") -> plan.Predicate:
    if node.args.get("query") or node.args.get("unnest") or not node.expressions:
        raise InvalidError("subqueries are not supported in model files")
    operand = reader.value(node.this)
    values = [fitted(reader.value(part).expression, operand.family) for part in node.expressions]
    return plan.Predicate(membership=plan.Membership(operand=operand.expression, values=values))


def _between(node: exp.Expression, reader: "Reader") -> plan.Predicate:
    operand = reader.value(node.this)
    low, high = (fitted(reader.value(node.args[end]).expression, operand.family) for end in ("low", "high"))
    return plan.Predicate(range=plan.Range(operand=operand.expression, lower=low, upper=high))


def _like(node: exp.Expression, reader: "Reader") -> plan.Predicate:
    pattern = node.expression
    if not isinstance(pattern, exp.Literal) or not pattern.is_string:
        raise InvalidError(f"{node.sql(dialect='postgres')}: the pattern must be a text in quotes")
    operand = reader.value(node.this).expression
    fold = isinstance(node, exp.ILike)
    kind, text = pattern_of(str(pattern.this))
    if not text:
        raise InvalidError(f"{node.sql(dialect='postgres')}: the pattern is empty")
    if kind == plan.PATTERN_KIND_UNSPECIFIED:
        literal = plan.Expression(literal=plan.Literal(text=text))
        return plan.Predicate(
            comparison=plan.Comparison(operator=plan.COMPARISON_OPERATOR_EQUAL, left=operand, right=literal, fold=fold)
        )
    return plan.Predicate(pattern=plan.Pattern(operand=operand, kind=kind, text=text, fold=fold))


def pattern_of(text: str) -> tuple[plan.PatternKind.ValueType, str]:
    """A LIKE pattern as the narrowest kind that says it; UNSPECIFIED: it has no wildcard and is an equality."""
    bare = text.strip("%")
    if "%" in bare or "_" in text or "\\" in text:
        return plan.PATTERN_KIND_LIKE, text
    begins, ends = text.startswith("%"), text.endswith("%")
    if begins and ends:
        return plan.PATTERN_KIND_CONTAINS, bare
    if ends:
        return plan.PATTERN_KIND_PREFIX, bare
    if begins:
        return plan.PATTERN_KIND_SUFFIX, bare
    return plan.PATTERN_KIND_UNSPECIFIED, bare


def _distinct(node: exp.Expression, reader: "Reader") -> plan.Predicate:
    """IS [NOT] DISTINCT FROM: NULLs compare as values."""
    left, right = reader.value(node.this), reader.value(node.expression)
    if isinstance(node.expression, exp.Null):
        return is_null(left.expression, inverted=isinstance(node, exp.NullSafeNEQ))
    same = plan.Predicate(
        comparison=plan.Comparison(
            operator=plan.COMPARISON_OPERATOR_EQUAL,
            left=fitted(left.expression, right.family),
            right=fitted(right.expression, left.family),
        )
    )
    both_null = all_of(is_null(left.expression), is_null(right.expression))
    if isinstance(node, exp.NullSafeEQ):
        return any_of(same, both_null)
    one_null = any_of(
        all_of(is_null(left.expression), is_null(right.expression, inverted=True)),
        all_of(is_null(left.expression, inverted=True), is_null(right.expression)),
    )
    return any_of(negated(same), one_null)


def _exists(node: exp.Expression, reader: "Reader") -> plan.Predicate:
    """EXISTS over one table that is tied to this row by equalities: a semi-join."""
    select = node.this
    source = select.args.get("from_") or select.args.get("from") if isinstance(select, exp.Select) else None
    clauses = {key for key, value in select.args.items() if value} - {"expressions", "from_", "from", "where", "kind"}
    where = select.args.get("where")
    if source is None or not isinstance(source.this, exp.Table) or clauses or where is None:
        raise InvalidError("EXISTS takes SELECT 1 FROM one table WHERE its columns tie it to the row")
    table = source.this
    inner, scope = reader.inside(table.name, table.alias)
    tied: list[plan.Predicate] = []
    rest: list[plan.Predicate] = []
    waiting = [where.this]
    while waiting:
        at = waiting.pop()
        while isinstance(at, exp.Paren):
            at = at.this
        if isinstance(at, exp.And):
            waiting += [at.expression, at.this]
            continue
        made = inner.condition(at)
        (tied if _ties(made, scope.plan_alias) else rest).append(made)
    if not tied:
        raise InvalidError("EXISTS needs an equality between a column of its table and one of the row outside")
    relation = plan.Relation(alias=scope.plan_alias, table=scope.inner.table)
    join = plan.Join(relation=relation, on=tied[0] if len(tied) == 1 else all_of(*tied))
    test = plan.RelatedTest(path=[join])
    if rest:
        test.where.CopyFrom(rest[0] if len(rest) == 1 else all_of(*rest))
    return plan.Predicate(related=test)


def _ties(made: plan.Predicate, alias: str) -> bool:
    """Whether a condition sets a column of the inner table equal to one of the row outside."""
    if made.WhichOneof("kind") != "comparison" or made.comparison.operator != plan.COMPARISON_OPERATOR_EQUAL:
        return False
    sides = (made.comparison.left, made.comparison.right)
    if any(side.WhichOneof("kind") != "column" for side in sides):
        return False
    return sum(side.column.alias == alias for side in sides) == 1


_BUILDERS: dict[type[exp.Expression], Callable[[exp.Expression, "Reader"], plan.Predicate]] = {
    exp.Paren: _paren,
    exp.And: _combined,
    exp.Or: _combined,
    exp.Not: _not,
    exp.Is: _is,
    exp.In: _in,
    exp.Between: _between,
    exp.Like: _like,
    exp.ILike: _like,
    exp.NullSafeEQ: _distinct,
    exp.NullSafeNEQ: _distinct,
    exp.Exists: _exists,
}
