"""Content hashes: what a catalog's versions are made of."""

import hashlib
from collections.abc import Iterable

from maestro.catalog.v1 import catalog_pb2 as pb

DIGITS = 16


def structure_digest(table: pb.Table) -> bytes:
    """A hash over what a table is: not over its statistics, sizes and sample values."""
    bare = pb.Table()
    bare.CopyFrom(table)
    for name in ("row_estimate", "size_bytes", "changes", "page_estimate", "rows_version"):
        bare.ClearField(name)
    for column in bare.columns:
        column.ClearField("statistics")
        column.ClearField("sample_values")
        column.ClearField("samples_complete")
    for index in bare.indexes:
        index.ClearField("size_bytes")
        index.ClearField("scans")
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).digest()


def statistics_digest(table: pb.Table) -> bytes:
    """A hash over a table's statistics and sample values, without the counters that every write moves."""
    digest = hashlib.sha256(str(table.row_estimate).encode())
    for column in table.columns:
        digest.update(column.statistics.SerializeToString(deterministic=True))
        digest.update("\0".join(column.sample_values).encode("utf-8", "replace"))
        digest.update(b"\1" if column.samples_complete else b"\0")
    return digest.digest()


def relationship_digest(relationship: pb.Relationship) -> bytes:
    """A hash over what a relationship joins and how, not over how sure it is: that moves with every
    sample.
    """
    bare = pb.Relationship()
    bare.CopyFrom(relationship)
    bare.ClearField("confidence")
    bare.ClearField("evidence")
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).digest()


def version(parts: Iterable[bytes]) -> str:
    """The first digits of a hash over hashes, in lower-case hex."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part)
    return whole.hexdigest()[:DIGITS]
