"""The catalog of a real database, read plainly: what the scanner does in depth, tests of the loader need only so far."""

import re
import sqlite3
from typing import Any

import psycopg

from maestro.catalog.v1 import catalog_pb2 as c

_FAMILIES = {
    "int": c.TYPE_FAMILY_INTEGER,
    "big": c.TYPE_FAMILY_INTEGER,
    "sma": c.TYPE_FAMILY_INTEGER,
    "num": c.TYPE_FAMILY_DECIMAL,
    "dec": c.TYPE_FAMILY_DECIMAL,
    "dou": c.TYPE_FAMILY_FLOAT,
    "rea": c.TYPE_FAMILY_FLOAT,
    "tex": c.TYPE_FAMILY_TEXT,
    "cha": c.TYPE_FAMILY_TEXT,
    "var": c.TYPE_FAMILY_TEXT,
    "cit": c.TYPE_FAMILY_TEXT,
    "boo": c.TYPE_FAMILY_BOOLEAN,
    "dat": c.TYPE_FAMILY_DATE,
    "tim": c.TYPE_FAMILY_TIMESTAMP,
    "uui": c.TYPE_FAMILY_UUID,
    "byt": c.TYPE_FAMILY_BINARY,
    "jso": c.TYPE_FAMILY_JSON,
}


def family(spelled: str) -> int:
    name = spelled.lower()
    if name.startswith("time ") or name == "time":
        return c.TYPE_FAMILY_TIME
    if name.startswith("interval"):
        return c.TYPE_FAMILY_INTERVAL
    return _FAMILIES.get(name[:3], c.TYPE_FAMILY_OTHER)


def of_postgresql(url: str, *tables: str, version: str = "cafe") -> c.CatalogSlice:
    """Tables (all, where none is named) of the schema public."""
    with psycopg.connect(url) as connection:
        extensions = [row[0] for row in connection.execute("SELECT extname FROM pg_extension ORDER BY 1")]
        names = connection.execute(
            "SELECT c.oid, c.relname, c.reltuples FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v', 'p', 'm') ORDER BY 2"
        ).fetchall()
        made = [_table(connection, *row) for row in names if not tables or row[1] in tables]
        relationships = _foreign_keys(connection, {each.name for each in made})
    return c.CatalogSlice(
        version=version, dialect=c.DIALECT_POSTGRESQL, tables=made, relationships=relationships, extensions=extensions
    )


def _table(connection: psycopg.Connection[Any], oid: int, name: str, rows: float) -> c.Table:
    table = c.Table(schema="public", name=name, kind=c.TABLE_KIND_TABLE, row_estimate=int(rows))
    for column, spelled, nullable, labels in connection.execute(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, "
        "ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = a.atttypid ORDER BY e.enumsortorder) "
        "FROM pg_attribute a WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        [oid],
    ):
        kind = c.TYPE_FAMILY_TEXT if labels else family(spelled)
        table.columns.add(name=column, type=spelled, family=kind, nullable=nullable, enum_labels=labels)  # type: ignore[arg-type]
    for column, distinct, nulls, common, frequencies in connection.execute(
        "SELECT attname, n_distinct, null_frac, most_common_vals::text::text[], most_common_freqs FROM pg_stats "
        "WHERE schemaname = 'public' AND tablename = %s",
        [name],
    ):
        found = next(each for each in table.columns if each.name == column)
        found.statistics.distinct, found.statistics.null_fraction = distinct, nulls
        found.statistics.most_common_values.extend(common or ())
        found.statistics.most_common_frequencies.extend(frequencies or ())
    _indexes(connection, oid, table)
    return table


def _indexes(connection: psycopg.Connection[Any], oid: int, table: c.Table) -> None:
    methods = {"btree": 1, "hash": 2, "gin": 3, "gist": 4, "brin": 5}
    for name, method, unique, primary, predicate, valid, keys, index in connection.execute(
        "SELECT c.relname, m.amname, i.indisunique, i.indisprimary, "
        "coalesce(pg_get_expr(i.indpred, i.indrelid), ''), i.indisvalid, i.indnkeyatts, i.indexrelid "
        "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam "
        "WHERE i.indrelid = %s ORDER BY 1",
        [oid],
    ).fetchall():
        made = table.indexes.add(
            name=name,
            method=methods[method],
            unique=unique,
            primary=primary,
            predicate=predicate,
            valid=valid,  # type: ignore[arg-type]
        )
        parts = connection.execute(
            "SELECT n, i.indkey[n - 1], pg_get_indexdef(i.indexrelid, n, true), i.indoption[n - 1], "
            "o.opcname, o.opcdefault FROM pg_index i, generate_series(1, i.indnatts) n "
            "LEFT JOIN LATERAL (SELECT * FROM pg_opclass WHERE pg_opclass.oid = i.indclass[n - 1]) o ON true "
            "WHERE i.indexrelid = %s ORDER BY n",
            [index],
        ).fetchall()
        for n, attribute, text, option, opclass, default in parts:
            plain = text.replace('"', "")
            if n > keys:
                made.included_columns.append(plain)
                continue
            made.keys.add(
                column=plain if attribute else "",
                expression="" if attribute else text,
                descending=bool(option & 1),
                nulls_first=bool(option & 2),
                operator_class="" if default else opclass,
            )
        columns = [key.column for key in made.keys]
        if primary:
            table.primary_key.extend(columns)
        elif unique and not predicate and all(columns):
            table.unique_keys.add(name=name, columns=columns)


def _foreign_keys(connection: psycopg.Connection[Any], known: set[str]) -> list[c.Relationship]:
    return [
        c.Relationship(
            name=name, from_schema="public", from_table=a, from_columns=ac, to_schema="public", to_table=b,
            to_columns=bc, origin=c.RELATIONSHIP_ORIGIN_DECLARED, confidence=1, to_unique=True,
        )
        for name, a, b, ac, bc in connection.execute(
            "SELECT k.conname, a.relname, b.relname, "
            "ARRAY(SELECT attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, o) "
            " JOIN pg_attribute ON attrelid = k.conrelid AND attnum = n ORDER BY o), "
            "ARRAY(SELECT attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, o) "
            " JOIN pg_attribute ON attrelid = k.confrelid AND attnum = n ORDER BY o) "
            "FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid JOIN pg_class b ON b.oid = k.confrelid "
            "WHERE k.contype = 'f' ORDER BY 1"
        ).fetchall()
        if a in known and b in known
    ]  # fmt: skip


def of_sqlite(path: str, *tables: str, version: str = "cafe") -> c.CatalogSlice:
    """Tables (all, where none is named) of a file."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.text_factory = lambda b: b.decode("utf-8", "replace")
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        )
    ]
    made = [_sqlite_table(connection, name) for name in names if not tables or name in tables]
    keys = {each.name.lower(): each for each in made}
    relationships = [each for table in made for each in _sqlite_keys(connection, table, keys)]
    connection.close()
    return c.CatalogSlice(version=version, dialect=c.DIALECT_SQLITE, tables=made, relationships=relationships)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sqlite_table(connection: sqlite3.Connection, name: str) -> c.Table:
    rows = connection.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0]
    table = c.Table(name=name, kind=c.TABLE_KIND_TABLE, row_estimate=rows)
    info = connection.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
    for _, column, spelled, required, _, _ in info:
        values = {
            type(row[0])
            for row in connection.execute(
                f"SELECT DISTINCT {_quoted(column)} FROM {_quoted(name)} WHERE {_quoted(column)} IS NOT NULL LIMIT 200"
            )
        }
        kind = family(re.sub(r"\(.*", "", spelled or "text"))
        if str in values and kind in (c.TYPE_FAMILY_INTEGER, c.TYPE_FAMILY_DECIMAL, c.TYPE_FAMILY_FLOAT):
            kind = c.TYPE_FAMILY_TEXT
        made = table.columns.add(name=column, type=spelled, family=kind, nullable=not required)  # type: ignore[arg-type]
        lo, hi = connection.execute(
            f"SELECT min({_quoted(column)}), max({_quoted(column)}) FROM {_quoted(name)}"
        ).fetchone()
        made.statistics.minimum, made.statistics.maximum = ("" if each is None else str(each) for each in (lo, hi))
    table.primary_key.extend(row[1] for row in sorted(info, key=lambda row: row[5]) if row[5])
    for _, index, unique, _, partial in connection.execute(f"PRAGMA index_list({_quoted(name)})").fetchall():
        parts = connection.execute(f"PRAGMA index_xinfo({_quoted(index)})").fetchall()
        made = table.indexes.add(name=index, method=c.INDEX_METHOD_BTREE, unique=bool(unique), valid=True)
        for _, _, column, descending, collation, key in parts:
            if key and column:
                made.keys.add(
                    column=column, descending=bool(descending), collation="" if collation == "BINARY" else collation
                )
        if unique and not partial and made.keys:
            table.unique_keys.add(name=index, columns=[each.column for each in made.keys])
    return table


def _sqlite_keys(connection: sqlite3.Connection, table: c.Table, known: dict[str, c.Table]) -> list[c.Relationship]:
    groups: dict[int, list[Any]] = {}
    for row in connection.execute(f"PRAGMA foreign_key_list({_quoted(table.name)})").fetchall():
        groups.setdefault(row[0], []).append(row)
    made = []
    for rows in groups.values():
        other = known.get(rows[0][2].lower())
        if other is None:
            continue
        to = [row[4] for row in rows]
        columns = list(other.primary_key)[: len(to)] if None in to else to
        made.append(
            c.Relationship(
                name=f"{table.name}.{','.join(row[3] for row in rows)}->{other.name}",
                from_table=table.name, from_columns=[row[3] for row in rows], to_table=other.name,
                to_columns=columns, origin=c.RELATIONSHIP_ORIGIN_DECLARED, confidence=1, to_unique=True,
            )
        )  # fmt: skip
    return made
