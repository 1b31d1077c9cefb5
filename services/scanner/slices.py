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
_KEPT = 512
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
        self._columns: dict[TableKey, frozenset[str]] = {}
        self._by_plan: OrderedDict[bytes, pb.CatalogSlice] = OrderedDict()
        self._by_cuts: OrderedDict[tuple[Cut, ...], pb.CatalogSlice] = OrderedDict()

    def cut(self, plan: plan_pb2.QueryPlan, tables: Iterable[plan_pb2.TableRef] = ()) -> pb.CatalogSlice:
        """The slice for a plan, and for further tables that are wanted whole. Must not be changed.

        Raises Fault TABLE_UNKNOWN, naming the nearest table, where the catalog has no such table or several.
        """
        whole = list(tables)
        signature = b"\0".join((plan.query.SerializeToString(), *(each.SerializeToString() for each in whole)))
        known = self._by_plan.get(signature)
        if known is None:
            cuts = self._cuts(mentions(plan.query), whole)
            known = self._by_cuts.get(cuts)
            if known is None:
                known = self._made(cuts)
                _keep(self._by_cuts, cuts, known)
            _keep(self._by_plan, signature, known)
        return known

    def _cuts(self, found: Mentions, whole: Iterable[plan_pb2.TableRef]) -> tuple[Cut, ...]:
        wanted: dict[TableKey, bool] = {}
        for schema, name in found.tables:
            wanted.setdefault(self.resolve(schema, name), False)
        for each in whole:
            wanted[self.resolve(each.schema, each.name)] = True
        for name in found.relationships & self._by_name.keys():
            for key in _ends(self._by_name[name]):
                wanted.setdefault(key, False)
        return tuple(
            Cut(key, True, frozenset(), False)
            if entire
            else Cut(key, False, self._names_of(key) & found.columns, found.model)
            for key, entire in wanted.items()
        )

    def _names_of(self, key: TableKey) -> frozenset[str]:
        if key not in self._columns:
            self._columns[key] = frozenset(column.name for column in self.snapshot.tables[key].columns)
        return self._columns[key]

    def _made(self, cuts: tuple[Cut, ...]) -> pb.CatalogSlice:
        keys = {cut.key for cut in cuts}
        tables = self.snapshot.tables
        return pb.CatalogSlice(
            version=self.snapshot.version,
            dialect=self.snapshot.dialect,
            tables=[tables[cut.key] if cut.whole else _reduced(tables[cut.key], cut) for cut in cuts],
            relationships=[
                each for cut in cuts for each in self._relationships.get(cut.key, ()) if _ends(each)[1] in keys
            ],
            extensions=self.snapshot.extensions,
            server_version=self.snapshot.server_version,
        )

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


def _keep(cache: OrderedDict[K, pb.CatalogSlice], key: K, value: pb.CatalogSlice) -> None:
    cache[key] = value
    if len(cache) > _KEPT:
        cache.popitem(last=False)
