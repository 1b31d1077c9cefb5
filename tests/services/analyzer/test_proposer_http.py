"""The adapter to a language model's endpoint, against real sockets: well-behaved, broken, slow and hostile ones."""

from __future__ import annotations

import asyncio
import time

import pytest

from services.analyzer.proposer_http import Address, Endpoint, ModelError
from tests.services.analyzer.model_server import Request, completion, response, says, sends, serving

MESSAGES = [{"role": "user", "content": "quantas entregas?"}]
SCHEMA = {"type": "object"}
KEY = "sk-not-for-logs"


async def asked(url: str, seconds: float = 5.0) -> str:
    return await Endpoint(Address.of(url), "small", KEY).complete(MESSAGES, SCHEMA, 50, seconds)


async def test_an_answer_comes_with_the_key_and_a_form_to_hold_to() -> None:
    async with serving(says("olá, ação")) as server:
        assert await asked(server.url) == "olá, ação"
    (request,) = server.requests
    assert request.line == "POST /v1/chat/completions HTTP/1.1"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body["model"] == "small"
    assert request.body["temperature"] == 0
    assert request.body["response_format"]["json_schema"]["schema"] == SCHEMA


async def test_chunks_are_put_together() -> None:
    body = completion("in parts")
    chunks = b"".join(f"{len(part):x};x=1\r\n".encode() + part + b"\r\n" for part in (body[:7], body[7:]))
    raw = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    async with serving(sends(raw)) as server:
        assert await asked(server.url) == "in parts"


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    async with serving(sends(b"HTTP/1.0 200 OK\r\n\r\n" + completion("old"))) as server:
        assert await asked(server.url) == "old"


async def test_an_endpoint_that_knows_no_schemas_is_asked_without_and_that_is_remembered() -> None:
    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        kind = request.body.get("response_format", {}).get("type")
        writer.write(response(completion("plain")) if kind is None else response(b"{}", "400 Bad Request"))

    async with serving(reply) as server:
        endpoint = Endpoint(Address.of(server.url), "small")
        assert await endpoint.complete(MESSAGES, SCHEMA, 50, 5) == "plain"
        assert await endpoint.complete(MESSAGES, SCHEMA, 50, 5) == "plain"
    kinds = [request.body.get("response_format", {}).get("type") for request in server.requests]
    assert kinds == ["json_schema", "json_object", None, None]


HOSTILE = {
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/steal\r\nContent-Length: 0\r\n\r\n",
    "error": response(b"no", "500 Internal Server Error"),
    "unauthorised": response(b"no", "401 Unauthorized"),
    "too large": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "no number": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    "cut short": b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"choices"',
    "large chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "long line": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 500 + b"\r\n",
    "endless interim": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50,
    "not HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "nothing": b"",
    "invalid UTF-8": response(b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'),
    "not JSON": response(b"<html>"),
    "deep": response(b"[" * 100_000),
    "huge number": response(b'{"choices": ' + b"9" * 10_000 + b"}"),
    "no choices": response(b'{"choices": []}'),
    "no text": response(b'{"choices": [{"message": {"content": null}}]}'),
    "other types": response(b'{"choices": {"0": 1}}'),
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
async def test_what_is_no_answer_is_an_error_that_tells_no_key(raw: bytes) -> None:
    async with serving(sends(raw)) as server:
        with pytest.raises(ModelError) as error:
            await asked(server.url)
    assert KEY not in str(error.value)
    assert len(server.requests) == 1  # nothing was followed


async def test_an_endless_stream_is_cut() -> None:
    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"a" * 65_536)
            await writer.drain()

    async with serving(reply) as server:
        with pytest.raises(ModelError, match="longer"):
            await asked(server.url)


async def test_one_that_drips_is_left_when_its_time_is_over() -> None:
    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(reply) as server:
        begun = time.monotonic()
        with pytest.raises(ModelError, match="within"):
            await asked(server.url, seconds=0.3)
        assert time.monotonic() - begun < 5


async def test_a_port_where_nobody_listens_is_an_error() -> None:
    async with serving(says("x")) as server:
        pass
    with pytest.raises(ModelError):
        await asked(server.url)


async def test_who_stops_waiting_stops_the_request() -> None:
    begun = asyncio.Event()

    async def reply(request: Request, writer: asyncio.StreamWriter) -> None:
        begun.set()
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(reply) as server:
        work = asyncio.create_task(asked(server.url))
        await begun.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        async with asyncio.timeout(5):
            while not server.broken:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://localhost:8080/v1", Address("localhost", 8080, "/v1/chat/completions", False)),
        ("http://localhost:8080", Address("localhost", 8080, "/v1/chat/completions", False)),
        ("https://api.example/openai/v1/", Address("api.example", 443, "/openai/v1/chat/completions", True)),
        ("https://a.example/v1/chat/completions?v=2", Address("a.example", 443, "/v1/chat/completions?v=2", True)),
        ("http://[::1]:8000/v1", Address("::1", 8000, "/v1/chat/completions", False)),
    ],
)
def test_addresses(url: str, address: Address) -> None:
    assert Address.of(url) == address


@pytest.mark.parametrize(
    "url", ["localhost:8080", "ftp://x/v1", "http://", "http://u:p@x/v1", "http://x/v1\r\nX: 1", "http://x:99999/"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Address.of(url)
