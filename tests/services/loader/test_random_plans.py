"""Whatever the plan: the same answer in every database."""

import pytest
from hypothesis import HealthCheck, given, settings

from maestro.plan.v1 import plan_pb2 as p
from mesh.fault import Fault
from tests.services.loader.conftest import Reader, alike
from tests.services.loader.random_plans import queries

CHECKED = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.slow
@CHECKED
@given(made=queries())
async def test_both_databases_agree(made: p.Query, on_postgresql: Reader, on_sqlite: Reader) -> None:
    ours = await on_sqlite.rows(made)
    theirs = await on_postgresql.rows(made)
    assert alike(theirs, ours), f"{theirs[:3]} {ours[:3]}"


@pytest.mark.slow
@CHECKED
@given(made=queries())
async def test_every_rewrite_keeps_the_answer(made: p.Query, on_postgresql: Reader, on_sqlite: Reader) -> None:
    expected = await on_postgresql.rows(made)
    assert alike(await on_postgresql.pushed().rows(made), expected)
    assert alike(await on_sqlite.pushed().rows(made), expected)


@pytest.mark.slow
@CHECKED
@given(made=queries())
async def test_knowledge_changes_no_answer(made: p.Query, on_postgresql: Reader) -> None:
    """But for measures that a join would multiply, which only knowledge of keys can tell."""
    knowing = await on_postgresql.rows(made)
    names = {choice.choice for each in (await on_postgresql.head(made)).statements for choice in each.choices}
    if any("grain" in each or "EXISTS instead of a join" in each for each in names):
        return
    try:
        blind = await on_postgresql.rows(made, blind=True)
    except Fault as fault:
        if fault.reason != "PLAN_INVALID":
            raise
        # Types that only a catalog tells.
        return
    assert alike(blind, knowing)
