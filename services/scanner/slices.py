"""The part of a catalog that a plan touches: whole tables, but statistics only where the plan can use
them.
"""

import difflib
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple, TypeVar

from maestro.catalog.v1 import catalog_pb2 as pb
from maestro.plan.v1 import plan_pb2

from mesh.fault import Fault
from services.scanner.mentions import Mentions, mentions
from services.scanner.reader import TableKey
from services.scanner.snapshot import Snapshot, spelled

K = TypeVar("K")
V = TypeVar("V")
_PLANS = 512
_TABLES = 1024
_LIGHT = ("null_fraction", "distinct", "correlation", "average_width", "minimum", "maximum")


class Cut(NamedTuple):
    """How a table is wanted. whole: with all statistics. light: columns whose statistics are wanted without
    values.
    """

    key: TableKey
    whole: bool
    named: frozenset[str]
    light: bool


class Slicer:
    """Cuts slices out of one snapshot. What was cut once is kept: plans repeat, and so do their tables."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._names: dict[str, list[TableKey]] = defaultdict(list)
        for key in snapshot.tables:
            self._names[key[1]].append(key)
        if snapshot.dialect == pb.DIALECT_SQLITE:
            for key in snapshot.tables:
                self._names.setdefault(key[1].lower(), []).append(key)
        self._relationships: dict[TableKey, list[pb.Relationship]] = defaultdict(list)
        self._by_name = {each.name: each for each in snapshot.relationships}
        for each in snapshot.relationships:
            self._relationships[each.from_schema, each.from_table].append(each)
        self._by_plan: OrderedDict[bytes, pb.CatalogSlice] = OrderedDict()
        self._by_cut: OrderedDict[Cut, pb.Table] = OrderedDict()

    def cut(self, plan: plan_pb2.QueryPlan, tables: Iterable[plan_pb2.TableRef] = ()) -> pb.CatalogSlice:
        """The slice for a plan, and for further tables that are wanted whole. Must not be changed.

        Raises Fault TABLE_UNKNOWN, naming the nearest table, where the catalog has no such table or several.
        """
        whole = list(tables)
        # Keys as they are told from each other: a plan never holds a zero byte between its own and the
        # tables' part.
        signature = b"\0".join(
            (plan.query.SerializeToString(), *(each.SerializeToString() for each in whole))
        )
        known = self._by_plan.get(signature)
        if known is None:
            known = self._made(mentions(plan.query), whole)
            _keep(self._by_plan, signature, known, _PLANS)
        return known

    def _made(self, found: Mentions, whole: Iterable[plan_pb2.TableRef]) -> pb.CatalogSlice:
        wanted: dict[TableKey, bool] = {}
        for schema, name in found.tables:
            wanted.setdefault(self.resolve(schema, name), False)
        for each in whole:
            wanted[self.resolve(each.schema, each.name)] = True
        for name in found.relationships & self._by_name.keys():
            for key in _ends(self._by_name[name]):
                wanted.setdefault(key, False)
        joins = [
            each for key in wanted for each in self._relationships.get(key, ()) if _ends(each)[1] in wanted
        ]
        made = pb.CatalogSlice(
            version=self.snapshot.version,
            dialect=self.snapshot.dialect,
            relationships=joins,
            extensions=self.snapshot.extensions,
            server_version=self.snapshot.server_version,
        )
        for key, entire in wanted.items():
            names = frozenset(column.name for column in self.snapshot.tables[key].columns)
            cut = Cut(key, entire, names & found.columns if not entire else frozenset(), found.model)
            made.tables.append(self._table(cut))
        return made

    def _table(self, cut: Cut) -> pb.Table:
        if cut.whole:
            return self.snapshot.tables[cut.key]
        known = self._by_cut.get(cut)
        if known is None:
            known = _reduced(self.snapshot.tables[cut.key], cut)
            _keep(self._by_cut, cut, known, _TABLES)
        return known

    def resolve(self, schema: str, name: str) -> TableKey:
        """The key of a table. Without a schema it is the one that has it, or "public" where several have."""
        if (schema, name) in self.snapshot.tables:
            return schema, name
        candidates = self._names.get(name) or []
        if not candidates and self.snapshot.dialect == pb.DIALECT_SQLITE:
            candidates = self._names.get(name.lower()) or []
        if not schema and ("public", name) in candidates:
            return "public", name
        if not schema and len(candidates) == 1:
            return candidates[0]
        raise self._unknown(schema, name, candidates)

    def _unknown(self, schema: str, name: str, candidates: Collection[TableKey]) -> Fault:
        asked = f"{schema}.{name}" if schema else name
        if candidates and not schema:
            nearest = [f"{each[0]}.{each[1]}" for each in candidates]
            which = " or ".join(nearest)
            message = f'Source "{self.snapshot.source}" has "{asked}" in several schemas: say {which}.'
        else:
            nearest = self._nearest(name)
            hint = f"; the nearest is {nearest[0]}" if nearest else ""
            message = f'Source "{self.snapshot.source}" has no table "{asked}"{hint}.'
        metadata = {"source": self.snapshot.source, "table": asked, "nearest": ", ".join(nearest)}
        return Fault("TABLE_UNKNOWN", message, metadata=metadata)

    def _nearest(self, name: str) -> list[str]:
        folded = {key[1].lower(): key for key in self.snapshot.tables}
        close = difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.5)
        return [spelled(folded[each]) for each in close]


def _reduced(table: pb.Table, cut: Cut) -> pb.Table:
    """The table with statistics where they can matter: all of the named columns' ones, and of index keys (of
    every column, where the model's fields hide which ones) the few numbers that are not values.
    """
    made = pb.Table()
    made.CopyFrom(table)
    indexed = {key.column for index in table.indexes for key in index.keys}
    for column, full in zip(made.columns, table.columns, strict=True):
        if column.name in cut.named:
            continue
        column.ClearField("sample_values")
        column.samples_complete = False
        column.ClearField("statistics")
        if (cut.light or column.name in indexed) and full.HasField("statistics"):
            column.statistics.SetInParent()
            for name in _LIGHT:
                setattr(column.statistics, name, getattr(full.statistics, name))
    return made


def _ends(relationship: pb.Relationship) -> tuple[TableKey, TableKey]:
    return (
        (relationship.from_schema, relationship.from_table),
        (relationship.to_schema, relationship.to_table),
    )


def _keep(cache: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    cache[key] = value
    if len(cache) > most:
        cache.popitem(last=False)
