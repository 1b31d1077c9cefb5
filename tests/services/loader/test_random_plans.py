"""Whatever the plan: the same answer in every database, in every form, with and without knowledge.

Examples are the same in every run. MAESTRO_TEST_PLANS=1000 tries as many; MAESTRO_TEST_PLANS_SEED=7 tries others.
"""

import os

import pytest
from hypothesis import HealthCheck, given, seed, settings

from maestro.plan.v1 import plan_pb2 as p
from mesh.fault import Fault
from tests.services.loader.conftest import Reader, alike, plain
from tests.services.loader.random_plans import queries

SEED = int(os.environ.get("MAESTRO_TEST_PLANS_SEED", "0"))
CHECKED = settings(
    max_examples=int(os.environ.get("MAESTRO_TEST_PLANS", "60")),
    deadline=None,
    derandomize=not SEED,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.slow
@seed(SEED)
@CHECKED
@given(made=queries())
async def test_whatever_the_plan(made: p.Query, on_postgresql: Reader, on_sqlite: Reader) -> None:
    expected = await on_sqlite.rows(made)
    head = await on_postgresql.head(made)
    knowing = plain(head.head)
    assert alike(knowing, expected), f"databases differ: {knowing[:3]} {expected[:3]}"
    pushed = await on_postgresql.pushed().rows(made)
    assert alike(pushed, expected), f"a rewrite changes the answer: {pushed[:3]} {expected[:3]}"
    pushed = await on_sqlite.pushed().rows(made)
    assert alike(pushed, expected), f"a rewrite changes the answer in SQLite: {pushed[:3]} {expected[:3]}"
    names = {choice.choice for each in head.statements for choice in each.choices}
    if any("grain" in each or "EXISTS instead of a join" in each for each in names):
        # Measures that a join would multiply, which only knowledge of keys can tell.
        return
    try:
        blind = await on_postgresql.rows(made, blind=True)
    except Fault as fault:
        if fault.reason != "PLAN_INVALID":
            raise
        # Types that only a catalog tells.
        return
    assert alike(blind, knowing), f"knowledge changes the answer: {blind[:3]} {knowing[:3]}"
