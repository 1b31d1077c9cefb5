"""From what a scan tests to the index that would serve it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maestro.catalog.v1 import catalog_pb2
from services.monitor.advice.conditions import Condition, Kind
from services.monitor.advice.cost import entry_bytes, index_cost
from services.monitor.advice.scans import Scan
from services.monitor.advice.selectivity import selectivity

_POINTS = (Kind.EQUAL, Kind.NULL, Kind.PARTNER)
_SPANS = (Kind.LOWER, Kind.UPPER, Kind.PREFIX)
_MOST_COLUMNS = 3
# So few rows of one key are read at once: a further column would narrow nothing.
_NARROW = 16
_WIDEST = 400
_UNFIT = frozenset(
    {
        catalog_pb2.TYPE_FAMILY_JSON,
        catalog_pb2.TYPE_FAMILY_ARRAY,
        catalog_pb2.TYPE_FAMILY_BINARY,
        catalog_pb2.TYPE_FAMILY_OTHER,
    }
)
_TRIGRAMS = "gin_trgm_ops"
_PATTERNS = "text_pattern_ops"
# Looking up the lists of trigrams, and reading rows that have them but not the text.
_GIN_COST = 60.0


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an index."""

    column: str
    operator_class: str = ""
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """An index that could be. Equal ones are the same index."""

    schema: str
    table: str
    keys: tuple[Key, ...]
    method: str = "btree"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a candidate does for one scan. cost: of the scan with it, all repetitions; spared: what follows the scan and
    is not needed then; why: an English phrase."""

    candidate: Candidate
    cost: float
    why: str
    spared: float = 0


def offers(scan: Scan, table: catalog_pb2.Table, extensions: Sequence[str]) -> Iterator[Offer]:
    """The indexes that could serve a scan, each with what it would cost then."""
    if table.kind not in (catalog_pb2.TABLE_KIND_TABLE, catalog_pb2.TABLE_KIND_MATERIALIZED_VIEW):
        return
    if table.row_estimate <= 0:
        return
    columns = {each.name: each for each in table.columns}
    tests = _by_column(scan, columns)
    yield from _filtering(scan, table, columns, tests)
    for column, others in scan.partners.items():
        if column in columns and _fit(columns[column]):
            yield from _joining(scan, table, columns, tests, column, others)
    if "pg_trgm" in extensions:
        for name, found in tests.items():
            if any(each.kind is Kind.INFIX for each in found):
                cost = scan.loops * _GIN_COST + index_cost(table, scan.rows, 8, 0, scan.loops)
                candidate = Candidate(table.schema, table.name, (Key(name, _TRIGRAMS),), "gin")
                yield Offer(candidate, cost, f"{name} is searched for a part of its text")


def _filtering(
    scan: Scan,
    table: catalog_pb2.Table,
    columns: dict[str, catalog_pb2.Column],
    tests: dict[str, list[Condition]],
) -> Iterator[Offer]:
    keys, rows, said = _keys(table, columns, tests, [])
    ordered = _in_order(scan, tests, keys)
    if ordered is not None:
        share = min(1.0, scan.limit / max(1.0, scan.rows))
        key = (*keys, *ordered)
        whole = index_cost(table, max(rows, scan.rows), _width(columns, key), 0, scan.loops)
        first = f"the first {scan.limit:.0f} by {', '.join(each.column for each in ordered)} are wanted"
        why = "; ".join([*said, first])
        yield Offer(Candidate(table.schema, table.name, key), max(whole * share, 1.0), why, scan.sorting)
    if keys:
        correlation = columns[keys[0].column].statistics.correlation * (1.0 if len(keys) == 1 else 0.75)
        cost = index_cost(table, rows, _width(columns, keys), correlation, scan.loops)
        yield Offer(Candidate(table.schema, table.name, keys), cost, "; ".join(said))


def _joining(
    scan: Scan,
    table: catalog_pb2.Table,
    columns: dict[str, catalog_pb2.Column],
    tests: dict[str, list[Condition]],
    column: str,
    others: float,
) -> Iterator[Offer]:
    """Looked up for each row of the other side, instead of being read whole."""
    partner = [Condition(Kind.PARTNER, scan.alias, column)]
    keys, rows, said = _keys(table, columns, {**tests, column: partner}, [column])
    cost = index_cost(table, rows, _width(columns, keys), 0, max(1.0, others))
    first = f"it is joined by {column} with {others:,.0f} rows"
    yield Offer(Candidate(table.schema, table.name, keys), cost, "; ".join([first, *said[1:]]))


def _keys(
    table: catalog_pb2.Table,
    columns: dict[str, catalog_pb2.Column],
    tests: dict[str, list[Condition]],
    leading: list[str],
) -> tuple[tuple[Key, ...], float, list[str]]:
    """(columns, rows that are read, what each is for): those of one value first, the most selective before the others,
    then at most one of a range."""
    total = float(table.row_estimate)
    shares = {name: selectivity(columns[name], found, total) for name, found in tests.items()}
    points = [
        name for name, found in tests.items() if name not in leading and any(_is(each, _POINTS) for each in found)
    ]
    spans = [name for name, found in tests.items() if name not in points and any(_is(each, _SPANS) for each in found)]
    keys: list[Key] = []
    said: list[str] = []
    rows = total
    for name in leading + sorted(points, key=lambda each: (shares[each], each)):
        if len(keys) == _MOST_COLUMNS or (rows <= _NARROW and keys):
            break
        # A column that nearly all rows agree in narrows nothing.
        if name in leading or shares[name] < 0.9:
            keys.append(Key(name))
            said.append(f"{name} is compared with one value or a few")
            rows *= shares[name]
    for name in sorted(spans, key=lambda each: (shares[each], each))[:1]:
        if len(keys) < _MOST_COLUMNS and (rows > _NARROW or not keys) and shares[name] < 0.9:
            prefix = any(each.kind is Kind.PREFIX for each in tests[name])
            keys.append(Key(name, _PATTERNS if prefix else ""))
            said.append(f"{name} is searched by its beginning" if prefix else f"{name} is bounded")
            rows *= shares[name]
    return tuple(keys), max(rows, 1.0), said


def _in_order(scan: Scan, tests: dict[str, list[Condition]], keys: tuple[Key, ...]) -> tuple[Key, ...] | None:
    """The columns of the order, where the index can give it behind columns of one value each."""
    if not scan.limit or not scan.order or len(scan.order) + len(keys) > _MOST_COLUMNS:
        return None
    for key in keys:
        found = tests[key.column]
        if not all(each.kind is Kind.NULL or (each.kind is Kind.EQUAL and len(each.values) == 1) for each in found):
            return None
    names = {key.column for key in keys}
    if any(column in names for column, _, _ in scan.order):
        return None
    turned = scan.order[0][1]
    # An index is read in both directions: what is all descending needs no descending index.
    if all(down == turned and nulls == down for _, down, nulls in scan.order):
        return tuple(Key(column) for column, _, _ in scan.order)
    return tuple(Key(column, "", down, nulls) for column, down, nulls in scan.order)


def _by_column(scan: Scan, columns: dict[str, catalog_pb2.Column]) -> dict[str, list[Condition]]:
    """The tests that an index could serve, by column."""
    found: dict[str, list[Condition]] = {}
    for each in scan.conditions:
        column = columns.get(each.column)
        if column is None or each.kind is Kind.OTHER or not _fit(column) or not _direct(each, column):
            continue
        found.setdefault(each.column, []).append(each)
    return found


def _direct(condition: Condition, column: catalog_pb2.Column) -> bool:
    """Whether the column itself is compared: only a varchar is a text without being converted."""
    return not condition.cast or (condition.cast == "text" and column.type.startswith("character varying"))


def _fit(column: catalog_pb2.Column) -> bool:
    return column.family not in _UNFIT and column.statistics.average_width <= _WIDEST


def _width(columns: dict[str, catalog_pb2.Column], keys: Sequence[Key]) -> float:
    return entry_bytes([columns[each.column] for each in keys])


def _is(condition: Condition, kinds: tuple[Kind, ...]) -> bool:
    return condition.kind in kinds
