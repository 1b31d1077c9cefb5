"""What probes are made from: any catalog and model, whatever database they describe."""

from collections.abc import Iterator
from datetime import date

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2

C, P = catalog_pb2, plan_pb2
_READ = (
    C.TABLE_KIND_TABLE,
    C.TABLE_KIND_PARTITIONED,
    C.TABLE_KIND_MATERIALIZED_VIEW,
    C.TABLE_KIND_VIEW,
    C.TABLE_KIND_UNSPECIFIED,
)
Language = str


class Material:
    """A catalog and the model that was made of it; language: "pt" or "en", that of the questions."""

    def __init__(self, catalog: catalog_pb2.Catalog, model: semantics_pb2.SemanticModel, locale: str) -> None:
        self.catalog = catalog
        self.model = model
        self.language: Language = "pt" if (locale or model.locale)[:2].lower() == "pt" else "en"
        self._tables = {(table.schema, table.name): table for table in catalog.tables}
        self._by_name = {table.name: table for table in catalog.tables}

    def tables(self) -> list[catalog_pb2.Table]:
        """Tables that can be read, the largest first."""
        found = [table for table in self.catalog.tables if table.kind in _READ and table.columns]
        return sorted(found, key=lambda table: (-table.row_estimate, table.schema, table.name))

    def datasets(self) -> Iterator[tuple[semantics_pb2.Dataset, catalog_pb2.Table]]:
        """Datasets with their tables, the largest first; those that only link others last."""
        ordered = sorted(self.model.datasets, key=lambda each: (each.junction, -each.row_estimate, each.name))
        for dataset in ordered:
            table = self._tables.get((dataset.table.schema, dataset.table.name))
            table = table or self._by_name.get(dataset.table.name)
            if table is not None:
                yield dataset, table


def ref(table: catalog_pb2.Table) -> plan_pb2.TableRef:
    """A table as plans name it."""
    return P.TableRef(schema=table.schema, name=table.name)


def count(table: plan_pb2.TableRef) -> plan_pb2.QueryPlan:
    """The plan that counts a table's rows, under the alias "t"."""
    plan = P.QueryPlan(intent=P.INTENT_COUNT, proposer="validator")
    select = plan.query.select
    getattr(select, "from").alias = "t"
    getattr(select, "from").table.CopyFrom(table)
    projection = select.projections.add(name="n")
    projection.expression.aggregate.function = P.AGGREGATE_FUNCTION_COUNT
    return plan


def column(name: str) -> plan_pb2.Expression:
    """A column of the relation "t"."""
    return P.Expression(column=P.ColumnRef(alias="t", column=name))


def equal(left: plan_pb2.Expression, value: plan_pb2.Literal, *, fold: bool = False) -> plan_pb2.Predicate:
    """An expression is equal to a constant."""
    return P.Predicate(
        comparison=P.Comparison(
            operator=P.COMPARISON_OPERATOR_EQUAL, left=left, right=P.Expression(literal=value), fold=fold
        )
    )


def both(*predicates: plan_pb2.Predicate) -> plan_pb2.Predicate:
    """All of these hold."""
    return P.Predicate(all_of=P.PredicateList(predicates=predicates))


def label(terms: "list[semantics_pb2.Term]", language: Language) -> str:
    """A word that people of a language use: the readable name, else the first in the language."""
    if not terms:
        return ""
    own = [term.text for term in terms if term.locale[:2].lower() == language]
    return own[0] if own and terms[0].locale else terms[0].text


def known_days(of: catalog_pb2.Column) -> list[date]:
    """Days that are known to occur in a column, in order."""
    texts = [*of.statistics.histogram_bounds, *of.statistics.most_common_values, *of.sample_values]
    days = set()
    for text in texts:
        try:
            days.add(date.fromisoformat(text[:10]))
        except ValueError:
            continue
    return sorted(days)
