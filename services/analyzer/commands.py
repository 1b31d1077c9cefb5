"""Wishes about memory: "lembre que …", "esqueça que …", "o que você sabe sobre …", and their English like."""

import re
from dataclasses import dataclass
from typing import Literal

from services.analyzer.normalize import fold

Action = Literal["remember", "forget", "recall"]


@dataclass(frozen=True, slots=True)
class Command:
    """What is wished, and of what, as it was typed."""

    action: Action
    text: str


_TEXTS: tuple[tuple[str, Action], ...] = (
    (
        r"(?:por favor,? )?(?:lembr[ea](?:-se)?|memoriz[ea]|guard[ea]|anot[ea]|grav[ea]|registr[ea]|aprend[ae])(?: (?:de|ai))? que ",
        "remember",
    ),
    (r"(?:please )?(?:remember|memorize|note|keep in mind)(?: that)? ", "remember"),
    (r"(?:por favor,? )?(?:esquec[ae]|esquecer|apagu?e|remov[ae])(?: (?:de|o fato de))? que ", "forget"),
    (r"(?:por favor,? )?(?:esquec[ae])(?: (?:tudo )?(?:sobre|d[oae]s?|[oa]s?)) ", "forget"),
    (r"(?:please )?forget(?: that| about| everything about)? ", "forget"),
    (
        r"o que (?:e que )?(?:voce |vc |tu |o sistema )?(?:ja )?(?:sabe|aprendeu|lembra|memorizou|conhece|guardou)"
        r"(?: (?:ate agora|ja))? (?:sobre|d[oae]s?|a respeito d[oae]s?) ",
        "recall",
    ),
    (r"what (?:do you (?:know|remember)|have you learned|did you learn) (?:about|of) ", "recall"),
)
_PATTERNS = tuple((re.compile(text), action) for text, action in _TEXTS)
_ALL = re.compile(
    r"(?:o que (?:voce |vc )?(?:ja )?(?:sabe|aprendeu|lembra)|what (?:do you (?:know|remember)|have you learned))\s*\??"
)


def find_command(question: str) -> Command | None:
    """The wish of a question; None where it is a question."""
    stripped = question.strip()
    folded = fold(stripped)
    if len(folded) != len(stripped):
        folded = "".join(fold(char)[:1] or char for char in stripped)
    for pattern, action in _PATTERNS:
        match = pattern.match(folded)
        if match and match.end() < len(stripped):
            text = stripped[match.end() :].strip(" .?!")
            if text:
                return Command(action, text)
    return Command("recall", "") if _ALL.fullmatch(folded) else None
