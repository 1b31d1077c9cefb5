"""A language model behind an OpenAI-compatible endpoint: one POST, one answer, within limits of time and size.

HTTP/1.1 by hand over asyncio, because it is one request of one form, and a client library would be the analyzer's largest
dependency. Nothing is followed (a redirect would take the key elsewhere), nothing is kept open, nothing is read beyond the
limits; whatever goes wrong is a ModelError.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_LINE, _HEADERS, _BODY = 16_384, 64, 262_144
"""Most bytes of a header line, header lines, and bytes of a body."""
_CONTENT = 16_000
_CLOSING = 1.0


class ModelError(Exception):
    """The endpoint gave no answer; the message says why, without the key. status: of the HTTP response; 0: none."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Address:
    """Where an endpoint is. path: that of chat completions."""

    host: str
    port: int
    path: str
    secure: bool

    @classmethod
    def of(cls, url: str) -> "Address":
        """From the base URL (`http://host:port/v1`) or that of chat completions itself. Raises ValueError."""
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it must begin with http:// or https:// and name a host")
        if parts.username or parts.password:
            raise ValueError("it must not hold a user or password: give the key by MAESTRO_LLM_KEY")
        if any(ord(char) <= 32 or ord(char) > 126 for char in url.strip()):
            raise ValueError("it holds a character that URLs have not")
        path = parts.path.rstrip("/")
        if not path.endswith("/chat/completions"):
            path = f"{path or '/v1'}/chat/completions"
        if parts.query:
            path += f"?{parts.query}"
        secure = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if secure else 80), path, secure)


class Endpoint:
    """Asks one model. Holds no connection."""

    def __init__(self, address: Address, model: str, key: str = "") -> None:
        self._address = address
        self._model = model
        self._key = key
        self._forms: list[dict[str, Any] | None] = []

    async def complete(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], tokens: int, seconds: float
    ) -> str:
        """The text of the answer. tokens: most that it may have. Raises ModelError, also where it takes longer."""
        try:
            async with asyncio.timeout(seconds):
                return await self._complete(messages, schema, tokens)
        except TimeoutError:
            raise ModelError(f"no answer within {seconds:.1f} s") from None
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError, ValueError) as error:
            raise ModelError(f"{type(error).__name__}: {error}"[:200]) from None

    async def _complete(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], tokens: int) -> str:
        if not self._forms:
            named = {"name": "plan", "schema": schema}
            self._forms = [{"type": "json_schema", "json_schema": named}, {"type": "json_object"}, None]
        while True:
            request: dict[str, Any] = {
                "model": self._model, "messages": list(messages), "temperature": 0, "seed": 1, "max_tokens": tokens,
                "stream": False,
            }  # fmt: skip
            if self._forms[0] is not None:
                request["response_format"] = self._forms[0]
            status, body = await self._post(json.dumps(request, ensure_ascii=True).encode())
            if status in (400, 422, 501) and len(self._forms) > 1:
                # It does not know this way to be held to a form; that is remembered, so it costs one question once.
                self._forms.pop(0)
                continue
            if status != 200:
                raise ModelError(f"status {status}", status)
            return _content(body)

    async def _post(self, body: bytes) -> tuple[int, bytes]:
        context = ssl.create_default_context() if self._address.secure else None
        reader, writer = await asyncio.open_connection(self._address.host, self._address.port, ssl=context, limit=_LINE)
        try:
            writer.write(self._head(len(body)) + body)
            await writer.drain()
            return await _response(reader)
        finally:
            writer.close()
            try:
                async with asyncio.timeout(_CLOSING):
                    await writer.wait_closed()
            except (TimeoutError, OSError, ssl.SSLError):
                writer.transport.abort()

    def _head(self, length: int) -> bytes:
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        lines = [
            f"POST {self._address.path} HTTP/1.1",
            f"Host: {host}:{self._address.port}",
            "Content-Type: application/json",
            f"Content-Length: {length}",
            "Accept: application/json",
            "Accept-Encoding: identity",
            "Connection: close",
            "User-Agent: maestro",
        ]
        if self._key:
            lines.append(f"Authorization: Bearer {self._key}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


async def _response(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Status and body. Raises ModelError, ValueError or IncompleteReadError."""
    status = 0
    for _ in range(5):  # 1xx may come first
        version, _, rest = (await _line(reader)).partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
            raise ModelError("not HTTP")
        status = int(rest[:3])
        headers = await _headers(reader)
        if status >= 200:
            break
    if 300 <= status < 400:
        raise ModelError(f"status {status}: redirects are not followed", status)
    if status != 200:
        return status, b""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return status, await _chunked(reader)
    if "content-length" in headers:
        length = int(headers["content-length"])
        if not 0 <= length <= _BODY:
            raise ModelError(f"an answer of {length} bytes is not read")
        return status, await reader.readexactly(length)
    return status, await _until_the_end(reader)


async def _line(reader: asyncio.StreamReader) -> str:
    line = await reader.readline()  # raises ValueError beyond the limit
    if not line.endswith(b"\n"):
        raise ModelError("the connection ended")
    return line.decode("latin-1").rstrip("\r\n")


async def _headers(reader: asyncio.StreamReader) -> dict[str, str]:
    found: dict[str, str] = {}
    for _ in range(_HEADERS):
        line = await _line(reader)
        if not line:
            return found
        name, _, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
    raise ModelError("too many header lines")


async def _chunked(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        size = int((await _line(reader)).partition(";")[0].strip(), 16)
        if size < 0 or len(body) + size > _BODY:
            raise ModelError("a longer answer is not read")
        if not size:
            return bytes(body)
        body += await reader.readexactly(size)
        await reader.readexactly(2)


async def _until_the_end(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while part := await reader.read(_LINE):
        body += part
        if len(body) > _BODY:
            raise ModelError("a longer answer is not read")
    return bytes(body)


def _content(body: bytes) -> str:
    """What the model said. Raises ModelError where the body is not of the form."""
    try:
        choice = json.loads(body.decode("utf-8"))["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise ModelError(f"not a chat completion: {type(error).__name__}") from None
    if not isinstance(content, str):
        raise ModelError("not a chat completion: no text")
    return content[:_CONTENT]
