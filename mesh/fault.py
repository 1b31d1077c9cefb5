"""The one error that crosses the mesh.

    Exception
    └── Fault           a call failed for a reason of maestro.error.v1.ErrorReason

Any module raises it; the server side of the mesh turns it into google.rpc.Status, the calling side turns that
back into an equal Fault, so a fault raised three hops away arrives as it was raised. `asyncio.CancelledError`
and `TimeoutError` keep their meaning and are not faults.

This module knows nothing of gRPC: domain code may raise Fault without depending on the wire.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from maestro.error.v1 import error_pb2

DOMAIN = "maestro"
_PREFIX = "ERROR_REASON_"


@cache
def _rule(reason: str) -> error_pb2.ReasonRule:
    value = error_pb2.ErrorReason.DESCRIPTOR.values_by_name.get(_PREFIX + reason)
    if value is None or value.number == 0:
        raise ValueError(f"maestro.error.v1.ErrorReason has no {_PREFIX}{reason}")
    rule: error_pb2.ReasonRule = value.GetOptions().Extensions[error_pb2.rule]
    return rule


@cache
def is_reason(reason: str) -> bool:
    """Whether an ErrorReason of that name (without its prefix) exists."""
    value = error_pb2.ErrorReason.DESCRIPTOR.values_by_name.get(_PREFIX + reason)
    return value is not None and value.number != 0


class Fault(Exception):  # it is the name that every module uses
    """A call failed, and this is why.

    reason: the name of an ErrorReason without its prefix, such as "SOURCE_UNKNOWN"; any other is a
    ValueError. message: one clear English sentence that says what is wrong and, where possible, what to do.
    metadata: values that a program or a message in another language needs; the catalogue says which for each
    reason. retry_after: seconds after which the same call may be made again, or None. violations: (field
    path, what is wrong with it) pairs, for requests whose fields are at fault. origin: the module that raised
    it; the mesh fills it in.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        violations: Iterable[tuple[str, str]] = (),
        origin: str = "",
    ) -> None:
        _rule(reason)
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})
        self.retry_after = retry_after
        self.violations = list(violations)
        self.origin = origin

    @property
    def code(self) -> int:
        """The number of the gRPC status code that the catalogue declares for the reason."""
        return int(_rule(self.reason).code)

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed a little later, by the catalogue."""
        return bool(_rule(self.reason).retryable)

    def __repr__(self) -> str:
        return f"Fault({self.reason!r}, {self.message!r}, metadata={self.metadata!r}, origin={self.origin!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash((self.reason, self.message))

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self.__dict__,)

    def _key(self) -> tuple[object, ...]:
        return (
            self.reason,
            self.message,
            self.metadata,
            self.retry_after,
            self.violations,
            self.origin,
        )


def _restore(fields: dict[str, Any]) -> Fault:
    return Fault(**fields)
