"""Candidates beside the indexes that are there."""

from __future__ import annotations

from collections.abc import Iterator

from maestro.catalog.v1 import catalog_pb2
from maestro.monitor.v1 import monitor_pb2 as pb
from services.monitor.advice.candidates import Candidate, Key

_METHODS = {
    catalog_pb2.INDEX_METHOD_BTREE: "btree",
    catalog_pb2.INDEX_METHOD_GIN: "gin",
    catalog_pb2.INDEX_METHOD_GIST: "gist",
    catalog_pb2.INDEX_METHOD_HASH: "hash",
    catalog_pb2.INDEX_METHOD_BRIN: "brin",
}


def twin(candidate: Candidate, table: catalog_pb2.Table) -> str:
    """Name of an index over all rows that begins with the candidate's columns: it does what the candidate would; "":
    there is none."""
    for index in table.indexes:
        if index.valid and not index.predicate and _begins(index, candidate):
            return index.name
    return ""


def followed(suggestion: pb.IndexSuggestion, table: catalog_pb2.Table) -> str:
    """Name of the index that is there as it was suggested, under whatever name; "": none is."""
    method = "gin" if " USING gin " in suggestion.ddl else "btree"
    wanted = list(suggestion.columns)
    for index in table.indexes:
        keys = [each.column for each in index.keys]
        if index.valid and not index.predicate and _METHODS.get(index.method) == method:
            if keys[: len(wanted)] == wanted:
                return index.name
    return ""


def overlaps(candidate: Candidate, table: catalog_pb2.Table) -> Iterator[str]:
    """How the candidate relates to the indexes that are there, one sentence each."""
    names = [each.column for each in candidate.keys]
    for index in table.indexes:
        keys = [each.column for each in index.keys]
        if _METHODS.get(index.method) != candidate.method or not keys or not all(keys):
            continue
        plain = not index.unique and not index.predicate and not index.included_columns
        if keys == names[: len(keys)] and plain:
            yield f"{index.name} ({', '.join(keys)}) would be contained in it, and could be dropped then"
        elif keys[0] == names[0]:
            what = "covers some rows only" if index.predicate else "goes on differently"
            yield f"{index.name} ({', '.join(keys)}) begins with the same column, but {what}"


def _begins(index: catalog_pb2.Index, candidate: Candidate) -> bool:
    if _METHODS.get(index.method) != candidate.method or len(index.keys) < len(candidate.keys):
        return False
    pairs = list(zip(index.keys, candidate.keys, strict=False))
    if not all(_same(has, wants) for has, wants in pairs):
        return False
    # Read backwards it gives the opposite order of all columns.
    turned = {has.descending != wants.descending for has, wants in pairs}
    return len(turned) == 1 or not any(wants.descending for _, wants in pairs)


def _same(has: catalog_pb2.IndexKey, wants: Key) -> bool:
    return has.column == wants.column and not has.expression and has.operator_class == wants.operator_class
