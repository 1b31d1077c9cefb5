"""Names inside expressions: which column, field or metric a name means."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.nearest import hint

Family: TypeAlias = catalog.TypeFamily.ValueType
UNKNOWN = catalog.TYPE_FAMILY_UNSPECIFIED


class InvalidError(Exception):
    """An expression is wrong; the message says what, without the place."""


class Scope(Protocol):
    """What names an expression may use."""

    def resolve(self, qualifier: str, name: str) -> tuple[plan.Expression | plan.Predicate, Family]:
        """What a name means, and the family of its values. Raises InvalidError."""

    def related(self, table: str, alias: str) -> "RelatedScope":
        """The names inside EXISTS (SELECT … FROM table AS alias). Raises InvalidError."""


class DatasetScope:
    """The names of one dataset: columns of its table, then its computed fields, then metrics of the same grain."""

    def __init__(
        self,
        dataset: semantics.Dataset,
        fields: Mapping[str, Family] | None = None,
        filters: frozenset[str] = frozenset(),
        metrics: Mapping[str, str] | None = None,
        datasets: Callable[[str], semantics.Dataset | None] = lambda _: None,
    ) -> None:
        """fields: computed fields that may be named, with their families; filters: those of them that are conditions;
        metrics: names of metrics → their dataset, where a metric may build on others; datasets: the dataset of a
        name or table, for EXISTS."""
        self.name = dataset.name
        self.table = dataset.table
        self._datasets = datasets
        self._columns = {field.column: field for field in dataset.fields if field.column}
        self._by_lower: dict[str, list[str]] = {}
        for column in self._columns:
            self._by_lower.setdefault(column.lower(), []).append(column)
        self._renamed = {field.name: field.column for field in dataset.fields if field.column}
        self._fields = dict(fields or {})
        self._filters = filters
        self._metrics = dict(metrics or {})
        self.used: set[str] = set()
        """Computed fields and metrics that were named."""

    def column(self, name: str) -> str | None:
        """The column of that name, spelled as the catalog does; SQL does not mind case."""
        if name in self._columns:
            return name
        found = self._by_lower.get(name.lower(), [])
        return found[0] if len(found) == 1 else None

    def resolve(self, qualifier: str, name: str) -> tuple[plan.Expression | plan.Predicate, Family]:
        """As Scope.resolve."""
        if qualifier and qualifier.lower() not in (self.name.lower(), self.name.rpartition(".")[2].lower()):
            raise InvalidError(f"{qualifier}.{name}: only names of {self.name} may stand here")
        column = self.column(name) or self._renamed.get(name)
        if column is not None:
            return plan.Expression(column=plan.ColumnRef(column=column)), self._columns[column].family
        if name in self._fields:
            self.used.add(name)
            if name in self._filters:
                return plan.Predicate(named_filter=plan.NamedFilterRef(name=name)), catalog.TYPE_FAMILY_BOOLEAN
            return plan.Expression(field=plan.FieldRef(field=name)), self._fields[name]
        if self._metrics.get(name) == self.name:
            self.used.add(name)
            return plan.Expression(metric=plan.MetricRef(metric=name)), catalog.TYPE_FAMILY_DECIMAL
        known = [*self._columns, *self._fields, *self._renamed]
        raise InvalidError(f"{self.name} has no column or field {name!r}{hint(name, known)}")

    def related(self, table: str, alias: str) -> "RelatedScope":
        """As Scope.related."""
        found = self._datasets(table)
        if found is None:
            raise InvalidError(f"there is no table {table!r}")
        return RelatedScope(self, DatasetScope(found), alias or table)


class RelatedScope:
    """The names inside an EXISTS: those of the inner table, and those of the row outside."""

    def __init__(self, outer: DatasetScope, inner: DatasetScope, alias: str) -> None:
        self.outer = outer
        self.inner = inner
        self.alias = alias
        self.plan_alias = f"{alias}__related"
        """What the plan calls the inner relation: no plan that uses the definition calls one so."""

    def resolve(self, qualifier: str, name: str) -> tuple[plan.Expression | plan.Predicate, Family]:
        """As Scope.resolve; a bare name means the inner table where that has it, as in SQL."""
        if (qualifier and qualifier.lower() == self.alias.lower()) or (not qualifier and self.inner.column(name)):
            found, family = self.inner.resolve("", name)
            if isinstance(found, plan.Predicate) or found.WhichOneof("kind") != "column":
                raise InvalidError(f"{name}: only columns of {self.inner.name} may stand inside EXISTS")
            found.column.alias = self.plan_alias
            return found, family
        return self.outer.resolve(qualifier, name)

    def related(self, table: str, alias: str) -> "RelatedScope":
        """As Scope.related."""
        raise InvalidError("an EXISTS inside of an EXISTS is not supported in model files")
