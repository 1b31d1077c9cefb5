"""Words out of identifiers: "dtEmissaoNF", "CUSTOMERNAME" and "vlr_total_2" hold words that people say."""

import re
from collections.abc import Callable
from functools import lru_cache

from services.mapper.fold import fold_once

_BOUNDARY = re.compile(
    r"""
      (?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])        # dataPedido
    | (?<=[A-ZÀ-Þ])(?=[A-ZÀ-Þ][a-zà-ÿ])   # NFEmitida
    | (?<=[A-Za-zÀ-ÿ])(?=[0-9])           # address2
    | (?<=[0-9])(?=[A-Za-zÀ-ÿ])           # 2nd
    """,
    re.VERBOSE,
)
_SEPARATOR = re.compile(r"[\W_]+", re.UNICODE)

# "total (R$)": a sign, no word.
_CURRENCY = re.compile(r"\b(?:R|US|U)\$|[$€£¥]")

# Pieces of two letters that end or begin a word run together; other short pieces match by accident.
_SHORT = frozenset(
    {"id", "dt", "nf", "cd", "uf", "no", "nr", "vl", "nm", "nu", "tp", "st", "fk", "pk", "qt", "pc", "gp"}
)
# Small words between others ("headofstate"), behind ("reportsto") and before them ("isofficial").
_BETWEEN = frozenset({"of", "de", "da", "do", "in", "to", "by"})
_BEHIND = _SHORT | {"to", "by"}
_BEFORE = _SHORT | {"is"}
_LONGEST_KEY = 8
_NO_KEYS = frozenset(
    {
        "solid", "avoid", "valid", "plaid", "liquid", "fluid", "rapid", "vivid", "humid", "timid", "lucid", "rigid", "squid",
        "android", "asteroid", "hybrid", "covid", "madrid", "candid", "stupid", "thyroid", "steroid", "afraid", "laid", "said",
        "braid", "druid", "orchid", "eyelid", "placid", "splendid", "tabloid", "pyramid",
    }
)  # fmt: skip
_ENDINGS = ("name", "year", "code", "number", "price", "type")
_LEAST_BEFORE = 3
AFTER_INITIAL = frozenset(
    {"name", "nome", "type", "tipo", "code", "codigo", "date", "data", "number", "numero", "title"}
)


class Splitter:
    """Splits identifiers with the help of a vocabulary. Pure, and remembers what it has split."""

    def __init__(self, knows: Callable[[str], bool]) -> None:
        """knows: whether a folded word (or its singular, or an abbreviation) is in the vocabulary."""
        self._knows = knows
        self.split = lru_cache(maxsize=65536)(self._split)

    def _split(self, name: str) -> tuple[str, ...]:
        """The folded words of an identifier, in their order; never empty for a name with a letter or digit in it."""
        words: list[str] = []
        plain = _CURRENCY.sub(" ", name)
        for part in _SEPARATOR.split(plain if _SEPARATOR.sub("", plain) else name):
            if not part:
                continue
            whole = fold_once(part)
            if self._knows(whole):
                words.append(whole)
                continue
            for piece in _BOUNDARY.split(part):
                for folded in fold_once(piece).split():
                    words += self._unjoined(folded)
        return tuple(words)

    def _unjoined(self, word: str) -> list[str]:
        """A word, or the known words that were run together to make it."""
        if len(word) < 5 or not word.isalpha() or self._knows(word):
            return [word]
        return self._segment(word) or self._marked(word)

    def _marked(self, word: str) -> list[str]:
        """A word that is no known one, taken apart where it ends as keys do ("amenid"), begins with an initial ("bname")
        or ends in what columns are of ("indepyear")."""
        if word.endswith("id") and len(word) <= _LONGEST_KEY and word not in _NO_KEYS:
            return [word[:-2], "id"]
        if word[1:] in AFTER_INITIAL:
            return [word[0], word[1:]]
        ending = next((each for each in _ENDINGS if word.endswith(each) and len(word) - len(each) >= _LEAST_BEFORE), "")
        return [word.removesuffix(ending), ending] if ending else [word]

    def _segment(self, word: str) -> list[str] | None:
        """The fewest known words that make up the whole of it; of equally many, the most even ones. None: none do."""
        best: list[tuple[float, list[str]] | None] = [(0.0, [])] + [None] * len(word)
        for end in range(2, len(word) + 1):
            for start in range(max(0, end - 18), end - 1):
                before = best[start]
                if before is None:
                    continue
                cost = self._cost(word[start:end], start, end == len(word))
                if cost is None:
                    continue
                total = before[0] + cost
                here = best[end]
                if here is None or total < here[0]:
                    best[end] = (total, [*before[1], word[start:end]])
        found = best[len(word)]
        if found is None or len(found[1]) > 4:
            return None
        return found[1]

    def _cost(self, piece: str, start: int, last: bool) -> float | None:
        if len(piece) == 2:
            fitting = _BEFORE if start == 0 else _BEHIND if last else _BETWEEN
            return 2.0 if piece in fitting else None
        if not self._knows(piece):
            return None
        return 1.0 + 4.0 / len(piece)
