"""Page tokens: they carry all that the next page needs, so that they outlive any restart."""

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import Any

from mesh.fault import Fault
from services.loader.compiler import Task
from services.loader.paging import MARK_SEPARATOR, Paging
from services.loader.shape import Shape, Values

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """Where a page ended.

    keys: the values that the next page begins behind. ties: rows with these very keys that were given already, which
    the next statement fetches again. delivered: rows given so far. total: rows in all; -1 where not counted. excluded:
    what identifies the rows of a first page that came in no order. size: bytes of the rows given so far.
    """

    keys: Row = ()
    ties: int = 0
    delivered: int = 0
    total: int = -1
    excluded: Row = ()
    size: int = 0

    @property
    def variant(self) -> str:
        """The variant of the statement that fetches what follows."""
        return ("after free:" if self.excluded else "after:") + "".join(
            "1" if each is None else "0" for each in self.keys
        )

    def values(self) -> Values:
        """The values of the slots that a later page refers to."""
        return {"excluded": list(self.excluded), **{f"k{i}": value for i, value in enumerate(self.keys)}}

    def following(self, paging: Paging, rows: list[Row], delivered: int, total: int) -> "Token":
        """The token behind these rows."""
        keys = tuple(rows[-1][at] for at in paging.keys)
        if paging.mode == "free":
            if self.delivered:
                return Token(keys, 0, delivered, total, self.excluded)
            return Token((), 0, delivered, total, tuple(_mark([row[at] for at in paging.keys]) for row in rows))
        ties = 0
        if paging.mode == "ties":
            ties = sum(tuple(row[at] for at in paging.keys) == keys for row in rows)
            if keys == self.keys:
                ties += self.ties
        return Token(keys, ties, delivered, total)


def _mark(keys: list[Any]) -> Any:
    return keys[0] if len(keys) == 1 else MARK_SEPARATOR.join(map(str, keys))


def fingerprint(task: Task, shape: Shape) -> str:
    """What a token belongs to: the source and the plan with its values, in a few characters."""
    content = json.dumps([task.source, shape.text, shape.values], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _packed(row: Row) -> list[Any]:
    return [{"b": bytes(each).hex()} if isinstance(each, bytes | memoryview) else each for each in row]


def _unpacked(row: list[Any]) -> Row:
    return tuple(bytes.fromhex(each["b"]) if isinstance(each, dict) else each for each in row)


def write_token(token: Token, belongs: str) -> str:
    """As text that may stand in a URL."""
    content = [
        belongs,
        _packed(token.keys),
        token.ties,
        token.delivered,
        token.total,
        _packed(token.excluded),
        token.size,
    ]
    packed = zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 6)
    return base64.urlsafe_b64encode(packed + zlib.crc32(packed).to_bytes(4, "big")).decode().rstrip("=")


def read_token(text: str, belongs: str) -> Token:
    """Raises Fault PAGE_TOKEN_INVALID where it is not ours or belongs to another plan."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if zlib.crc32(packed[:-4]).to_bytes(4, "big") != packed[-4:]:
            raise ValueError("damaged")
        content = json.loads(zlib.decompressobj().decompress(packed[:-4], 1 << 20))
        said, keys, ties, delivered, total, excluded, size = content
        if said != belongs:
            raise ValueError("of another query")
        return Token(_unpacked(keys), int(ties), int(delivered), int(total), _unpacked(excluded), int(size))
    except (ValueError, TypeError, KeyError, zlib.error):
        raise Fault(
            "PAGE_TOKEN_INVALID", "The page token does not belong to this query: begin again without one."
        ) from None
