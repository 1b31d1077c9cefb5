"""Tables, columns, keys and indexes out of SQLite's PRAGMAs, as catalog messages without statistics."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.reader import TableKey
from services.scanner.sqlite.affinity import family
from services.scanner.sqlite.ddl import IndexText, index_text
from services.scanner.sqlite.file import File, Value, quoted

ROWID_INDEX = "INTEGER PRIMARY KEY"
"""The name under which the table's own b-tree stands among its indexes where a column is the rowid; EXPLAIN
QUERY PLAN calls it so.
"""


@dataclass(slots=True)
class Entry:
    """What sqlite_master and table_list say of a table. sql: its statement and those of its indexes. outside: a virtual
    table, whose rows are wherever its module keeps them.
    """

    kind: "pb.TableKind.ValueType"
    rowid: bool = True
    outside: bool = False
    definition: str = ""
    sql: list[str] = field(default_factory=list)
    indexes: dict[str, str] = field(default_factory=dict)


def entries(file: File) -> dict[str, Entry]:
    """All tables and views by name, without SQLite's own and the shadows of virtual tables."""
    found: dict[str, Entry] = {}
    master = file.rows("SELECT type, name, tbl_name, sql FROM sqlite_master", about="sqlite_master", traced=False)
    for kind, name, _, text in master:
        if kind in ("table", "view") and not str(name).startswith("sqlite_"):
            view = kind == "view"
            found[str(name)] = Entry(
                pb.TABLE_KIND_VIEW if view else pb.TABLE_KIND_TABLE,
                definition=str(text or "") if view else "",
                outside=str(text or "").upper().startswith("CREATE VIRTUAL"),
            )
    for _, name, table, text in master:
        entry = found.get(str(table))
        if entry is not None:
            entry.sql.append(str(text or name))
            entry.indexes[str(name)] = str(text or "")
    try:
        listed = file.rows("PRAGMA table_list", about="table_list", traced=False)
    except sqlite3.Error:  # SQLite before 3.37
        listed = []
    for row in listed:
        name, kind, without_rowid = str(row[1]), row[2], bool(row[4])
        if row[0] == "main" and name in found:
            found[name].rowid = not without_rowid
            if kind == "shadow":
                del found[name]
    return found


def build(
    file: File, known: dict[str, Entry], wanted: Collection[TableKey] | None
) -> tuple[dict[TableKey, pb.Table], dict[TableKey, list[pb.Relationship]]]:
    """Reads the structure of these tables, and the foreign keys among all of them."""
    names = known if wanted is None else [name for _, name in wanted if name in known]
    tables: dict[TableKey, pb.Table] = {}
    for name in names:
        try:
            tables["", name] = _table(file, name, known[name])
        except sqlite3.OperationalError:
            continue  # a view on what is gone, or a virtual table whose module is not there
    return tables, {("", name): keys for name in names if (keys := _foreign_keys(file, name, known))}


def _table(file: File, name: str, entry: Entry) -> pb.Table:
    table = pb.Table(
        name=name,
        kind=entry.kind,
        definition=entry.definition,
        row_estimate=-1,
        size_bytes=-1,
        changes=-1,
        page_estimate=-1,
    )
    keyed: list[tuple[int, str]] = []
    declared: dict[str, str] = {}
    for _, column, kind, notnull, default, key, hidden in _pragma(file, "table_xinfo", name):
        if hidden == 1:
            continue
        declared[str(column)] = str(kind).lower()
        table.columns.add(
            name=str(column),
            type=str(kind),
            family=family(str(kind), ()),
            nullable=not notnull,
            default_expression="" if default is None else str(default),
            generated=hidden in (2, 3),
        )
        if key:
            keyed.append((int(str(key)), str(column)))
    table.primary_key.extend(column for _, column in sorted(keyed))
    alias = entry.rowid and len(keyed) == 1 and declared[keyed[0][1]] == "integer"
    for made in table.columns:
        if made.name in table.primary_key and (alias or not entry.rowid):
            made.nullable = False
            made.identity = alias
    if alias:
        own = table.indexes.add(
            name=ROWID_INDEX,
            method=pb.INDEX_METHOD_BTREE,
            unique=True,
            primary=True,
            valid=True,
            size_bytes=-1,
            scans=-1,
        )
        own.keys.add(column=keyed[0][1])
    _indexes(file, table, entry)
    return table


def _indexes(file: File, table: pb.Table, entry: Entry) -> None:
    for _, name, unique, origin, partial in _pragma(file, "index_list", table.name):
        statement = entry.indexes.get(str(name), "")
        text = index_text(statement) if statement else IndexText((), "")
        index = table.indexes.add(
            name=str(name),
            method=pb.INDEX_METHOD_BTREE,
            unique=bool(unique),
            primary=origin == "pk",
            valid=True,
            predicate=text.predicate if partial else "",
            definition=statement,
            size_bytes=-1,
            scans=-1,
        )
        for at, cid, column, descending, collation, is_key in _pragma(file, "index_xinfo", str(name)):
            if not is_key:
                continue
            place = int(str(at))
            expression = text.parts[place] if cid == -2 and place < len(text.parts) else ""
            index.keys.add(
                column="" if column is None else str(column),
                expression=expression if column is None else "",
                descending=bool(descending),
                # NULLs are smallest in SQLite.
                nulls_first=not descending,
                collation="" if collation == "BINARY" else str(collation or ""),
            )
        columns = [key.column for key in index.keys]
        if unique and not partial and origin != "pk" and all(columns):
            table.unique_keys.add(name=str(name), columns=columns)


def _foreign_keys(file: File, name: str, known: dict[str, Entry]) -> list[pb.Relationship]:
    """SQLite neither names its foreign keys nor checks that they lead anywhere; those that do not are left
    out.
    """
    if known[name].kind == pb.TABLE_KIND_VIEW:
        return []
    folded = {each.lower(): each for each in known}
    grouped: dict[int, list[tuple[Value, ...]]] = {}
    for row in _pragma(file, "foreign_key_list", name):
        grouped.setdefault(int(str(row[0])), []).append(row)
    own = _columns(file, name)
    found = []
    for rows in grouped.values():
        rows.sort(key=lambda row: int(str(row[1])))
        target = folded.get(str(rows[0][2]).lower())
        if target is None:
            continue
        theirs = _columns(file, target)
        keys = [column for column, place in sorted(theirs.items(), key=lambda each: each[1][1]) if place[1]]
        told = [str(row[4]).lower() for row in rows if row[4] is not None]
        to = [theirs[each][0] for each in told if each in theirs] if told else [theirs[each][0] for each in keys]
        columns = [own[each][0] for row in rows if (each := str(row[3]).lower()) in own]
        if len(columns) == len(rows) == len(to):
            found.append(
                pb.Relationship(
                    name=f"{name}.{','.join(columns)}->{target}.{','.join(to)}",
                    from_table=name,
                    from_columns=columns,
                    to_table=target,
                    to_columns=to,
                    origin=pb.RELATIONSHIP_ORIGIN_DECLARED,
                    confidence=1.0,
                )
            )
    return found


def _columns(file: File, name: str) -> dict[str, tuple[str, int]]:
    """Spelling and place in the primary key (0: none) of each column, by its lower-case name."""
    rows = _pragma(file, "table_xinfo", name)
    return {str(row[1]).lower(): (str(row[1]), int(str(row[5]))) for row in rows}


def _pragma(file: File, pragma: str, name: str) -> list[tuple[Value, ...]]:
    return file.rows(f"PRAGMA {pragma}({quoted(name)})", about=pragma, traced=False)
