"""Tables, columns, keys and indexes out of pg_catalog, as catalog messages without statistics."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.postgres import queries
from services.scanner.postgres.session import Transaction
from services.scanner.postgres.types import family
from services.scanner.reader import TableKey

_KINDS = {
    "r": pb.TABLE_KIND_TABLE,
    "v": pb.TABLE_KIND_VIEW,
    "m": pb.TABLE_KIND_MATERIALIZED_VIEW,
    "p": pb.TABLE_KIND_PARTITIONED,
    "f": pb.TABLE_KIND_FOREIGN,
}
_METHODS = {
    "btree": pb.INDEX_METHOD_BTREE,
    "hash": pb.INDEX_METHOD_HASH,
    "gin": pb.INDEX_METHOD_GIN,
    "gist": pb.INDEX_METHOD_GIST,
    "brin": pb.INDEX_METHOD_BRIN,
    "spgist": pb.INDEX_METHOD_SPGIST,
}
_EXTENDED = {"d": "ndistinct", "f": "dependencies", "m": "mcv"}
_BATCH = 5_000
_VIEWS_AT_ONCE = 200  # pg_get_viewdef locks what the view reads until the statement ends


@dataclass(slots=True)
class Building:
    """Tables by oid while they are put together."""

    tables: dict[int, pb.Table] = field(default_factory=dict)
    columns: dict[int, dict[int, tuple[str, int]]] = field(default_factory=dict)
    """Name and collation of each table's columns by their number."""
    foreign_keys: dict[TableKey, list[pb.Relationship]] = field(default_factory=dict)


def build(run: Transaction, oids: Collection[int], server_version: int) -> Building:
    """Reads the structure of these tables. What was dropped in the meantime is left out."""
    made = Building()
    wanted = {"oids": list(oids)}
    _tables(run, wanted, made)
    _columns(run, wanted, made)
    nulls = queries.nulls_not_distinct(server_version)
    _constraints(run, queries.CONSTRAINTS.replace("{nulls_not_distinct}", nulls), wanted, made)
    _indexes(run, queries.INDEXES.replace("{nulls_not_distinct}", nulls), wanted, made)
    for oid, name, columns, kinds in run.rows(queries.EXTENDED, wanted, about="pg_statistic_ext"):
        if oid in made.tables and columns:
            named = [_EXTENDED[kind] for kind in kinds if kind in _EXTENDED]
            made.tables[oid].extended_statistics.add(name=name, columns=columns, kinds=named)
    return made


def _tables(run: Transaction, wanted: dict[str, Any], made: Building) -> None:
    for row in run.stream(queries.TABLES, wanted, about="pg_class", batch=_BATCH):
        oid, schema, name, kind, comment, rows, pages, size, changes, secured, partition_key = row
        # reltuples is -1 before the first ANALYZE; before PostgreSQL 14 it was 0, as were the pages.
        unknown = rows < 0 or (rows == 0 and pages == 0 and size != 0)
        made.tables[oid] = pb.Table(
            schema=schema,
            name=name,
            kind=_KINDS[kind],
            comment=comment or "",
            row_estimate=-1 if unknown else round(rows),
            page_estimate=-1 if unknown else pages,
            size_bytes=-1 if size is None else size,
            changes=-1 if kind in "vf" or changes is None else changes,
            partition_key=partition_key,
            row_security=bool(secured),
        )
    _partitioned(run, made)
    _views(run, made)


def _partitioned(run: Transaction, made: Building) -> None:
    roots = [oid for oid, table in made.tables.items() if table.kind == pb.TABLE_KIND_PARTITIONED]
    if not roots:
        return
    for root, rows, known, pages, size, changes, _ in run.rows(
        queries.PARTITIONS, {"roots": roots}, about="pg_inherits"
    ):
        table = made.tables[root]
        table.row_estimate = round(rows) if known else -1
        table.page_estimate = pages if known else -1
        table.size_bytes, table.changes = size or 0, changes or 0


def _views(run: Transaction, made: Building) -> None:
    kinds = (pb.TABLE_KIND_VIEW, pb.TABLE_KIND_MATERIALIZED_VIEW)
    oids = [oid for oid, table in made.tables.items() if table.kind in kinds]
    for start in range(0, len(oids), _VIEWS_AT_ONCE):
        part = {"oids": oids[start : start + _VIEWS_AT_ONCE]}
        for oid, text in run.rows(queries.VIEWS, part, about="pg_get_viewdef"):
            made.tables[oid].definition = text or ""


def _columns(run: Transaction, wanted: dict[str, Any], made: Building) -> None:
    for row in run.stream(queries.COLUMNS, wanted, about="pg_attribute", batch=_BATCH):
        table = made.tables.get(row[0])
        if table is None:
            continue
        name, spelled, category, type_name, nullable, comment, default, generated, identity = row[3:12]
        made.columns.setdefault(row[0], {})[row[1]] = (name, row[2])
        table.columns.add(
            name=name,
            type=spelled,
            family=family(type_name, category),
            nullable=nullable,
            comment=comment or "",
            default_expression=default or "",
            generated=generated,
            identity=identity,
            enum_labels=row[12] or (),
            collation=row[13] or "",
        )


def _constraints(run: Transaction, query: str, wanted: dict[str, Any], made: Building) -> None:
    for row in run.stream(query, wanted, about="pg_constraint", batch=_BATCH):
        oid, name, kind, nulls_not_distinct, columns, target, to_schema, to_table, to_columns = row
        table = made.tables.get(oid)
        if table is None or not _has(table, columns):
            continue
        if kind == "p":
            table.primary_key.extend(columns)
        elif kind == "u":
            table.unique_keys.add(name=name, columns=columns, nulls_not_distinct=nulls_not_distinct)
        elif target:
            made.foreign_keys.setdefault((table.schema, table.name), []).append(
                pb.Relationship(
                    name=name,
                    from_schema=table.schema,
                    from_table=table.name,
                    from_columns=columns,
                    to_schema=to_schema,
                    to_table=to_table,
                    to_columns=to_columns,
                    origin=pb.RELATIONSHIP_ORIGIN_DECLARED,
                    confidence=1.0,
                    to_unique=True,
                )
            )


def _indexes(run: Transaction, query: str, wanted: dict[str, Any], made: Building) -> None:
    classes = dict(run.rows(queries.UNUSUAL_CLASSES, about="pg_opclass"))
    collated: list[tuple[pb.IndexKey, int]] = []
    spread: dict[int, pb.Index] = {}
    for row in run.stream(query, wanted, about="pg_index", batch=_BATCH):
        table = made.tables.get(row[0])
        if table is None:
            continue
        index = _index(table, row, made.columns.get(row[0], {}), classes, collated)
        if index is None:
            continue
        if row[3] == "I":
            spread[row[1]] = index
        _unique_index(table, index, nulls_not_distinct=row[8])
    _name_collations(run, collated)
    if spread:
        roots = {"roots": list(spread)}
        for root, _, _, _, size, _, scans in run.rows(queries.PARTITIONS, roots, about="pg_inherits"):
            spread[root].size_bytes, spread[root].scans = size or 0, scans or 0


def _index(
    table: pb.Table,
    row: Sequence[Any],
    columns: Mapping[int, tuple[str, int]],
    classes: Mapping[int, str],
    collated: list[tuple[pb.IndexKey, int]],
) -> pb.Index | None:
    """None where it is over a column that the role may not read. collated: takes keys whose collation is not
    their column's.
    """
    numbers, options, class_oids, collations = ([int(part) for part in row[i].split()] for i in range(14, 18))
    if any(number > 0 and number not in columns for number in numbers):
        return None
    key_count, expressions = row[13], row[18]
    index = table.indexes.add(
        name=row[2],
        method=_METHODS.get(row[4], pb.INDEX_METHOD_OTHER),
        unique=row[5],
        primary=row[6],
        valid=row[7],
        predicate=row[9] or "",
        size_bytes=-1 if row[10] is None else row[10],
        scans=-1 if row[11] is None else row[11],
        definition=row[12] or "",
        included_columns=[columns[number][0] for number in numbers[key_count:]],
    )
    for at, number in enumerate(numbers[:key_count]):
        name, collation = columns.get(number, ("", 0))
        key = index.keys.add(
            column=name,
            expression="" if number or not expressions else expressions[at] or "",
            descending=bool(options[at] & 1),
            nulls_first=bool(options[at] & 2),
            operator_class=classes.get(class_oids[at], ""),
        )
        if name and collations[at] != collation:
            collated.append((key, collations[at]))
    return index


def _name_collations(run: Transaction, collated: Sequence[tuple[pb.IndexKey, int]]) -> None:
    wanted = {"oids": list({oid for _, oid in collated})}
    names = dict(run.rows(queries.COLLATIONS, wanted, about="pg_collation")) if collated else {}
    for key, oid in collated:
        key.collation = names.get(oid, "")


def _unique_index(table: pb.Table, index: pb.Index, *, nulls_not_distinct: bool) -> None:
    """A unique index over all rows is a key, whether or not a constraint was declared with it."""
    if not index.unique or index.primary or not index.valid or index.predicate:
        return
    columns = [key.column for key in index.keys]
    if all(columns) and index.name not in {key.name for key in table.unique_keys}:
        table.unique_keys.add(name=index.name, columns=columns, nulls_not_distinct=nulls_not_distinct)


def _has(table: pb.Table, columns: Sequence[str]) -> bool:
    names = {column.name for column in table.columns}
    return all(column in names for column in columns)
