"""Algebra → SQLAlchemy Core."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.selectable import CTE, FromClause

from services.loader.algebra import (
    NOTHING,
    Aggregate,
    All,
    Arithmetic,
    Behind,
    Between,
    Bucket,
    Call,
    Case,
    Column,
    Combined,
    Compare,
    Condition,
    Excluded,
    Exists,
    Expression,
    Folded,
    In,
    InQuery,
    IsNull,
    Joined,
    Listed,
    Literal,
    LooseSource,
    Match,
    Native,
    Not,
    Null,
    Order,
    Output,
    Predicate,
    Query,
    QuerySource,
    Same,
    Scalar,
    Select,
    Shielded,
    Some,
    Source,
    TableSource,
    Truth,
    Window,
)
from services.loader.emit.forms import Forms, Sql, function
from services.loader.rewrite import walk
from services.loader.types import Family

_COMPARED: Final = {
    "EQUAL": "__eq__",
    "NOT_EQUAL": "__ne__",
    "LESS": "__lt__",
    "LESS_OR_EQUAL": "__le__",
    "GREATER": "__gt__",
    "GREATER_OR_EQUAL": "__ge__",
}
_COMBINED: Final = {
    ("UNION", False): sa.union,
    ("UNION", True): sa.union_all,
    ("INTERSECT", False): sa.intersect,
    ("INTERSECT", True): sa.intersect_all,
    ("EXCEPT", False): sa.except_,
    ("EXCEPT", True): sa.except_all,
}


class Statements:
    """Builds the statement of one query."""

    def __init__(self, forms: Forms, query: Query) -> None:
        self._forms = forms
        self._columns = _columns_used(query)
        self._relations: dict[str, FromClause] = {}
        self._fences: dict[Query, CTE] = {}

    def statement(self, query: Query) -> Any:
        """The SELECT of a query."""
        if isinstance(query.body, Combined):
            return self._combined(query, query.body)
        return self._select(query, query.body)

    # ---- relations -------------------------------------------------------------------------------------------------

    def _source(self, source: Source) -> FromClause:
        made: FromClause
        if isinstance(source, TableSource):
            columns: list[Any] = [sa.column(name) for name in sorted(self._columns.get(source.alias, ()))]
            made = sa.table(source.name, *columns, schema=source.schema or None).alias(source.alias)
        elif isinstance(source, LooseSource):
            made = _loose(source)
        elif source.lateral:
            made = self.statement(source.query).lateral(source.alias)
        elif source.fenced:
            made = self._fenced(source)
        else:
            made = self.statement(source.query).subquery(source.alias)
        self._relations[source.alias] = made
        return made

    def _fenced(self, source: QuerySource) -> FromClause:
        """A query that is computed once, however often it stands in the statement."""
        before = self._fences.get(source.query)
        if before is not None:
            return before.alias(source.alias)
        made: CTE = self.statement(source.query).cte(source.alias).prefix_with("MATERIALIZED")
        self._fences[source.query] = made
        return made

    def _from(self, source: Source, joins: tuple[Joined, ...]) -> FromClause:
        made = self._source(source)
        for each in joins:
            right = self._source(each.source)
            on = self.predicate(each.on)
            made = sa.join(made, right, on, isouter=each.left)
        return made

    # ---- queries ---------------------------------------------------------------------------------------------------

    def _select(self, query: Query, body: Select) -> Any:
        outer = tuple(self._relations.values())
        tables = None if body.source is None else self._from(body.source, body.joins)
        labels = {each.name: self.expression(each.expression).label(each.name) for each in body.outputs}
        made = sa.select(*labels.values()) if labels else sa.select(sa.literal_column("*"))
        if tables is not None:
            made = made.select_from(tables)
        if outer:
            made = made.correlate(*outer)
        if body.where != NOTHING:
            made = made.where(self.predicate(body.where))
        if body.groups:
            made = made.group_by(*(self.expression(each) for each in body.groups))
        if body.having != NOTHING:
            made = made.having(self.predicate(body.having))
        if body.distinct:
            made = made.distinct()
        by_expression = {each.expression: labels[each.name] for each in body.outputs}
        return self._ordered(made, query, labels, by_expression)

    def _ordered(self, made: Any, query: Query, labels: dict[str, Any], by_expression: dict[Expression, Any]) -> Any:
        for each in query.order:
            if each.output in labels:
                key = labels[each.output]
            else:
                key = by_expression.get(each.expression)
                key = self.expression(each.expression) if key is None else key
            made = made.order_by(self._order(each, key))
        if query.limit is not None:
            made = made.limit(self._forms.parameters.bind(query.limit))
        if query.offset is not None:
            made = made.offset(self._forms.parameters.bind(query.offset))
        return made

    def _order(self, term: Order, key: Any) -> Any:
        ordered = sa.desc(key) if term.descending else sa.asc(key)
        place = ""
        if term.nulls:
            place = self._forms.nulls(descending=term.descending, wanted=term.nulls)
        if place == "first":
            return ordered.nulls_first()
        return ordered.nulls_last() if place == "last" else (ordered if term.descending else key)

    def _combined(self, query: Query, body: Combined) -> Any:
        operands = [self._operand(body.left, "l"), self._operand(body.right, "r")]
        made = _COMBINED[body.operator, body.duplicates](*operands)
        names = [each.name for each in _shown(body)]
        labels: dict[str, Any] = {name: sa.column(name) for name in names}
        return self._ordered(made, query, labels, {})

    def _operand(self, query: Query, side: str) -> Any:
        """An operand of a combination; one that has operands, an order or a limit of its own becomes a subquery, which
        every database reads alike."""
        made = self.statement(query)
        if isinstance(query.body, Select) and not query.order and query.limit is None and query.offset is None:
            return made
        inner = made.subquery(f"{side}_{len(self._relations)}")
        self._relations[inner.name] = inner
        return sa.select(*inner.c)

    # ---- predicates ------------------------------------------------------------------------------------------------

    def predicate(self, node: Predicate) -> Any:  # a case for each kind
        """The condition."""
        match node:
            case All():
                return (
                    sa.and_(*(self.predicate(each) for each in node.parts))
                    if node.parts
                    else self._forms.constant(holds=True)
                )
            case Some():
                return (
                    sa.or_(*(self.predicate(each) for each in node.parts))
                    if node.parts
                    else self._forms.constant(holds=False)
                )
            case Not():
                return sa.not_(self.predicate(node.part))
            case Compare():
                return getattr(self.expression(node.left), _COMPARED[node.operator])(self.expression(node.right))
            case Between():
                return self._between(node)
            case IsNull():
                operand = self.expression(node.operand)
                return operand.is_not(sa.null()) if node.negated else operand.is_(sa.null())
            case Truth():
                return self.expression(node.operand)
            case Same():
                return self.expression(node.left).is_not_distinct_from(self.expression(node.right))
        return self._tested(node)

    def _tested(self, node: Predicate) -> Any:
        match node:
            case In():
                values = [self.expression(each) for each in node.values]
                operand = self.expression(node.operand)
                return operand.not_in(values) if node.negated else operand.in_(values)
            case InQuery():
                operand, query = self.expression(node.operand), self.statement(node.query)
                return operand.not_in(query) if node.negated else operand.in_(query)
            case Match():
                matched = self._forms.match(node, self.expression(node.operand))
                return sa.not_(matched) if node.negated else matched
            case Exists():
                exists = self.statement(node.query).exists()
                return sa.not_(exists) if node.negated else exists
            case Listed():
                return self._forms.listed(self.expression(node.items), self.expression(node.value))
            case Behind():
                keys = sa.tuple_(*(self.expression(each) for each in node.keys))
                last = sa.tuple_(*(self.expression(each) for each in node.values))
                return keys < last if node.descending else keys > last
            case Excluded():
                return self._forms.none_of(self.expression(node.operand), node.values)
        raise TypeError(f"no predicate: {node!r}")

    def _between(self, node: Between) -> Any:
        operand = self.expression(node.operand)
        parts = []
        if node.lower is not None:
            lower = self.expression(node.lower)
            parts.append(operand > lower if node.lower_exclusive else operand >= lower)
        if node.upper is not None:
            upper = self.expression(node.upper)
            parts.append(operand < upper if node.upper_exclusive else operand <= upper)
        return sa.and_(*parts)

    # ---- expressions -----------------------------------------------------------------------------------------------

    def expression(self, node: Expression) -> Any:
        """The value."""
        match node:
            case Column():
                return self._relations[node.alias].c[node.name]
            case Literal():
                return self._forms.parameters.bind(node)
            case Null():
                return sa.null()
            case Aggregate():
                return self._aggregate(node)
            case Arithmetic():
                return self._forms.arithmetic(node, self.expression(node.left), self.expression(node.right))
            case Call():
                return self._forms.call(node, [self.expression(each) for each in node.arguments])
            case Bucket():
                return self._forms.bucket(node, self.expression(node.operand))
        return self._composed(node)

    def _composed(self, node: Expression) -> Any:
        match node:
            case Scalar():
                return self.statement(node.query).scalar_subquery()
            case Case():
                branches = [(self.predicate(when), self.expression(then)) for when, then in node.branches]
                otherwise = None if node.otherwise is None else self.expression(node.otherwise)
                return sa.case(*branches, else_=otherwise)
            case Window():
                return self._window(node)
            case Condition():
                return self.predicate(node.predicate)
            case Folded():
                return self._forms.folded(node.operand, self.expression(node.operand))
            case Native():
                made = self.expression(node.operand)
                for name in reversed(node.function):
                    made = function(name)(made)
                return made
            case Shielded():
                shielded = self.expression(node.operand)
                if node.type.family is Family.TEXT:
                    return shielded.op("||")(self._forms.fixed(""))
                return sa.func.coalesce(shielded, shielded)
        raise TypeError(f"no expression: {node!r}")

    def _aggregate(self, node: Aggregate) -> Any:
        operand = None if node.operand is None else self.expression(node.operand)
        second = None if node.second is None else self.expression(node.second)
        made = self._forms.aggregate(node, operand, second)
        return made if node.filter is None else made.filter(self.predicate(node.filter))

    def _window(self, node: Window) -> Any:
        partition = [self.expression(each) for each in node.partition] or None
        order = [self._order(each, self.expression(each.expression)) for each in node.order] or None
        operand: Sql | None = None if node.operand is None else self.expression(node.operand)
        match node.function:
            case "RANK":
                return sa.func.rank().over(partition_by=partition, order_by=order)
            case "ROW_NUMBER":
                return sa.func.row_number().over(partition_by=partition, order_by=order)
            case "PREVIOUS":
                return sa.func.lag(operand).over(partition_by=partition, order_by=order)
            case "RUNNING_SUM":
                return sa.func.sum(operand).over(partition_by=partition, order_by=order)
        assert operand is not None
        return self._forms.share(operand, sa.func.sum(operand).over(partition_by=partition))


def _loose(source: LooseSource) -> FromClause:
    """The smallest value, then again and again the smallest above it
    (https://wiki.postgresql.org/wiki/Loose_indexscan)."""

    def least(name: str) -> tuple[Any, Any]:
        table = sa.table(source.name, sa.column(source.column), schema=source.schema or None).alias(name)
        return table.c[source.column], sa.select(sa.func.min(table.c[source.column]).label("value"))

    _, first = least(f"{source.alias}_first")
    found = first.cte(f"{source.alias}_values", recursive=True)
    column, following = least(f"{source.alias}_next")
    above = following.where(column > found.c.value).correlate(found).scalar_subquery()
    found = found.union_all(sa.select(above).where(found.c.value.is_not(sa.null())))
    return sa.select(found.c.value).where(found.c.value.is_not(sa.null())).subquery(source.alias)


def _columns_used(query: Query) -> dict[str, set[str]]:
    used: dict[str, set[str]] = {}
    for node in walk(query):
        if isinstance(node, Column):
            used.setdefault(node.alias, set()).add(node.name)
    return used


def _shown(body: Combined) -> tuple[Output, ...]:
    left = body.left.body
    return _shown(left) if isinstance(left, Combined) else left.outputs
