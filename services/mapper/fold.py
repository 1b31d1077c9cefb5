"""One way to compare texts: without case, accents and punctuation."""

import re
import unicodedata
from functools import lru_cache

_NOT_WORD = re.compile(r"[^0-9a-z]+")
_MARKS = re.compile("[\u0300-\u036f]+")


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Lower case, no accents, everything but letters and digits as one blank: "São-Paulo " becomes "sao paulo"."""
    return fold_once(text)


def fold_once(text: str) -> str:
    """As `fold`, for the many texts that are seen but once and would only push others out of its memory."""
    if text.isascii():
        return _NOT_WORD.sub(" ", text.lower()).strip()
    # Case is folded last: compatibility forms of letters have no case until they are taken apart.
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()))
    return " ".join(_words(plain))


def _words(plain: str) -> list[str]:
    """Letters of other scripts stay letters: only ASCII is judged by the pattern."""
    return "".join(char if char.isalnum() else " " for char in plain).split()
