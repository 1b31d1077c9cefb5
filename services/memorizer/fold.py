"""Text without regard to case, accents and punctuation."""

import unicodedata
from typing import Final

# Words that tell nothing about a subject, in both languages.
STOPWORDS: Final = frozenset(
    [
        "a",
        "o",
        "as",
        "os",
        "um",
        "uma",
        "uns",
        "umas",
        "de",
        "da",
        "do",
        "das",
        "dos",
        "em",
        "na",
        "no",
        "nas",
        "nos",
        "por",
        "para",
        "pra",
        "com",
        "que",
        "e",
        "ou",
        "se",
        "ao",
        "aos",
        "eu",
        "voce",
        "me",
        "meu",
        "minha",
        "the",
        "an",
        "of",
        "to",
        "in",
        "on",
        "for",
        "with",
        "that",
        "and",
        "or",
        "i",
        "you",
        "me",
        "my",
        "is",
        "are",
        "was",
        "were",
        "be",
        "it",
        "this",
        "these",
        "sobre",
        "about",
        "isso",
        "disso",
        "tudo",
        "everything",
        "all",
        "todos",
        "todas",
        "tem",
        "sao",
        "foi",
        "ser",
        "esta",
        "estao",
        "cliente",
        "customer",
    ]
)


def fold(text: str) -> str:
    """Lower case, no accents, words of letters and digits with one blank between them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = (each if each.isalnum() else " " for each in plain if not unicodedata.combining(each))
    return " ".join("".join(bare).split())


def content(text: str) -> frozenset[str]:
    """The words of a text that tell something, folded."""
    return frozenset(word for word in fold(text).split() if word not in STOPWORDS)
