"""What SQLite tells of an index only in the text of its CREATE statement: expressions and the partial
predicate.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PIECE = re.compile(
    r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|\s+|\w+|.""", re.DOTALL
)
_SUFFIX = re.compile(r"\s+(?:COLLATE\s+(?:\w+|\"[^\"]*\")|ASC|DESC)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class IndexText:
    """The key parts as written, without order and collation, and the predicate ("" where there is none)."""

    parts: tuple[str, ...]
    predicate: str


def index_text(statement: str) -> IndexText:
    """Takes a CREATE INDEX statement apart. What it cannot read is left empty."""
    parts: list[str] = []
    part, rest, depth, begun = "", "", 0, False
    closed = False
    for piece in _pieces(statement):
        if closed:
            rest += piece
        elif not begun:
            begun = piece == "("
            depth = int(begun)
        else:
            depth += (piece == "(") - (piece == ")")
            if depth == 0 or (depth == 1 and piece == ","):
                parts.append(_bare(part))
                part, closed = "", depth == 0
            else:
                part += piece
    found = re.match(r"\s*WHERE\b(.*)", rest, re.IGNORECASE | re.DOTALL)
    return IndexText(tuple(parts), found[1].strip().rstrip(";").strip() if found else "")


def _pieces(statement: str) -> Iterator[str]:
    """Words, marks and quoted texts; whatever separates them (blanks, comments) as one blank."""
    last = ""
    for found in _PIECE.finditer(statement):
        piece = " " if found[0].isspace() or found[0].startswith(("--", "/*")) else found[0]
        if (piece, last) != (" ", " "):
            yield piece
        last = piece


def _bare(part: str) -> str:
    part = part.strip()
    while (shorter := _SUFFIX.sub("", part)) != part:
        part = shorter
    return part
