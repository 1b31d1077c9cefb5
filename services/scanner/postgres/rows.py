"""Statements on the rows of one table, bounded in rows and time. Values come as text."""

from collections.abc import Sequence

from psycopg import sql

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.postgres.session import Transaction
from services.scanner.values import LONGEST, SAMPLED

_SMALL_BYTES = 8 << 20
_PAGES = 400
_MOST_GROUPS = 5_000
_ROWS_A_PAGE = 400
Cells = list[tuple[str | None, ...]]


def identifier(*names: str) -> sql.SQL:
    """A quoted name, for a statement that is sent with parameters: there a % has to be doubled."""
    return sql.SQL(sql.Identifier(*names).as_string().replace("%", "%%"))


def name(table: pb.Table) -> sql.SQL:
    """The table's quoted name."""
    return identifier(table.schema, table.name)


def text(column: pb.Column) -> sql.Composable:
    """The column as text, cut just above the length that is kept; only whether there is one, where it is no
    value.
    """
    quoted = identifier(column.name)
    if column.family in SAMPLED:
        return sql.SQL("left({}::text, {})").format(quoted, sql.Literal(LONGEST + 1))
    return sql.SQL("CASE WHEN {} IS NOT NULL THEN '' END").format(quoted)


def sample(run: Transaction, table: pb.Table, limit: int) -> tuple[Cells, int, bool]:
    """Up to so many rows, the number of rows of the table, and whether these are all of them.

    A small table is read from its beginning and counted; of a large one some pages are drawn, always the same
    ones as long as it does not grow, and its rows are estimated from them.
    """
    listed = sql.SQL(", ").join(text(column) for column in table.columns)
    source: sql.Composable = name(table)
    if table.size_bytes <= _SMALL_BYTES:
        query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(listed, source, sql.Literal(limit + 1))
        rows = run.rows(query, about=table.name)
        if len(rows) <= limit:
            return rows, len(rows), True
        counted = run.rows(sql.SQL("SELECT count(*) FROM {}").format(source), about=table.name)
        return rows[:limit], int(counted[0][0]), False
    pages = max(table.size_bytes // 8192, 1)
    share = min(100.0, 100.0 * _PAGES / pages)
    drawn = sql.SQL("{} TABLESAMPLE SYSTEM ({}) REPEATABLE (1)").format(source, sql.Literal(share))
    query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(listed, drawn, sql.Literal(_PAGES * _ROWS_A_PAGE))
    rows = run.rows(query, about=table.name)
    estimate = round(len(rows) * 100.0 / share)
    step = max(len(rows) // limit, 1)
    return rows[::step][:limit], estimate, False


def peek(run: Transaction, table: pb.Table, limit: int, most_cost: float) -> Cells | None:
    """Some rows of a view, unless the planner finds that dear."""
    listed = sql.SQL(", ").join(text(column) for column in table.columns)
    query = sql.SQL("SELECT {} FROM {} LIMIT {}").format(listed, name(table), sql.Literal(limit))
    plan = run.rows(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(query), about=table.name)
    if float(plan[0][0][0]["Plan"]["Total Cost"]) > most_cost:
        return None
    return run.rows(query, about=table.name)


def frequencies(
    run: Transaction, table: pb.Table, columns: Sequence[pb.Column]
) -> list[list[tuple[str | None, int]]] | None:
    """For each column its values with the number of rows of each, from one pass over the table; None where
    there turn out to be far too many.
    """
    names = [sql.Identifier(f"c{i}") for i in range(len(columns))]
    cells = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(text(column), alias) for column, alias in zip(columns, names, strict=True)
    )
    which = sql.SQL(" ").join(
        sql.SQL("WHEN GROUPING({}) = 0 THEN {}").format(alias, sql.Literal(i)) for i, alias in enumerate(names)
    )
    sets = sql.SQL(", ").join(sql.SQL("({})").format(alias) for alias in names)
    query = sql.SQL(
        "SELECT CASE {which} END, coalesce({names}), count(*) FROM (SELECT {cells} FROM {table}) s "
        "GROUP BY GROUPING SETS ({sets}) LIMIT {most}"
    ).format(
        which=which,
        names=sql.SQL(", ").join(names),
        cells=cells,
        table=name(table),
        sets=sets,
        most=sql.Literal(_MOST_GROUPS),
    )
    rows = run.rows(query, about=table.name)
    if len(rows) >= _MOST_GROUPS:
        return None
    found: list[list[tuple[str | None, int]]] = [[] for _ in columns]
    for at, value, count in rows:
        found[at].append((value, count))
    return found


def distinct_by_index(run: Transaction, table: pb.Table, column: pb.Column, most: int) -> list[str]:
    """Up to so many distinct values, each found by one descent of the column's index, whatever the table's
    size.
    """
    query = sql.SQL(
        "WITH RECURSIVE step(v) AS ("
        "(SELECT {c} FROM {t} WHERE {c} IS NOT NULL ORDER BY {c} LIMIT 1) UNION ALL "
        "SELECT (SELECT {c} FROM {t} WHERE {c} > step.v ORDER BY {c} LIMIT 1) "
        "FROM step WHERE step.v IS NOT NULL"
        ") SELECT left(v::text, {n}) FROM step WHERE v IS NOT NULL LIMIT {most}"
    ).format(
        c=identifier(column.name),
        t=name(table),
        n=sql.Literal(LONGEST + 1),
        most=sql.Literal(most),
    )
    return [str(row[0]) for row in run.rows(query, about=table.name)]


def extremes_by_index(
    run: Transaction, table: pb.Table, columns: Sequence[pb.Column]
) -> list[tuple[str | None, str | None]]:
    """Smallest and largest value of indexed columns, each read from an end of an index."""
    parts = [
        sql.SQL("(SELECT left({f}({c})::text, {n}) FROM {t})").format(
            f=sql.SQL(function),
            c=identifier(column.name),
            t=name(table),
            n=sql.Literal(LONGEST),
        )
        for column in columns
        for function in ("min", "max")
    ]
    row = run.rows(sql.SQL("SELECT {}").format(sql.SQL(", ").join(parts)), about=table.name)[0]
    return [(row[2 * i], row[2 * i + 1]) for i in range(len(columns))]
