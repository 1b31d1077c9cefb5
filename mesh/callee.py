"""Whom a channel reaches, and what stands for a failure to reach it."""

import grpc

from mesh.fault import Fault
from mesh.wire import from_status

_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Callee:
    """module, target: who it is and where, as configured. default: seconds for a call without deadline.
    reserve: seconds of the current call that the calls it makes may not use."""

    __slots__ = ("default", "module", "reserve", "target", "throttle")

    def __init__(self, module: str, target: str, default: float, reserve: float) -> None:
        self.module = module
        self.target = target
        self.default = default
        self.reserve = reserve
        self.throttle = Throttle()

    def short(self, path: str) -> str:
        """A method as people are told of it, `scanner.GetCatalog`."""
        return f"{self.module}.{path.rpartition('/')[2]}"

    def fault(self, code: grpc.StatusCode, details: str, path: str, seconds: float | None) -> Fault:
        """What stands for a status that no module of the mesh raised: the transport failed, or a stranger
        answered."""
        short = self.short(path)
        where = {"module": self.module, "method": short}
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return self.timed_out(path, seconds)
        if code is grpc.StatusCode.UNAVAILABLE:
            message = f"{self.module} cannot be reached at {self.target}."
            return Fault("MODULE_UNAVAILABLE", message, metadata=where)
        if code is grpc.StatusCode.CANCELLED:
            # Not by us, and a module that cancels says so in a fault: the server is being stopped, or gRPC
            # has mixed it up with another call, which happens when very many are cancelled at once.
            return Fault("MODULE_UNAVAILABLE", f"{short} was cut off by its server.", metadata=where)
        if code is grpc.StatusCode.UNIMPLEMENTED:
            message = f"{self.module} does not have the method {short}."
            return Fault("METHOD_UNKNOWN", message, metadata=where)
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            message = f"{short}: {details or 'the message is too large'}."
            return Fault("MESSAGE_TOO_LARGE", message, metadata=where)
        return Fault("INTERNAL", f"{short} failed: {code.name} {details}".rstrip(), metadata=where)

    def timed_out(self, path: str, seconds: float | None) -> Fault:
        """What stands for a call that did not answer in time."""
        short = self.short(path)
        within = "in time" if seconds is None else f"within {max(seconds, 0):.3g} s"
        message = f"{short} did not answer {within}."
        return Fault("DEADLINE_EXCEEDED", message, metadata={"timed_out": short})

    def from_error(self, error: grpc.aio.AioRpcError, path: str, seconds: float | None) -> Fault:
        """The fault that a failed gRPC call brought, or what stands for one."""
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                fault, _, _ = from_status(value)
                if fault is not None:
                    return fault
        return self.fault(error.code(), error.details() or "", path, seconds)

    def from_reply(self, status: bytes, path: str, seconds: float | None) -> Fault:
        """The fault that the reply to a call over a link brought, or what stands for one."""
        fault, code, message = from_status(status)
        return fault or self.fault(_CODES[code], message, path, seconds)


class Throttle:
    """Stops retrying where half of the calls fail: retries must not be what keeps a module down.

    The same rule as gRPC's retryThrottling with maxTokens 20 and tokenRatio 0.5.
    """

    __slots__ = ("_tokens",)

    def __init__(self) -> None:
        self._tokens = 20.0

    def succeeded(self) -> None:
        """A call went through."""
        if self._tokens < 20:
            self._tokens += 0.5

    def failed(self) -> bool:
        """A call did not; whether it may be made again."""
        self._tokens = max(0.0, self._tokens - 1)
        return self._tokens > 10
