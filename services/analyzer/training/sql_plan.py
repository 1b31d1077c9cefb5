"""SQL → QueryPlan, for gold queries: the other direction belongs to the loader.

Names are resolved against a catalog; every join condition is written out (`on`), so that nothing is lost of a query that
joins in its own way. What a plan cannot say raises Inexpressible, with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlglot
from sqlglot import expressions as sql
from sqlglot.errors import SqlglotError

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.training.sql_schema import Inexpressible, Schema
from services.analyzer.training.sql_words import (
    AGGREGATES,
    ARITHMETIC,
    COMPARISONS,
    FUNCTIONS,
    SETS,
    column_of,
    literal_of,
    name_of,
    unique,
    whole_number,
)


def to_plan(text: str, schema: Schema, dialect: str = "sqlite") -> plan.QueryPlan:
    """The plan of one SELECT. Raises Inexpressible."""
    for wrong, right in (("> =", ">="), ("< =", "<="), ("! =", "!=")):
        text = text.replace(wrong, right)
    try:
        tree = sqlglot.parse_one(text.strip().rstrip(";"), read=dialect)
    except SqlglotError as error:
        raise Inexpressible(f"not readable: {str(error)[:120]}") from error
    made = plan.QueryPlan(proposer="caller")
    made.query.CopyFrom(_Reader(schema).query(tree, None))
    return made


@dataclass
class _Scope:
    """Aliases of one block: alias in the text → (alias in the plan, lower-case table, or output names of a subquery)."""

    outer: "_Scope | None"
    aliases: dict[str, tuple[str, str, tuple[str, ...]]] = field(default_factory=dict)
    outputs: dict[str, plan.Expression] = field(default_factory=dict)


class _Reader:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._aliases: set[str] = set()

    # Queries

    def query(self, tree: sql.Expr, outer: _Scope | None) -> plan.Query:
        if isinstance(tree, sql.Subquery):
            return self.query(tree.this, outer)
        made = plan.Query()
        if isinstance(tree, (sql.Union, sql.Intersect, sql.Except)):
            made.set_operation.operator = SETS[type(tree)]
            made.set_operation.keep_duplicates = not tree.args.get("distinct", True)
            # sqlglot hangs the order of the whole on the last operand; SQL means the combination.
            made.set_operation.left.CopyFrom(self.query(tree.left, outer))
            made.set_operation.right.CopyFrom(self.query(tree.right, outer))
            self._tail(made, tree, self._outputs_scope(made, outer))
            return made
        if not isinstance(tree, sql.Select):
            raise Inexpressible(f"{type(tree).__name__} is no query")
        scope = _Scope(outer)
        self._select(made.select, tree, scope)
        self._tail(made, tree, scope)
        return made

    def _outputs_scope(self, made: plan.Query, outer: _Scope | None) -> _Scope:
        scope = _Scope(outer)
        first = made.set_operation.left
        while first.HasField("set_operation"):
            first = first.set_operation.left
        for projection in first.select.projections:
            scope.outputs[projection.name.lower()] = plan.Expression(output=plan.OutputRef(name=projection.name))
        return scope

    def _tail(self, made: plan.Query, tree: sql.Expr, scope: _Scope) -> None:
        order = tree.args.get("order")
        for term in order.expressions if order else ():
            key = made.order_by.add(descending=bool(term.args.get("desc")))
            if made.HasField("set_operation"):
                key.output = self._output_name(term.this, made)
            else:
                key.expression.CopyFrom(self._expression(term.this, scope))
                if key.expression.HasField("output") and not key.expression.output.alias:
                    key.output = key.expression.output.name
                    key.ClearField("expression")
            # SQLite puts NULLs first in ascending order and last in descending order.
            key.nulls = plan.NULLS_ORDER_LAST if key.descending else plan.NULLS_ORDER_FIRST
        limit, offset = tree.args.get("limit"), tree.args.get("offset")
        if limit is not None:
            made.limit = whole_number(limit.expression)
        if offset is not None:
            made.offset = whole_number(offset.expression)

    def _output_name(self, term: sql.Expr, made: plan.Query) -> str:
        first = made
        while first.HasField("set_operation"):
            first = first.set_operation.left
        wanted = term.name.lower() if isinstance(term, sql.Column) else ""
        for projection in first.select.projections:
            column = projection.expression.column.column.lower()
            if wanted and wanted in (projection.name.lower(), column):
                return projection.name
        raise Inexpressible(f"order of a combination by {term.sql()}")

    def _select(self, made: plan.Select, tree: sql.Select, scope: _Scope) -> None:
        source = tree.args.get("from_") or tree.args.get("from")
        conditions: list[sql.Expr] = []
        if source is not None:
            self._relation(made.__getattribute__("from"), source.this, scope)
        for join in tree.args.get("joins") or ():
            added = made.joins.add()
            added.kind = plan.JOIN_KIND_LEFT if join.args.get("side") == "LEFT" else plan.JOIN_KIND_INNER
            before = dict(scope.aliases)
            self._relation(added.relation, join.this, scope)
            try:
                self._on(added, join, scope, before)
            except Inexpressible:
                # SQLite lets a condition name a relation that only a later join brings.
                added.on.truth.literal.boolean = True
                conditions.append(join.args["on"])
        where = tree.args.get("where")
        if where is not None:
            conditions.append(where.this)
        found = [self._predicate(condition, scope) for condition in conditions]
        if len(found) == 1:
            made.where.CopyFrom(found[0])
        elif found:
            made.where.all_of.predicates.extend(found)
        self._projections(made, tree, scope)
        made.distinct = tree.args.get("distinct") is not None
        group = tree.args.get("group")
        for term in group.expressions if group else ():
            expression = self._expression(term, scope)
            if expression.HasField("output") and not expression.output.alias:
                expression = scope.outputs[expression.output.name.lower()]
            made.group_by.add().CopyFrom(expression)
        having = tree.args.get("having")
        if having is not None:
            made.having.CopyFrom(self._predicate(having.this, scope))

    def _projections(self, made: plan.Select, tree: sql.Select, scope: _Scope) -> None:
        names: set[str] = set()
        for each in tree.expressions:
            alias = each.alias if isinstance(each, sql.Alias) else ""
            inner = each.this if isinstance(each, sql.Alias) else each
            if isinstance(inner, sql.Star) or (isinstance(inner, sql.Column) and isinstance(inner.this, sql.Star)):
                self._star(made, inner, scope, names)
                continue
            projection = made.projections.add()
            if isinstance(inner, sql.Distinct) or (
                isinstance(inner, sql.Anonymous) and inner.name.lower() == "distinct"
            ):
                made.distinct, inner = True, inner.expressions[0]
            projection.expression.CopyFrom(self._expression(inner, scope))
            projection.name = unique(alias or name_of(inner), names)
            if alias:
                scope.outputs[alias.lower()] = projection.expression

    def _star(self, made: plan.Select, star: sql.Expr, scope: _Scope, names: set[str]) -> None:
        wanted = star.table.lower() if isinstance(star, sql.Column) else ""
        for text, (alias, table, outputs) in scope.aliases.items():
            if wanted and text != wanted:
                continue
            if table:
                for column in self._schema.columns[table].values():
                    expression = plan.Expression(column=plan.ColumnRef(alias=alias, column=column))
                    made.projections.add(expression=expression, name=unique(column, names))
            for name in outputs:
                expression = plan.Expression(output=plan.OutputRef(alias=alias, name=name))
                made.projections.add(expression=expression, name=unique(name, names))

    # Relations

    def _relation(self, made: plan.Relation, tree: sql.Expr, scope: _Scope) -> None:
        if isinstance(tree, sql.Subquery):
            alias = tree.alias or "sub"
            made.alias = self._alias(alias)
            made.query.CopyFrom(self.query(tree.this, scope.outer))
            first = made.query
            while first.HasField("set_operation"):
                first = first.set_operation.left
            outputs = tuple(projection.name for projection in first.select.projections)
            scope.aliases[alias.lower()] = (made.alias, "", outputs)
            return
        if not isinstance(tree, sql.Table):
            raise Inexpressible(f"relation {tree.sql()[:60]}")
        table = tree.name.lower()
        if table not in self._schema.tables:
            raise Inexpressible(f"no table {tree.name}")
        alias = tree.alias or tree.name
        made.alias = self._alias(alias)
        made.table.name = self._schema.tables[table]
        scope.aliases[alias.lower()] = (made.alias, table, ())

    def _alias(self, wanted: str) -> str:
        alias, number = wanted, 2
        while alias.lower() in self._aliases:
            alias, number = f"{wanted}_{number}", number + 1
        self._aliases.add(alias.lower())
        return alias

    def _on(
        self, made: plan.Join, join: sql.Join, scope: _Scope, before: Mapping[str, tuple[str, str, tuple[str, ...]]]
    ) -> None:
        condition = join.args.get("on")
        if condition is not None:
            made.on.CopyFrom(self._predicate(condition, scope))
            return
        using = join.args.get("using")
        new = next(entry for text, entry in scope.aliases.items() if text not in before)
        if using:
            old = next(iter(before.values()))
            for column in using:
                left, right = column_of(old, column.name, self._schema), column_of(new, column.name, self._schema)
                made.on.comparison.operator = plan.COMPARISON_OPERATOR_EQUAL
                made.on.comparison.left.CopyFrom(left)
                made.on.comparison.right.CopyFrom(right)
            return
        # A comma, or a JOIN without a condition, is a product: always true.
        made.on.truth.literal.boolean = True

    # Expressions

    def _expression(self, tree: sql.Expr, scope: _Scope) -> plan.Expression:  # noqa: PLR0911  # one return a kind
        if isinstance(tree, sql.Paren):
            return self._expression(tree.this, scope)
        if isinstance(tree, sql.Column):
            return self._column(tree, scope)
        if isinstance(tree, sql.Literal):
            return plan.Expression(literal=literal_of(tree))
        if isinstance(tree, sql.Null):
            return plan.Expression(literal=plan.Literal(null=True))
        if isinstance(tree, sql.Boolean):
            return plan.Expression(literal=plan.Literal(boolean=bool(tree.this)))
        if isinstance(tree, sql.Neg) and isinstance(tree.this, sql.Literal):
            made = literal_of(tree.this)
            if made.HasField("integer"):
                return plan.Expression(literal=plan.Literal(integer=-made.integer))
            return plan.Expression(literal=plan.Literal(decimal=f"-{made.decimal}"))
        if type(tree) in AGGREGATES:
            return self._aggregate(tree, scope)
        if type(tree) in ARITHMETIC:
            made_arithmetic = plan.Arithmetic(operator=ARITHMETIC[type(tree)])
            made_arithmetic.left.CopyFrom(self._expression(tree.this, scope))
            made_arithmetic.right.CopyFrom(self._expression(tree.expression, scope))
            return plan.Expression(arithmetic=made_arithmetic)
        if isinstance(tree, (sql.Subquery, sql.Select)):
            return plan.Expression(scalar_query=self.query(tree, scope))
        if isinstance(tree, sql.Cast):
            return self._cast(tree, scope)
        if type(tree) in FUNCTIONS:
            call = plan.FunctionCall(function=FUNCTIONS[type(tree)])
            for argument in [tree.this, *tree.expressions]:
                call.arguments.add().CopyFrom(self._expression(argument, scope))
            return plan.Expression(function=call)
        if isinstance(
            tree, (*COMPARISONS, sql.In, sql.Between, sql.Like, sql.Is, sql.Exists, sql.Not, sql.And, sql.Or)
        ):
            return plan.Expression(predicate=self._predicate(tree, scope))
        raise Inexpressible(f"expression {type(tree).__name__}: {tree.sql()[:60]}")

    def _cast(self, tree: sql.Cast, scope: _Scope) -> plan.Expression:
        kind = tree.to.this.name
        function = {
            "INT": plan.FUNCTION_TO_INTEGER, "BIGINT": plan.FUNCTION_TO_INTEGER, "FLOAT": plan.FUNCTION_TO_FLOAT,
            "DOUBLE": plan.FUNCTION_TO_FLOAT, "REAL": plan.FUNCTION_TO_FLOAT, "TEXT": plan.FUNCTION_TO_TEXT,
            "VARCHAR": plan.FUNCTION_TO_TEXT, "DECIMAL": plan.FUNCTION_TO_FLOAT, "DATE": plan.FUNCTION_TO_DATE,
        }.get(kind)  # fmt: skip
        if function is None:
            raise Inexpressible(f"cast to {kind}")
        call = plan.FunctionCall(function=function, arguments=[self._expression(tree.this, scope)])
        return plan.Expression(function=call)

    def _aggregate(self, tree: sql.Expr, scope: _Scope) -> plan.Expression:
        made = plan.Aggregate(function=AGGREGATES[type(tree)])
        operand = tree.this
        if isinstance(operand, sql.Distinct):
            made.distinct = True
            if len(operand.expressions) != 1:
                raise Inexpressible("count of several distinct columns")
            operand = operand.expressions[0]
        if operand is not None and not isinstance(operand, sql.Star):
            made.operand.CopyFrom(self._expression(operand, scope))
        return plan.Expression(aggregate=made)

    def _column(self, tree: sql.Column, scope: _Scope) -> plan.Expression:
        name, table = tree.name, tree.table.lower()
        if not table:
            output = scope.outputs.get(name.lower())
            found = self._find(name, scope)
            if found is not None and output is None:
                return found
            if output is not None:
                return found or plan.Expression(output=plan.OutputRef(name=name))
            # "text" in double quotes that names no column is text to SQLite.
            if tree.this.args.get("quoted"):
                return plan.Expression(literal=plan.Literal(text=name))
            raise Inexpressible(f"no column {name}")
        at: _Scope | None = scope
        while at is not None:
            if table in at.aliases:
                return column_of(at.aliases[table], name, self._schema)
            at = at.outer
        raise Inexpressible(f"no relation {tree.table}")

    def _find(self, name: str, scope: _Scope) -> plan.Expression | None:
        at: _Scope | None = scope
        while at is not None:
            for entry in at.aliases.values():
                _, table, outputs = entry
                if table and name.lower() in self._schema.columns[table]:
                    return column_of(entry, name, self._schema)
                if name.lower() in (each.lower() for each in outputs):
                    return column_of(entry, name, self._schema)
            at = at.outer
        return None

    # Predicates

    def _predicate(self, tree: sql.Expr, scope: _Scope) -> plan.Predicate:  # noqa: PLR0911  # one return a kind
        if isinstance(tree, sql.Paren):
            return self._predicate(tree.this, scope)
        if isinstance(tree, sql.And):
            parts = [self._predicate(part, scope) for part in tree.flatten()]
            return plan.Predicate(all_of=plan.PredicateList(predicates=parts))
        if isinstance(tree, sql.Or):
            parts = [self._predicate(part, scope) for part in tree.flatten()]
            return plan.Predicate(any_of=plan.PredicateList(predicates=parts))
        if isinstance(tree, sql.Not):
            return self._not(tree, scope)
        if type(tree) in COMPARISONS:
            made = plan.Comparison(operator=COMPARISONS[type(tree)])
            made.left.CopyFrom(self._expression(tree.this, scope))
            made.right.CopyFrom(self._expression(tree.expression, scope))
            return plan.Predicate(comparison=made)
        if isinstance(tree, sql.In):
            return self._in(tree, scope)
        if isinstance(tree, sql.Between):
            made_range = plan.Range()
            made_range.operand.CopyFrom(self._expression(tree.this, scope))
            made_range.lower.CopyFrom(self._expression(tree.args["low"], scope))
            made_range.upper.CopyFrom(self._expression(tree.args["high"], scope))
            return plan.Predicate(range=made_range)
        if isinstance(tree, sql.Like):
            return self._like(tree, scope)
        if isinstance(tree, sql.Is):
            test = plan.NullTest()
            test.operand.CopyFrom(self._expression(tree.this, scope))
            test.negated = bool(tree.args.get("negate"))
            return plan.Predicate(null_test=test)
        if isinstance(tree, sql.Exists):
            return plan.Predicate(exists=plan.ExistsTest(query=self.query(tree.this, scope)))
        return plan.Predicate(truth=self._expression(tree, scope))

    def _not(self, tree: sql.Not, scope: _Scope) -> plan.Predicate:
        inner = self._predicate(tree.this, scope)
        kind = inner.WhichOneof("kind")
        if kind in ("membership", "pattern", "null_test", "exists"):
            getattr(inner, kind).negated = True
            return inner
        return plan.Predicate(negation=inner)

    def _in(self, tree: sql.In, scope: _Scope) -> plan.Predicate:
        made = plan.Membership()
        made.operand.CopyFrom(self._expression(tree.this, scope))
        query = tree.args.get("query")
        if query is not None:
            made.query.CopyFrom(self.query(query, scope))
        elif tree.args.get("field") is not None:
            raise Inexpressible("IN a table")
        else:
            for value in tree.expressions:
                if isinstance(value, (sql.Select, sql.Subquery)):
                    made.query.CopyFrom(self.query(value, scope))
                else:
                    made.values.add().CopyFrom(self._expression(value, scope))
        return plan.Predicate(membership=made)

    def _like(self, tree: sql.Like, scope: _Scope) -> plan.Predicate:
        pattern = self._expression(tree.expression, scope)
        if not pattern.literal.HasField("text"):
            raise Inexpressible("LIKE something that is no text")
        made = plan.Pattern(kind=plan.PATTERN_KIND_LIKE, text=pattern.literal.text)
        made.operand.CopyFrom(self._expression(tree.this, scope))
        # SQLite's LIKE does not regard case.
        made.fold = True
        # The parser marks NOT LIKE on the test itself.
        made.negated = bool(tree.args.get("negate"))
        return plan.Predicate(pattern=made)
