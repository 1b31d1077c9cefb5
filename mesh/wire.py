"""Fault ↔ google.rpc.Status, side by side in one place."""

from google.rpc import error_details_pb2, status_pb2

from mesh.fault import DOMAIN, Fault, is_reason

# Carried in ErrorInfo's metadata, beside the fault's own; never shown to callers as metadata.
_ORIGIN = "maestro.origin"


def to_status(fault: Fault, module: str) -> status_pb2.Status:
    """The status that a fault travels as. `module` is its origin, where it does not have one yet."""
    status = status_pb2.Status(code=fault.code, message=fault.message)
    info = error_details_pb2.ErrorInfo(reason=fault.reason, domain=DOMAIN, metadata=fault.metadata)
    info.metadata[_ORIGIN] = fault.origin or module
    status.details.add().Pack(info)
    if fault.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromNanoseconds(round(fault.retry_after * 1e9))
        status.details.add().Pack(retry)
    if fault.violations:
        bad = error_details_pb2.BadRequest()
        for field, description in fault.violations:
            bad.field_violations.add(field=field, description=description)
        status.details.add().Pack(bad)
    return status


def from_status(data: bytes) -> tuple[Fault | None, int, str]:
    """The fault that a serialized status carries, or None where it carries none of ours; its code; its
    message."""
    status = status_pb2.Status.FromString(data)
    info = error_details_pb2.ErrorInfo()
    found = False
    retry_after: float | None = None
    violations: list[tuple[str, str]] = []
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            detail.Unpack(info)
            found = info.domain == DOMAIN
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            retry_after = retry.retry_delay.ToNanoseconds() / 1e9
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            violations = [(each.field, each.description) for each in bad.field_violations]
    if not found:
        return None, status.code, status.message
    metadata = dict(info.metadata)
    origin = metadata.pop(_ORIGIN, "")
    # A newer peer may know reasons that we do not: the message still says what happened.
    reason = info.reason if is_reason(info.reason) else "INTERNAL"
    fault = Fault(
        reason,
        status.message,
        metadata=metadata,
        retry_after=retry_after,
        violations=violations,
        origin=origin,
    )
    return fault, status.code, status.message
