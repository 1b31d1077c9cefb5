"""Facts about a value among those of all groups: its rank, and which lie far from the others."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2 as plan
from maestro.result.v1 import result_pb2
from maestro.semantics.v1 import semantics_pb2
from services.enricher.definitions import define
from services.enricher.numbers import Number, read, write
from services.enricher.outliers import LEAST, THRESHOLD, outlying
from services.enricher.shape import Shape, relation_of

_GROUPS = "g"
_VALUE = "value"
# Among fewer a place says nothing; a column of more values identifies rows rather than groups them.
_FEWEST, _MOST = 3, 5_000
# At most one group of so many is out of the ordinary.
_RARE = 5


def ranked_by(query: plan.Query, shape: Shape, catalog: catalog_pb2.CatalogSlice) -> plan.Expression | None:
    """The column whose one value the number of a result is of, where that is one of a few: "deliveries in SP" has a
    place among those of all states. None where there is none, or more than one."""
    select = query.select
    if (
        shape.grouped
        or select.distinct
        or select.HasField("having")
        or len(select.projections) != 1
        or not shape.measures
    ):
        return None
    found = [each for each in _equalities(select.where) if _groups_rows(each.column, select, catalog)]
    return found[0] if len(found) == 1 else None


def place(query: plan.Query, by: plan.Expression, value: Number) -> plan.Query:
    """The query that counts all groups, and those with a larger value."""
    groups = plan.Query()
    groups.select.CopyFrom(query.select)
    groups.select.projections[0].name = _VALUE
    _without(groups.select, by)
    present = groups.select.where.all_of.predicates.add().null_test
    present.operand.CopyFrom(by)
    present.negated = True
    groups.select.group_by.append(by)
    made = _over(groups)
    _count(made, "groups")
    larger = _count(made, "larger").filter.comparison
    larger.operator = plan.COMPARISON_OPERATOR_GREATER
    larger.left.CopyFrom(_value())
    larger.right.CopyFrom(_literal(value))
    return made


def rank(head: result_pb2.ResultHead, column: str, by: str, locale: str) -> list[result_pb2.Enrichment]:
    """The place that `place` counted; nothing where it is among few."""
    values = [read(each) for each in head.rows[0].values] if len(head.rows) == 1 else []
    if len(values) != 2 or values[0] is None or values[1] is None or values[0] < _FEWEST:
        return []
    fact = result_pb2.Enrichment(kind="rank", definition=define("rank", locale, by), column=column)
    fact.values["rank"].CopyFrom(write(values[1] + 1))
    fact.values["of"].CopyFrom(write(values[0]))
    return [fact]


def middle(query: plan.Query, measure: int, away_from: Number | None = None) -> plan.Query:
    """The query for the median of a measure over all groups, and their number; or for the median of the distances from a
    value."""
    groups = plan.Query()
    groups.select.CopyFrom(query.select)
    groups.select.ClearField("top_per_group")
    kept = plan.Projection(name=_VALUE, expression=query.select.projections[measure].expression)
    del groups.select.projections[:]
    groups.select.projections.append(kept)
    made = _over(groups)
    aggregate = made.select.projections.add(name="median").expression.aggregate
    aggregate.function = plan.AGGREGATE_FUNCTION_MEDIAN
    if away_from is None:
        aggregate.operand.CopyFrom(_value())
        _count(made, "groups")
        return made
    distance = aggregate.operand.function
    distance.function = plan.FUNCTION_ABS
    difference = distance.arguments.add().arithmetic
    difference.operator = plan.ARITHMETIC_OPERATOR_SUBTRACT
    difference.left.CopyFrom(_value())
    difference.right.CopyFrom(_literal(away_from))
    return made


def outliers(
    head: result_pb2.ResultHead, measure: int, median: Number, deviation: Number, groups: Number, locale: str
) -> list[result_pb2.Enrichment]:
    """Which rows of a head are outliers; nothing where none is, or there are too few groups to tell."""
    if groups < LEAST or deviation <= 0:
        return []
    values = [read(row.values[measure]) for row in head.rows]
    found = [each is not None and outlying(float(each), float(median), float(deviation)) for each in values]
    # Where many are, the groups are unlike one another, and none stands out; of a part of them nobody knows.
    if not any(found) or (len(found) == groups and sum(found) * _RARE > len(found)):
        return []
    name = head.columns[measure].name
    fact = result_pb2.Enrichment(kind="outliers", definition=define("outliers", locale), column=name)
    fact.values["median"].CopyFrom(write(median))
    fact.values["deviation"].CopyFrom(write(deviation))
    fact.values["threshold"].float = THRESHOLD
    fact.values["groups"].CopyFrom(write(groups))
    fact.values["outliers"].integer = sum(found)
    fact.row_values.extend(result_pb2.Value(boolean=each) for each in found)
    return [fact]


def label_of(by: plan.Expression, query: plan.Query, semantics: semantics_pb2.SemanticSlice, locale: str) -> str:
    """What people call a column: its title in the language of a locale, the first term of the model for it, else its name."""
    relation = relation_of(query.select, by.column.alias)
    for dataset in semantics.datasets:
        if relation is not None and dataset.table.name == relation.table.name:
            for field in dataset.fields:
                if field.column == by.column.column and field.terms:
                    told = (term.text for term in field.titles if term.locale == locale[:2].lower())
                    return next(told, field.terms[0].text)
    return by.column.column.replace("_", " ")


def _over(groups: plan.Query) -> plan.Query:
    made = plan.Query()
    getattr(made.select, "from").CopyFrom(plan.Relation(alias=_GROUPS, query=groups))
    return made


def _value() -> plan.Expression:
    return plan.Expression(output=plan.OutputRef(alias=_GROUPS, name=_VALUE))


def _count(query: plan.Query, name: str) -> plan.Aggregate:
    made = query.select.projections.add(name=name).expression.aggregate
    made.function = plan.AGGREGATE_FUNCTION_COUNT
    return made


def _literal(number: Decimal) -> plan.Expression:
    if number == number.to_integral_value() and abs(number) < 2**63:
        return plan.Expression(literal=plan.Literal(integer=int(number)))
    return plan.Expression(literal=plan.Literal(decimal=format(number, "f")))


def _equalities(predicate: plan.Predicate) -> Iterator[plan.Expression]:
    """Columns that have to have one value."""
    kind = predicate.WhichOneof("kind")
    if kind == "all_of":
        for each in predicate.all_of.predicates:
            yield from _equalities(each)
    elif _pins(predicate):
        yield predicate.comparison.left if kind == "comparison" else predicate.membership.operand


def _pins(predicate: plan.Predicate) -> bool:
    kind = predicate.WhichOneof("kind")
    if kind == "comparison":
        compared = predicate.comparison
        return (
            compared.operator == plan.COMPARISON_OPERATOR_EQUAL
            and compared.left.WhichOneof("kind") == "column"
            and compared.right.literal.WhichOneof("value") == "text"
        )
    members = predicate.membership
    return (
        kind == "membership"
        and not members.negated
        and not members.HasField("query")
        and members.operand.WhichOneof("kind") == "column"
        and len(members.values) == 1
        and members.values[0].literal.WhichOneof("value") == "text"
    )


def _without(select: plan.Select, by: plan.Expression) -> None:
    """Takes the condition on a column away; what is left is a list of conditions."""
    parts = list(select.where.all_of.predicates) if select.where.WhichOneof("kind") == "all_of" else [select.where]
    left = [each for each in parts if by not in list(_equalities(each))]
    where = plan.Predicate()
    where.all_of.predicates.extend(left)
    select.where.CopyFrom(where)


def _groups_rows(column: plan.ColumnRef, select: plan.Select, catalog: catalog_pb2.CatalogSlice) -> bool:
    """Whether a column has a few values, each of many rows, by the catalog."""
    relation = relation_of(select, column.alias)
    if relation is None:
        return False
    for table in catalog.tables:
        if table.name == relation.table.name:
            for each in table.columns:
                if each.name == column.column and each.family == catalog_pb2.TYPE_FAMILY_TEXT:
                    distinct = each.statistics.distinct
                    distinct = distinct if distinct >= 0 else -distinct * max(table.row_estimate, 0)
                    return _FEWEST <= distinct <= min(_MOST, table.row_estimate / 2)
    return False
