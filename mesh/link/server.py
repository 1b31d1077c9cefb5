"""The answering side of links."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from maestro.mesh.v1 import link_pb2, link_pb2_grpc
from mesh import deadline
from mesh.fault import Fault
from mesh.inbound import Method, as_fault, unreadable
from mesh.link.caller import BATCH_BYTES
from mesh.wire import to_status

_log = logging.getLogger(__name__)
_UNKNOWN = status_pb2.Status(code=grpc.StatusCode.UNIMPLEMENTED.value[0], message="Method not found!")


class LinkServicer(link_pb2_grpc.LinkServicer):
    """Carries calls to the methods of this server, given by path.

    in_flight: how many calls one link may have at a time; a caller of ours never has more.
    max_message: bytes of the largest reply.
    """

    def __init__(self, module: str, methods: Mapping[str, Method], in_flight: int, max_message: int) -> None:
        self.module = module
        self.methods = methods
        self.in_flight = in_flight
        self.max_message = max_message
        self._sessions: set[Session] = set()
        self._draining = False

    async def Exchange(self, request_iterator: Any, context: Any) -> None:  # type: ignore[override]  # noqa: N802  # gRPC's
        """One link, from its opening to its end."""
        session = Session(self, context)
        self._sessions.add(session)
        try:
            await session.run(self._draining)
        finally:
            self._sessions.discard(session)

    def drain(self) -> None:
        """Tells every caller to begin no more calls here; links end once what is in flight is answered."""
        self._draining = True
        for session in self._sessions:
            session.goaway()

    @property
    def links(self) -> int:
        """Links that stand."""
        return len(self._sessions)

    @property
    def in_work(self) -> int:
        """Calls that run or whose reply is not written yet."""
        return sum(session.in_work for session in self._sessions)


class Session:
    """One link."""

    def __init__(self, server: LinkServicer, context: Any) -> None:
        self._server = server
        self._methods = server.methods
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._running: dict[int, asyncio.Task[None]] = {}
        self._writers: set[asyncio.Task[None]] = set()
        self._batches: list[link_pb2.ExchangeResponse] = []
        self._batch_bytes = 0
        self._writing = False
        self._written: asyncio.Future[None] | None = None

    @property
    def in_work(self) -> int:
        """Calls that run or whose reply is not written yet."""
        return len(self._running) + len(self._batches) + self._writing

    async def run(self, draining: bool) -> None:
        """Serves the link until the caller is done with it or gone."""
        read = self._context.read
        try:
            await self._context.write(link_pb2.ExchangeResponse(goaway=draining))
            while (request := await read()) is not grpc.aio.EOF:
                for call in request.calls:
                    self._begin(call)
                # After the calls, since one that was given up before it was sent travels with its
                # cancellation.
                for number in request.cancels:
                    task = self._running.pop(number, None)
                    if task is not None:
                        task.cancel()
            await self._finish()
        finally:
            # The caller is gone: nobody waits for what still runs.
            running = [*self._running.values(), *self._writers]
            self._running.clear()
            for task in running:
                task.cancel()

    def goaway(self) -> None:
        """Tells the caller to begin no more calls."""
        self._batch(0).goaway = True
        self._write_soon()

    async def _finish(self) -> None:
        """Waits until everything is answered."""
        while self._running:
            await asyncio.wait(self._running.values())
        if self._writing:
            self._written = self._loop.create_future()
            await self._written

    def _begin(self, call: link_pb2.Call) -> None:
        method = self._methods.get(call.method)
        if method is None:
            self._refuse(call.id, _UNKNOWN)
        elif len(self._running) >= self._server.in_flight:
            fault = Fault("ADMISSION_REJECTED", "Too many calls on one link.", retry_after=0.1)
            self._refuse(call.id, to_status(fault, self._server.module))
        else:
            self._running[call.id] = self._loop.create_task(self._serve(call, method))

    def _refuse(self, number: int, status: status_pb2.Status) -> None:
        self._batch(0).replies.add(id=number, status=status.SerializeToString())
        self._write_soon()

    async def _serve(self, call: link_pb2.Call, method: Method) -> None:
        number = call.id
        payload = status = b""
        try:
            payload = await self._payload(call, method)
        except Exception as error:
            fault = as_fault(error, method.module, method.short)
            status = to_status(fault, method.module).SerializeToString() if fault else b""
        # From here on nobody cancels this task, so that it may write for the others as well.
        if self._running.pop(number, None) is not None:
            self._batch(len(payload)).replies.add(id=number, payload=payload, status=status)
            if not self._writing:
                await self._write()

    async def _payload(self, call: link_pb2.Call, method: Method) -> bytes:
        try:
            request = method.deserialize(call.payload)
        except DecodeError:
            raise unreadable(method.short) from None
        seconds = call.timeout_micros / 1e6 or None
        response = await method.call(request, LinkContext(call), call.traceparent, seconds)
        payload = method.serialize(response)
        if len(payload) > self._server.max_message:
            raise self._too_large(method, payload)
        return payload

    def _too_large(self, method: Method, payload: bytes) -> Fault:
        limit = self._server.max_message
        return Fault(
            "MESSAGE_TOO_LARGE",
            f"{method.short}: the response has {len(payload)} bytes; at most {limit} may be sent.",
            metadata={"limit": str(limit)},
        )

    def _batch(self, size: int) -> link_pb2.ExchangeResponse:
        """What the next frame is added to."""
        if not self._batches or self._batch_bytes + size > BATCH_BYTES:
            self._batch_bytes = 0
            self._batches.append(link_pb2.ExchangeResponse())
        self._batch_bytes += size
        return self._batches[-1]

    def _write_soon(self) -> None:
        if not self._writing:
            self._keep(self._loop.create_task(self._write()))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._writers.add(task)
        task.add_done_callback(self._writers.discard)

    async def _write(self) -> None:
        """Writes what has been collected, and what is added while it does. One task at a time is in here."""
        if self._writing:
            return
        self._writing = True
        batches = self._batches
        try:
            while batches:
                await self._context.write(batches.pop(0))
        except Exception as error:
            # The caller is gone; reading notices that as well and ends the session.
            _log.debug("a link broke: %s", error)
            batches.clear()
        finally:
            self._writing = False
            if self._written is not None and not self._written.done():
                self._written.set_result(None)


class LinkContext:
    """What a handler sees of a call that came over a link, like grpc.aio.ServicerContext as far as it
    goes."""

    __slots__ = ("_call",)

    def __init__(self, call: link_pb2.Call) -> None:
        self._call = call

    def invocation_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """The call's metadata; values of keys that end in -bin are bytes, as in gRPC."""
        return tuple(
            (key, value if key.endswith("-bin") else value.decode()) for key, value in self._call.metadata.items()
        )

    def time_remaining(self) -> float | None:
        """Seconds until the caller gives up."""
        return deadline.remaining()
