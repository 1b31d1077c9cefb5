"""Every statement that these plans can become, parsed: one query that reads, nothing in it but names and parameters."""

import re
from collections.abc import Iterator

import pytest
import sqlglot
from sqlglot import exp

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.loader.compiler import Task, compile_plan
from services.loader.shape import Shape
from tests.services.loader.conftest import Reader
from tests.services.loader.plan_cases import CASES
from tests.services.loader.test_pages import CASES as PAGED

# A literal inside one of these is syntax, not a value.
_SYNTAX = (exp.DataType, exp.DataTypeParam)
_WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop, exp.Alter, exp.Command, exp.Into, exp.Lock)


def statements(reader: Reader, query: plan_pb2.Query, *, blind: bool) -> Iterator[tuple[str, str]]:
    catalog = catalog_pb2.CatalogSlice() if blind else reader.catalog
    plan = plan_pb2.QueryPlan(query=query)
    task = Task("x", reader.database.dialect, plan, catalog, semantics_pb2.SemanticSlice())
    for variant in ("head", "count"):
        shape = Shape(query)
        _, compiled = compile_plan(task, shape, variant)
        yield variant, compiled.sql
        if compiled.undecided:
            yield variant, compile_plan(task, shape, variant, frozenset(compiled.undecided))[1].sql
        if variant == "head" and compiled.paging.mode:
            keys = len(compiled.paging.keys)
            for mask in {"0" * keys, "" if compiled.paging.mode == "free" else "1" * keys}:
                yield "after", compile_plan(task, shape, f"after:{mask}")[1].sql


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize("name", [*CASES, *(f"page:{each}" for each in PAGED)])
def test_only_names_and_parameters(name: str, blind: bool, on_postgresql: Reader, on_sqlite: Reader) -> None:
    query = PAGED[name[5:]] if name.startswith("page:") else CASES[name]
    for reader, dialect in ((on_postgresql, "postgres"), (on_sqlite, "sqlite")):
        for variant, sql in statements(reader, query, blind=blind):
            trees = sqlglot.parse(sql, read=dialect)
            assert len(trees) == 1, sql
            tree = trees[0]
            assert isinstance(tree, exp.Query), sql
            assert not list(tree.find_all(*_WRITES)), sql
            for literal in tree.find_all(exp.Literal):
                if dialect == "postgres" and isinstance(literal.parent, exp.Parameter):
                    continue
                assert literal.find_ancestor(*_SYNTAX) or _is_parameter(literal), f"{literal.sql()} in {sql}"
            assert "'" not in sql
            if variant == "after":
                assert "OFFSET" not in sql


def _is_parameter(literal: exp.Expression) -> bool:
    return isinstance(literal.parent, exp.Placeholder | exp.Parameter | exp.Extract)


_DATES = re.compile(r"EXTRACT\(year|date_trunc|strftime", re.IGNORECASE)


@pytest.mark.parametrize("name", ["year", "year_of_date", "year_above", "year_not", "years", "year_and_month", "date_of",
                                  "date_of_up_to", "date_of_after", "date_of_between", "bucket_equal", "bucket_week",
                                  "bucket_quarter_from"])  # fmt: skip
def test_no_function_on_a_column_where_a_range_would_do(name: str, on_postgresql: Reader, on_sqlite: Reader) -> None:
    for reader in (on_postgresql, on_sqlite):
        for _, sql in statements(reader, CASES[name], blind=False):
            assert not _DATES.search(sql), sql
        assert any(
            _DATES.search(sql) or re.search("date|quarter", sql, re.IGNORECASE)
            for _, sql in statements(reader, CASES[name], blind=True)
        )


def test_the_choices_name_indexes_that_exist(on_postgresql: Reader) -> None:
    known = {index.name for table in on_postgresql.catalog.tables for index in table.indexes}
    named = set()
    for query in [*CASES.values(), *PAGED.values()]:
        task = Task("x", 1, plan_pb2.QueryPlan(query=query), on_postgresql.catalog, semantics_pb2.SemanticSlice())
        named |= {index for _, index, _, _ in compile_plan(task, Shape(query), "head")[1].choices if index}
    assert named <= known
    assert {"orders_placed", "orders_customer", "orders_note_prefix", "item_key"} <= named
