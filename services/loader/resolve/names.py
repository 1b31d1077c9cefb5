"""What names mean while a plan is resolved."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from maestro.semantics.v1 import semantics_pb2
from services.loader.algebra import Column, Query, QuerySource, Source, outputs
from services.loader.catalog import Knowledge, TableInfo
from services.loader.meaning import Meaning, unit_of
from services.loader.rewrite import walk
from services.loader.shape import Shape
from services.loader.shortage import column_unknown, plan_invalid
from services.loader.types import UNKNOWN


@dataclass(frozen=True)
class Relation:
    """A relation in scope. table: what the catalog knows of it; None for subqueries, or without a catalog."""

    source: Source
    table: TableInfo | None = None
    dataset: semantics_pb2.Dataset | None = None
    optional: bool = False
    """Outer-joined: any of its columns may be NULL."""

    @property
    def alias(self) -> str:
        """Its name in the statement."""
        return self.source.alias


@dataclass
class Scope:
    """The relations that a select may refer to: its own, then those around it.

    own: the relation that an empty alias means inside a definition of the model.
    """

    outer: "Scope | None" = None
    relations: dict[str, Relation] = field(default_factory=dict)
    own: Relation | None = None

    def find(self, alias: str, path: str) -> Relation:
        """The relation of an alias as the plan spells it."""
        if not alias:
            return self._only(path)
        scope: Scope | None = self
        while scope is not None:
            if alias in scope.relations:
                return scope.relations[alias]
            scope = scope.outer
        raise plan_invalid(path, f"no relation is called {alias!r}")

    def _only(self, path: str) -> Relation:
        if self.own is not None:
            return self.own
        if len(self.relations) == 1:
            return next(iter(self.relations.values()))
        raise plan_invalid(path, f"an alias is needed: the select has {len(self.relations)} relations")


class Names:
    """Everything that a plan's names are looked up in."""

    def __init__(self, knowledge: Knowledge, meaning: Meaning, shape: Shape) -> None:
        self.knowledge = knowledge
        self.meaning = meaning
        self.shape = shape
        self.aliases: set[str] = set()
        self.defining: list[str] = []
        """Names of the definitions that are being expanded, outermost first."""

    def alias(self, wanted: str) -> str:
        """The alias, or a variant of it where it is taken: aliases are unique in the statement."""
        alias, number = wanted, 1
        while alias.casefold() in self.aliases:
            number += 1
            alias = f"{wanted}_{number}"
        self.aliases.add(alias.casefold())
        return alias

    @contextmanager
    def expanding(self, name: str, path: str) -> Iterator[None]:
        """Inside, a definition is expanded. One that contains itself is an error."""
        if name in self.defining:
            chain = " → ".join([*self.defining[self.defining.index(name) :], name])
            raise plan_invalid(path, f"the definition refers to itself: {chain}")
        self.defining.append(name)
        try:
            yield
        finally:
            self.defining.pop()

    def column(self, relation: Relation, name: str, path: str) -> Column:
        """A column of a relation."""
        if isinstance(relation.source, QuerySource):
            return self.output(relation, name, path)
        if relation.table is None:
            return Column(relation.alias, name, UNKNOWN)
        found = relation.table.column(name)
        if found is None:
            source = self.knowledge.source
            raise column_unknown(path, source, relation.table.name, name, relation.table.columns)
        return Column(relation.alias, found.name, found.type, found.nullable or relation.optional)

    def output(self, relation: Relation, name: str, path: str) -> Column:
        """An output column of a subquery."""
        if not isinstance(relation.source, QuerySource):
            return self.column(relation, name, path)
        query = relation.source.query
        for each in outputs(query):
            if each.name == name:
                return Column(relation.alias, name, each.expression.type)
        known = [each.name for each in outputs(query)]
        raise column_unknown(path, self.knowledge.source, relation.alias, name, known)

    def title(self, relation: Relation, column: str) -> tuple[str, str]:
        """(label, unit) of a column by the model."""
        return unit_of(relation.dataset, column)


def aliases_in(query: Query) -> set[str]:
    """All aliases that a query introduces."""
    return {each.alias for each in walk(query) if isinstance(each, Source)}
