"""Every statement that these plans can become, parsed: one query that reads, nothing in it but names and parameters."""

import re
from collections.abc import Iterator

import pytest

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.loader.compiler import Compiled, Task, compile_plan
from services.loader.shape import Shape
from tests.services.loader.conftest import Reader
from tests.services.loader.plan_cases import CASES
from tests.services.loader.statement_rules import Known, faults
from tests.services.loader.test_pages import CASES as PAGED


def statements(reader: Reader, query: plan_pb2.Query, *, blind: bool) -> Iterator[tuple[str, Known]]:
    catalog = catalog_pb2.CatalogSlice() if blind else reader.catalog
    plan = plan_pb2.QueryPlan(query=query)
    task = Task("x", reader.database.dialect, plan, catalog, semantics_pb2.SemanticSlice())
    # Without a catalog nothing is chosen: one form says it all.
    for variant in ("head",) if blind else ("head", "only", "count"):
        shape = Shape(query)
        _, compiled = compile_plan(task, shape, variant)
        yield _known(compiled, variant)
        if compiled.undecided:
            yield _known(compile_plan(task, shape, variant, frozenset(dict(compiled.undecided)))[1], variant)
        if variant == "head" and compiled.paging.mode:
            keys = len(compiled.paging.keys)
            for mask in {"0" * keys, "" if compiled.paging.mode == "free" else "1" * keys}:
                for after in ("after", "after free"):
                    yield _known(compile_plan(task, shape, f"{after}:{mask}")[1], f"{after}:{mask}")


def _known(compiled: Compiled, variant: str) -> tuple[str, Known]:
    slots = tuple(each.slot or f"={each.fixed}" for each in compiled.parameters)
    return compiled.sql, Known(slots, frozenset(compiled.indexed), variant)


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize("name", [*CASES, *(f"page:{each}" for each in PAGED)])
def test_only_names_and_parameters(name: str, blind: bool, on_postgresql: Reader, on_sqlite: Reader) -> None:
    query = PAGED[name[5:]] if name.startswith("page:") else CASES[name]
    for reader in (on_postgresql, on_sqlite):
        for sql, known in statements(reader, query, blind=blind):
            assert not faults(sql, reader.database.system, known), sql
            assert "'" not in sql


_DATES = re.compile(r"EXTRACT\(year|date_trunc|strftime", re.IGNORECASE)


@pytest.mark.parametrize("name", ["year", "year_of_date", "year_above", "year_not", "years", "year_and_month", "date_of",
                                  "date_of_up_to", "date_of_after", "date_of_between", "bucket_equal", "bucket_week",
                                  "bucket_quarter_from"])  # fmt: skip
def test_no_function_on_a_column_where_a_range_would_do(name: str, on_postgresql: Reader, on_sqlite: Reader) -> None:
    for reader in (on_postgresql, on_sqlite):
        for sql, _ in statements(reader, CASES[name], blind=False):
            assert not _DATES.search(sql), sql
        assert any(
            _DATES.search(sql) or re.search("date|quarter", sql, re.IGNORECASE)
            for sql, _ in statements(reader, CASES[name], blind=True)
        )


def test_the_choices_name_indexes_that_exist(on_postgresql: Reader) -> None:
    known = {index.name for table in on_postgresql.catalog.tables for index in table.indexes}
    named = set()
    for query in [*CASES.values(), *PAGED.values()]:
        task = Task("x", 1, plan_pb2.QueryPlan(query=query), on_postgresql.catalog, semantics_pb2.SemanticSlice())
        named |= {index for _, index, _, _ in compile_plan(task, Shape(query), "head")[1].choices if index}
    assert named <= known
    assert {"orders_placed", "orders_customer", "orders_note_prefix", "item_key"} <= named
