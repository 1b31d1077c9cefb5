"""The answering side of links."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import status_pb2
from maestro.mesh.v1 import link_pb2, link_pb2_grpc

from mesh.fault import Fault
from mesh.inbound import Method
from mesh.link.caller import BATCH_BYTES
from mesh.wire import to_status

_log = logging.getLogger(__name__)


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

    async def Exchange(self, request_iterator: Any, context: Any) -> None:  # type: ignore[override]
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
        for session in list(self._sessions):
            session.goaway()

    @property
    def links(self) -> int:
        """Links that stand."""
        return len(self._sessions)


class Session:
    """One link."""

    def __init__(self, server: LinkServicer, context: Any) -> None:
        self._server = server
        self._context = context
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._replies: list[link_pb2.Reply] = []
        self._goaway = False
        self._writing = False
        self._written: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._side_tasks: set[asyncio.Task[None]] = set()

    async def run(self, draining: bool) -> None:
        """Serves the link until the caller is done with it or gone."""
        try:
            await self._context.write(link_pb2.ExchangeResponse(goaway=draining))
            while True:
                request = await self._context.read()
                if request is grpc.aio.EOF:
                    break
                for number in request.cancels:
                    task = self._tasks.pop(number, None)
                    if task is not None:
                        task.cancel()
                for call in request.calls:
                    self._begin(call)
            while self._tasks:
                await asyncio.wait(self._tasks.values())
            if self._writing:
                self._written = self._loop.create_future()
                await self._written
        finally:
            # The caller is gone: nobody waits for what still runs.
            running = [*self._tasks.values(), *self._side_tasks]
            self._tasks.clear()
            for task in running:
                task.cancel()

    def goaway(self) -> None:
        """Tells the caller to begin no more calls."""
        self._goaway = True
        self._side(self._flush())

    def _begin(self, call: link_pb2.Call) -> None:
        method = self._server.methods.get(call.method)
        if method is None:
            status = status_pb2.Status(
                code=grpc.StatusCode.UNIMPLEMENTED.value[0], message="Method not found!"
            )
            self._answer(call.id, status)
        elif len(self._tasks) >= self._server.in_flight:
            fault = Fault("ADMISSION_REJECTED", "Too many calls on one link.", retry_after=0.1)
            self._answer(call.id, to_status(fault, self._server.module))
        else:
            self._tasks[call.id] = self._loop.create_task(self._serve(call, method))

    def _answer(self, number: int, status: status_pb2.Status) -> None:
        self._replies.append(link_pb2.Reply(id=number, status=status.SerializeToString()))
        self._side(self._flush())

    def _side(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._side_tasks.add(task)
        task.add_done_callback(self._side_tasks.discard)

    async def _serve(self, call: link_pb2.Call, method: Method) -> None:
        number = call.id
        try:
            reply = link_pb2.Reply(id=number, payload=await self._result(call, method))
        except Fault as fault:
            reply = link_pb2.Reply(id=number, status=to_status(fault, method.module).SerializeToString())
        except asyncio.CancelledError:
            if number not in self._tasks:
                raise
            # The handler itself was cancelled by something inside of it; its caller still waits.
            fault = Fault("CANCELLED", f"{method.short} was cancelled.")
            reply = link_pb2.Reply(id=number, status=to_status(fault, method.module).SerializeToString())
        # From here on nobody cancels this task, so that it may write for the others as well.
        if self._tasks.pop(number, None) is not None:
            self._replies.append(reply)
            await self._flush()

    async def _result(self, call: link_pb2.Call, method: Method) -> bytes:
        try:
            request = method.deserialize(call.payload)
        except DecodeError as error:
            raise Fault("INVALID_ARGUMENT", f"{method.short}: the request cannot be read.") from error
        timeout = call.timeout_micros / 1e6 or None
        response = await method.call(request, LinkContext(call, timeout), call.traceparent, timeout)
        payload = method.serialize(response)
        if len(payload) > self._server.max_message:
            raise Fault(
                "MESSAGE_TOO_LARGE",
                f"{method.short}: the response has {len(payload)} bytes; "
                f"at most {self._server.max_message} may be sent.",
                metadata={"limit": str(self._server.max_message)},
            )
        return payload

    async def _flush(self) -> None:
        """Writes what has been collected, unless somebody is at it, who then writes this too."""
        if self._writing:
            return
        self._writing = True
        try:
            while self._replies or self._goaway:
                goaway, self._goaway = self._goaway, False
                await self._context.write(
                    link_pb2.ExchangeResponse(replies=self._collect(), goaway=goaway)
                )
        except Exception as error:
            # The caller is gone; reading notices that as well and ends the session.
            _log.debug("a link broke: %s", error)
            self._replies.clear()
        finally:
            self._writing = False
            if self._written is not None and not self._written.done():
                self._written.set_result(None)

    def _collect(self) -> list[link_pb2.Reply]:
        replies, self._replies = self._replies, []
        if len(replies) > 1:
            size = 0
            for index, reply in enumerate(replies):
                size += len(reply.payload)
                if size > BATCH_BYTES and index:
                    replies, self._replies = replies[:index], replies[index:]
                    break
        return replies


class LinkContext:
    """What a handler sees of a call that came over a link, like grpc.aio.ServicerContext as far as it goes."""

    __slots__ = ("_call", "_deadline")

    def __init__(self, call: link_pb2.Call, timeout: float | None) -> None:
        self._call = call
        self._deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout

    def invocation_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """The call's metadata; values of keys that end in -bin are bytes, as in gRPC."""
        return tuple(
            (key, value if key.endswith("-bin") else value.decode())
            for key, value in self._call.metadata.items()
        )

    def time_remaining(self) -> float | None:
        """Seconds until the caller gives up."""
        if self._deadline is None:
            return None
        return max(0.0, self._deadline - asyncio.get_running_loop().time())
