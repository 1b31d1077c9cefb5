"""Questions as people type them in a hurry: lower case, no accents, and a typing error in some of the words.

Deterministic: the same question, share and seed give the same text. An error is one of the four that typing makes: a
letter doubled, left out, changed for a neighbour on the keyboard, or swapped with the one behind it. Words of fewer
than four letters and words with digits keep their letters: nobody could tell what "dd" was meant to be, and another
number is another question.
"""

from __future__ import annotations

import random
import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]{4,}(?![\w])")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {
    letter: [row[at + step] for step in (-1, 1) if 0 <= at + step < len(row)]
    for row in _ROWS
    for at, letter in enumerate(row)
}


def noisy(question: str, share: float, seed: int) -> str:
    """The question in lower case, without accents, with an error in `share` (0 to 1) of its longer words."""
    draw = random.Random(f"{seed}:{question}")
    plain = unicodedata.normalize("NFKD", question)
    text = "".join(char for char in plain if not unicodedata.combining(char)).lower()
    return _WORD.sub(lambda match: _mistyped(match.group(), draw) if draw.random() < share else match.group(), text)


def _mistyped(word: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(word) - 1)
    kind = draw.randrange(4)
    if kind == 0:
        return word[:at] + word[at] + word[at:]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2 and word[at] in _NEIGHBOURS:
        return word[:at] + draw.choice(_NEIGHBOURS[word[at]]) + word[at + 1 :]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
