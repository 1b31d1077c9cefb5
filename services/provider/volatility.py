"""For how long a result may be served again, by how much its tables change."""

from maestro.catalog.v1 import catalog_pb2

# A table that has never changed since statistics were gathered is served this many times longer.
STEADY = 30.0
SLOW = 6.0


def lifetime(catalog: catalog_pb2.CatalogSlice, seconds: float) -> float:
    """Seconds: the base for tables that change much or of which nothing is known; more where every table of the plan is
    known to change little. The liveliest table decides."""
    factors = [_factor(each) for each in catalog.tables]
    return seconds * min(factors, default=1.0)


def _factor(table: catalog_pb2.Table) -> float:
    if table.kind not in (catalog_pb2.TABLE_KIND_TABLE, catalog_pb2.TABLE_KIND_MATERIALIZED_VIEW):
        return 1.0
    if table.changes < 0 or table.row_estimate <= 0:
        return 1.0
    if table.changes == 0:
        return STEADY
    return SLOW if table.changes * 100 < table.row_estimate else 1.0
