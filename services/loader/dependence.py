"""What determines what among the relations of a select: which columns have one value once others are given.

Keys of the catalog and equalities of the select are the only grounds; where they do not suffice, nothing is claimed.
"""

from dataclasses import dataclass

from services.loader.algebra import (
    Column,
    Compare,
    Literal,
    LooseSource,
    Predicate,
    Query,
    QuerySource,
    Select,
    Source,
    TableSource,
)
from services.loader.catalog import Knowledge
from services.loader.rewrite import conjuncts

Place = tuple[str, str]
"""(alias, column)."""


@dataclass(frozen=True)
class _Equality:
    left: Place
    right: Place | None
    """None: a constant."""


class Dependence:
    """The relations of one select."""

    def __init__(self, select: Select, knowledge: Knowledge) -> None:
        self._keys: dict[str, tuple[frozenset[str], ...]] = {}
        self._identity: dict[str, tuple[str, ...]] = {}
        self._always: list[_Equality] = _equalities(select.where)
        self._into: list[tuple[str, list[_Equality]]] = []
        """Equalities of an outer join: they determine the joined relation and nothing else."""
        sources = ([select.source] if select.source is not None else []) + [each.source for each in select.joins]
        for source in sources:
            self._keys[source.alias], self._identity[source.alias] = _keys(source, knowledge)
        for each in select.joins:
            if each.left:
                self._into.append((each.source.alias, _equalities(each.on)))
            else:
                self._always += _equalities(each.on)
        self.aliases = tuple(self._keys)

    def identity(self, alias: str) -> tuple[str, ...]:
        """Columns that identify a row of the relation; () where none are known."""
        return self._identity.get(alias, ())

    def closure(self, given: set[Place]) -> tuple[set[Place], set[str]]:
        """(columns, whole relations) that have one value once the given columns have."""
        places, whole = set(given), set[str]()
        places |= {each.left for each in self._always if each.right is None}
        while True:
            before = len(places), len(whole)
            for each in self._always:
                if each.right is not None and (
                    self._has(each.left, places, whole) or self._has(each.right, places, whole)
                ):
                    places |= {each.left, each.right}
            for alias in self.aliases:
                columns = {name for where, name in places if where == alias} | self._outer(alias, places, whole)
                if any(key <= columns for key in self._keys[alias]):
                    whole.add(alias)
            if (len(places), len(whole)) == before:
                return places, whole

    @staticmethod
    def _has(place: Place, places: set[Place], whole: set[str]) -> bool:
        return place in places or place[0] in whole

    def _outer(self, alias: str, places: set[Place], whole: set[str]) -> set[str]:
        found = set[str]()
        for joined, equalities in self._into:
            if joined != alias:
                continue
            for each in equalities:
                for mine, other in ((each.left, each.right), (each.right, each.left)):
                    if mine is None or mine[0] != alias:
                        continue
                    if other is None or self._has(other, places, whole):
                        found.add(mine[1])
        return found

    def determined_by(self, alias: str) -> set[str]:
        """The relations that have at most one row for each row of this one, itself among them; without known identity,
        nothing."""
        identity = self._identity.get(alias, ())
        if not identity:
            return set()
        return self.closure({(alias, name) for name in identity})[1]

    def multiplied(self, alias: str) -> bool:
        """Whether rows of the relation may occur more than once, as far as is known: never claimed without knowledge
        of its identity."""
        return bool(self._identity.get(alias)) and self.determined_by(alias) != set(self.aliases)

    def row_identity(self) -> tuple[Place, ...] | None:
        """Columns that tell every row of the select from every other; None where they are not known."""
        for alias in self.aliases:
            if self.determined_by(alias) == set(self.aliases):
                return tuple((alias, name) for name in self._identity[alias])
        found: list[Place] = []
        whole = set[str]()
        for alias in self.aliases:
            if alias in whole:
                continue
            if not self._identity.get(alias):
                return None
            found += [(alias, name) for name in self._identity[alias]]
            whole = self.closure(set(found))[1]
        return tuple(found)


def _equalities(predicate: Predicate) -> list[_Equality]:
    found = []
    for each in conjuncts(predicate):
        if isinstance(each, Compare) and each.operator == "EQUAL" and not each.fold:
            left, right = each.left, each.right
            if isinstance(left, Column) and isinstance(right, Column):
                found.append(_Equality((left.alias, left.name), (right.alias, right.name)))
            elif isinstance(left, Column) and isinstance(right, Literal):
                found.append(_Equality((left.alias, left.name), None))
    return found


def _keys(source: Source, knowledge: Knowledge) -> tuple[tuple[frozenset[str], ...], tuple[str, ...]]:
    if isinstance(source, TableSource):
        table = knowledge.table(source.schema, source.name)
        return ((), ()) if table is None else (table.keys, table.identity)
    if isinstance(source, LooseSource):
        return (frozenset({"value"}),), ("value",)
    key = query_key(source, knowledge)
    return ((), ()) if key is None else ((frozenset(key),), tuple(key))


def query_key(source: QuerySource, knowledge: Knowledge) -> tuple[str, ...] | None:
    """Output columns that identify a row of a subquery: what it groups by, all of a distinct one, or the identity of
    the one table that it reads."""
    query: Query = source.query
    if source.key:
        return source.key
    if not isinstance(query.body, Select):
        return None
    body = query.body
    names = {each.expression: each.name for each in body.outputs}
    if body.groups and all(each in names for each in body.groups):
        return tuple(names[each] for each in body.groups)
    if body.distinct:
        return tuple(each.name for each in body.outputs)
    if isinstance(body.source, TableSource) and not (body.joins or body.groups or body.top):
        table = knowledge.table(body.source.schema, body.source.name)
        identity = () if table is None else table.identity
        shown = {each.name: name for each, name in names.items() if isinstance(each, Column)}
        if identity and all(each in shown for each in identity):
            return tuple(shown[each] for each in identity)
    return None
