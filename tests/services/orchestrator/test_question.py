"""What is refused at the edge."""

import pytest

from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.plan.v1 import plan_pb2 as plan
from mesh.fault import Fault
from services.orchestrator.question import check


def members(number: int) -> pb.RunQueryRequest:
    """A plan with a set of so many values."""
    request = pb.RunQueryRequest()
    member = request.plan.query.select.where.membership
    member.operand.column.column = "id"
    for value in range(number):
        member.values.add().literal.CopyFrom(plan.Literal(integer=value))
    return request


def test_a_plan_that_would_keep_every_module_busy_is_refused_at_the_door() -> None:
    with pytest.raises(Fault) as raised:
        check(members(100_000))
    assert raised.value.reason == "INVALID_ARGUMENT"
    assert "plan has" in raised.value.message


def test_a_large_set_of_values_is_a_plan() -> None:
    check(members(10_000))
