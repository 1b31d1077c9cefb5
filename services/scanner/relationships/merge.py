"""What was inferred before, together with what was inferred anew about the tables that changed."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.reader import Probe, TableKey
from services.scanner.relationships.columns import Place, single_keys


def merge(
    before: Sequence[pb.Relationship],
    found: Sequence[pb.Relationship],
    tables: Mapping[TableKey, pb.Table],
    probe: Probe,
    *,
    touched: Collection[Place],
    read: Collection[TableKey],
) -> tuple[pb.Relationship, ...]:
    """found replaces everything about the touched columns. read: tables whose rows changed, so that what was
    unique in them may no longer be.
    """
    told, over = {each.name for each in found}, set(touched)
    kept = [
        _checked(each, tables, read, probe)
        for each in before
        if _from(each) in tables and _to(each) in tables and each.name not in told and not _places(each) & over
    ]
    by_column: dict[tuple[TableKey, str], list[pb.Relationship]] = defaultdict(list)
    for each in [*found, *kept]:
        by_column[_from(each), each.from_columns[0]].append(each)
    return tuple(each for group in by_column.values() for each in _told(group, tables))


def _told(group: list[pb.Relationship], tables: Mapping[TableKey, pb.Table]) -> list[pb.Relationship]:
    """A column that holds row numbers of a table refers to one table only."""
    best = max(group, key=lambda each: each.confidence)
    return [best] if _numbers_rows(best, tables) else [each for each in group if not _numbers_rows(each, tables)]


def _numbers_rows(each: pb.Relationship, tables: Mapping[TableKey, pb.Table]) -> bool:
    table = tables[_to(each)]
    column = next((column for column in table.columns if column.name == each.to_columns[0]), None)
    if column is None or column.name not in single_keys(table):
        return False
    return column.identity or column.family not in (pb.TYPE_FAMILY_TEXT,)


def _checked(
    each: pb.Relationship, tables: Mapping[TableKey, pb.Table], read: Collection[TableKey], probe: Probe
) -> pb.Relationship:
    """With to_unique as the rows are now, where no key keeps it true."""
    target = tables[_to(each)]
    if _to(each) not in read or not each.to_unique or each.to_columns[0] in single_keys(target):
        return each
    unique = bool(probe.unique(target, each.to_columns[0]))
    if unique:
        return each
    made = pb.Relationship()
    made.CopyFrom(each)
    made.to_unique = False
    return made


def _places(each: pb.Relationship) -> set[Place]:
    return {(*_from(each), each.from_columns[0]), (*_to(each), each.to_columns[0])}


def _from(each: pb.Relationship) -> TableKey:
    return each.from_schema, each.from_table


def _to(each: pb.Relationship) -> TableKey:
    return each.to_schema, each.to_table
