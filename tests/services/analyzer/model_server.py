"""A small HTTP server that plays a language model's endpoint: well, badly or with bad intent, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Reply = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Request:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def question(self) -> str:
        """The last line of what the model is asked."""
        return str(self.body["messages"][-1]["content"]).rsplit("\nquestion\n", 1)[-1]

    @property
    def prompt(self) -> str:
        """All that the model is told."""
        return "\n".join(each["content"] for each in self.body["messages"])


@dataclass
class Server:
    """A server that is listening. requests: that came so far."""

    port: int
    requests: list[Request] = field(default_factory=list)
    broken: int = 0
    """Connections whose other end went away before the reply was whole."""

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self.port}/v1"


def completion(content: object) -> bytes:
    """The body of a chat completion."""
    text = content if isinstance(content, str) else json.dumps(content)
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


def response(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole HTTP response."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def says(content: object) -> Reply:
    """A model that always answers this."""

    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(completion(content)))

    return reply


def sends(raw: bytes) -> Reply:
    """A server that always sends these bytes and closes."""

    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return reply


@asynccontextmanager
async def serving(reply: Reply) -> AsyncIterator[Server]:
    """A server on a free port of the loopback."""
    server: Server

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = (await reader.readline()).decode().strip()
            headers: dict[str, str] = {}
            while text := (await reader.readline()).decode().strip():
                name, _, value = text.partition(":")
                headers[name.lower()] = value.strip()
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            request = Request(line, headers, json.loads(body) if body else {})
            server.requests.append(request)
            await reply(request, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            server.broken += 1
        finally:
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    server = Server(listening.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()
