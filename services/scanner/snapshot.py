"""One catalog as it is held: tables by name, shared between versions where they did not change."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from google.protobuf import timestamp_pb2

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.digest import relationship_digest, statistics_digest, structure_digest, version
from services.scanner.reader import Stamp, Stamps, TableKey

Relationships = tuple[pb.Relationship, ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    """When a table's statistics were last read, and its stamp then."""

    stamp: Stamp
    at: float


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A scanned catalog. Its tables must not be changed: other snapshots hold the same ones.

    version: hash over structure. statistics_version: hash over statistics and sample values.
    """

    source: str
    dialect: "pb.Dialect.ValueType"
    server_version: str
    extensions: tuple[str, ...]
    tables: Mapping[TableKey, pb.Table]
    foreign_keys: Mapping[TableKey, Sequence[pb.Relationship]]
    inferred: Relationships
    stamps: Stamps
    gathered: Mapping[TableKey, Gathered]
    structures: Mapping[TableKey, bytes]
    statistics: Mapping[TableKey, bytes]
    relationships: Relationships = ()
    version: str = ""
    statistics_version: str = ""
    scan_time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def completed(self) -> "Snapshot":
        """With all relationships and the versions that follow from what it holds."""
        relationships = _relationships(self.tables, self.foreign_keys, self.inferred)
        about = "\0".join((str(int(self.dialect)), self.server_version, *self.extensions)).encode()
        structure = [about, *(self.structures[key] for key in sorted(self.tables))]
        structure += map(relationship_digest, relationships)
        statistics = [self.statistics[key] for key in sorted(self.tables)]
        return replace(
            self,
            relationships=relationships,
            version=version(structure),
            statistics_version=version(statistics),
        )

    def message(self) -> pb.Catalog:
        """The whole catalog."""
        scan_time = timestamp_pb2.Timestamp()
        scan_time.FromDatetime(self.scan_time)
        return pb.Catalog(
            source=self.source,
            version=self.version,
            dialect=self.dialect,
            server_version=self.server_version,
            tables=[self.tables[key] for key in sorted(self.tables)],
            relationships=self.relationships,
            scan_time=scan_time,
            extensions=self.extensions,
            statistics_version=self.statistics_version,
        )


def digests(tables: Mapping[TableKey, pb.Table]) -> tuple[dict[TableKey, bytes], dict[TableKey, bytes]]:
    """Structure and statistics hashes of tables."""
    structures = {key: structure_digest(table) for key, table in tables.items()}
    return structures, {key: statistics_digest(table) for key, table in tables.items()}


def spelled(key: TableKey) -> str:
    """A table's name for people: with its schema unless that is the usual one."""
    schema, name = key
    return name if schema in ("", "public") else f"{schema}.{name}"


def is_key(table: pb.Table, columns: Collection[str]) -> bool:
    """Whether these columns, or some of them, identify a row by declaration."""
    held = set(columns)
    keys = [table.primary_key, *(key.columns for key in table.unique_keys)]
    return any(key and held.issuperset(key) for key in keys)


def _relationships(
    tables: Mapping[TableKey, pb.Table],
    foreign_keys: Mapping[TableKey, Sequence[pb.Relationship]],
    inferred: Iterable[pb.Relationship],
) -> Relationships:
    """All of them by name, with both ends in the catalog, each name once."""
    declared = [each for keys in foreign_keys.values() for each in keys if _readable(each, tables)]
    made = [_completed(each, tables) for each in declared]
    made += [each for each in inferred if _readable(each, tables)]
    # Constraint names are unique only within a table; spelled-out ones only within a schema.
    for spell in (_columns, _columns_and_schemas):
        seen = Counter(each.name for each in made)
        made = [_renamed(each, spell(each)) if seen[each.name] > 1 else each for each in made]
    return tuple(sorted(made, key=lambda each: each.name))


def _completed(relationship: pb.Relationship, tables: Mapping[TableKey, pb.Table]) -> pb.Relationship:
    """With what the keys of both ends say."""
    made = pb.Relationship()
    made.CopyFrom(relationship)
    made.from_unique = is_key(tables[made.from_schema, made.from_table], made.from_columns)
    made.to_unique = made.to_unique or is_key(tables[made.to_schema, made.to_table], made.to_columns)
    return made


def _readable(relationship: pb.Relationship, tables: Mapping[TableKey, pb.Table]) -> bool:
    ends = (
        ((relationship.from_schema, relationship.from_table), relationship.from_columns),
        ((relationship.to_schema, relationship.to_table), relationship.to_columns),
    )
    return all(
        key in tables and set(columns) <= {column.name for column in tables[key].columns} for key, columns in ends
    )


def _columns(relationship: pb.Relationship) -> str:
    from_columns, to_columns = ",".join(relationship.from_columns), ",".join(relationship.to_columns)
    return f"{relationship.from_table}.{from_columns}->{relationship.to_table}.{to_columns}"


def _columns_and_schemas(relationship: pb.Relationship) -> str:
    from_columns, to_columns = ",".join(relationship.from_columns), ",".join(relationship.to_columns)
    return (
        f"{relationship.from_schema}.{relationship.from_table}.{from_columns}->"
        f"{relationship.to_schema}.{relationship.to_table}.{to_columns}"
    )


def _renamed(relationship: pb.Relationship, name: str) -> pb.Relationship:
    made = pb.Relationship()
    made.CopyFrom(relationship)
    made.name = name
    return made
