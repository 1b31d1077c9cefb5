"""Terms out of comments: "Data prevista de entrega (agenda ou lead time)" names what it describes."""

import re

_PARENTHESES = re.compile(r"[(\[{][^)\]}]*[)\]}]")
_ALIASES = re.compile(
    r"\b(?:tamb[eé]m (?:chamad[oa]|conhecid[oa]) (?:de|como|por)|conhecid[oa] como|ou seja|sin[oô]nimos?:?|aka|a\.k\.a\."
    r"|also (?:called|known as)|synonyms?:?)\s+(?P<names>[^.;()]+)",
    re.IGNORECASE,
)
_CUT = re.compile(r"[.;:!?\n\r]|\s[-–—]\s|,|\s=\s|→|->")
_SPLIT = re.compile(r"\s*(?:/|,|;|\s+(?:ou|or|e|and)\s+)\s*")
_ARTICLE = re.compile(r"^(?:o|a|os|as|um|uma|the|an?)\s+", re.IGNORECASE)
# A phrase that says what to do with a thing, or whether it is so, names nothing.
_NO_NAME = re.compile(
    r"^(?:se|indica|define|quando|usad[oa]|utilizad[oa]|true|false|verdadeiro|falso|whether|if|indicates|used|when|"
    r"this|esta?|cont[eé]m|guarda|armazena|stores|contains|holds|ver|see|todo|deprecated|obsolet[oa])\b",
    re.IGNORECASE,
)
LONGEST = 5
"""Words of a phrase that still names a thing; longer ones describe it."""


def phrases(comment: str) -> list[tuple[str, float]]:
    """The names that a comment gives to what it describes, with weights; empty where it gives none."""
    if not comment.strip():
        return []
    found: list[tuple[str, float]] = []
    for match in _ALIASES.finditer(comment):
        found += [(name, 0.9) for name in _SPLIT.split(match["names"])]
    plain = _PARENTHESES.sub(" ", comment)
    if plain.count(",") >= 2 and all(len(part.split()) <= 3 for part in plain.split(",")):
        return found  # it lists the values
    head = _CUT.split(plain, maxsplit=1)[0]
    parts = [part for part in re.split(r"\s*/\s*", head) if part.strip()]
    found += [(part, 0.9 if len(parts) == 1 else 0.8) for part in parts]
    return [(name, weight) for name, weight in ((_clean(text), weight) for text, weight in found) if name]


def _clean(text: str) -> str:
    text = _ARTICLE.sub("", " ".join(text.strip(" \"'`.,;:").split()))
    shouted = text.isupper() and len(text) > 5  # a value, not a name: "ABERTO → COTADO → …"
    if (
        not text
        or shouted
        or len(text.split()) > LONGEST
        or _NO_NAME.match(text)
        or not any(char.isalpha() for char in text)
    ):
        return ""
    # A capital at the beginning of a sentence is no part of the name; capitals elsewhere are ("CNPJ do cliente").
    first = text.split()[0]
    return text if first.isupper() and len(first) > 1 else text[0].lower() + text[1:]
