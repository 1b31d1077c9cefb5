"""The catalogue of errors, and their way over the wire."""

import pickle

import grpc
import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2
from hypothesis import given
from hypothesis import strategies as st

from maestro.error.v1 import error_pb2
from mesh.fault import Fault
from mesh.wire import from_status, to_status

REASONS = [
    value.name.removeprefix("ERROR_REASON_") for value in error_pb2.ErrorReason.DESCRIPTOR.values if value.number
]


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_a_grpc_code(reason: str) -> None:
    fault = Fault(reason, "")
    assert fault.code in {code.value[0] for code in grpc.StatusCode} - {0, 2}


def test_our_codes_are_grpcs() -> None:
    for value in error_pb2.StatusCode.DESCRIPTOR.values:
        if value.number:
            assert code_pb2.Code.Value(value.name.removeprefix("STATUS_CODE_")) == value.number


@pytest.mark.parametrize("reason", ["NO_SUCH", "", "ERROR_REASON_INTERNAL", "UNSPECIFIED"])
def test_a_reason_that_is_not_in_the_catalogue_cannot_be_raised(reason: str) -> None:
    with pytest.raises(ValueError, match="ErrorReason has no"):
        Fault(reason, "")


def test_what_may_be_tried_again() -> None:
    assert Fault("SOURCE_BUSY", "").retryable
    assert not Fault("SOURCE_UNKNOWN", "").retryable


TEXT = st.text(max_size=40)


@given(
    st.sampled_from(REASONS),
    TEXT,
    st.dictionaries(TEXT.filter(lambda key: key != "maestro.origin"), TEXT, max_size=4),
    st.none() | st.integers(0, 10**12).map(lambda nanos: nanos / 1e9),
    st.lists(st.tuples(TEXT, TEXT), max_size=4),
)
def test_a_fault_survives_the_wire(
    reason: str,
    message: str,
    metadata: dict[str, str],
    retry_after: float | None,
    violations: list[tuple[str, str]],
) -> None:
    sent = Fault(reason, message, metadata=metadata, retry_after=retry_after, violations=violations)
    got, code, said = from_status(to_status(sent, "scanner").SerializeToString())
    assert got is not None
    assert (got.origin, code, said) == ("scanner", sent.code, message)
    # What arrived goes on unchanged: the origin is the first module's.
    again, _, _ = from_status(to_status(got, "mapper").SerializeToString())
    assert again == got
    got.origin = ""
    assert got == sent
    assert pickle.loads(pickle.dumps(sent)) == sent  # noqa: S301  # our own bytes


def test_a_strangers_error_is_none_of_ours() -> None:
    status = status_pb2.Status(code=5, message="not found")
    assert from_status(status.SerializeToString()) == (None, 5, "not found")
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="X", domain="googleapis.com"))
    assert from_status(status.SerializeToString())[0] is None


def test_a_newer_peers_reason_keeps_its_message() -> None:
    status = status_pb2.Status(code=5, message="Es ist kein Kanal frei.")
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="NO_CHANNEL", domain="maestro"))
    fault, _, _ = from_status(status.SerializeToString())
    assert fault == Fault("INTERNAL", "Es ist kein Kanal frei.")


def test_faults_are_equal_only_when_everything_is() -> None:
    one = Fault("SOURCE_UNKNOWN", "no", metadata={"source": "x"})
    assert one == Fault("SOURCE_UNKNOWN", "no", metadata={"source": "x"})
    assert one != Fault("SOURCE_UNKNOWN", "no", metadata={"source": "y"})
    assert one != Fault("SOURCE_BUSY", "no", metadata={"source": "x"})
    assert one != ValueError("no")
