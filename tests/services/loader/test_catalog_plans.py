"""Whatever a plan wraps a column in, over a company's catalog and over a file's: the statement keeps the rules."""

import pytest
from hypothesis import Phase, given, seed, settings

from maestro.catalog.v1 import catalog_pb2 as c
from maestro.plan.v1 import plan_pb2 as p
from maestro.semantics.v1 import semantics_pb2
from services.loader.compiler import Task, compile_plan
from services.loader.shape import shape_of
from tests.services.loader import catalogs
from tests.services.loader.catalog_plans import plans
from tests.services.loader.statement_rules import Known, faults
from tests.services.loader.test_random_plans import CHECKED, SEED

# To make a plan smaller takes minutes, and tells little more.
QUICK = settings(CHECKED, phases=(Phase.explicit, Phase.generate))

Catalogs = dict[str, c.CatalogSlice]


def broken(query: p.Query, catalog: c.CatalogSlice) -> list[str]:
    """Rules that a statement of the plan breaks."""
    system = "sqlite" if catalog.dialect == c.DIALECT_SQLITE else "postgresql"
    task = Task("any", catalog.dialect, p.QueryPlan(query=query), catalog, semantics_pb2.SemanticSlice())
    found = []
    for variant in ("head", "only", "count", "all"):
        _, made = compile_plan(task, shape_of(query), variant)
        slots = tuple(each.slot or f"={each.fixed}" for each in made.parameters)
        found += faults(made.sql, system, Known(slots, frozenset(made.indexed), variant))
    return found


@pytest.fixture(scope="module")
def freight(frete: str) -> c.CatalogSlice:
    """The catalog of the sample, with all its indexes."""
    return catalogs.of_postgresql(frete)


@pytest.mark.slow
def test_over_a_company(freight: c.CatalogSlice) -> None:
    @seed(SEED)
    @QUICK
    @given(made=plans(freight))
    def check(made: p.Query) -> None:
        assert not broken(made, freight)

    check()


@pytest.mark.slow
@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_over_a_shop(database: str, shop_catalogs: Catalogs) -> None:
    catalog = shop_catalogs[database]

    @seed(SEED)
    @QUICK
    @given(made=plans(catalog))
    def check(made: p.Query) -> None:
        assert not broken(made, catalog)

    check()
