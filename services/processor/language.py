"""In which of the two languages an answer is written."""

import re
from typing import Literal

Language = Literal["pt", "en"]
TAGS: dict[Language, str] = {"pt": "pt-BR", "en": "en-US"}

# Words that are frequent in one language and no word of the other ("a", "as", "do", "me", "no" are in both).
_PT = frozenset(
    [
        "o",
        "os",
        "um",
        "uma",
        "e",
        "de",
        "da",
        "das",
        "dos",
        "em",
        "na",
        "nas",
        "nos",
        "por",
        "pelo",
        "pela",
        "para",
        "com",
        "sem",
        "que",
        "qual",
        "quais",
        "quanto",
        "quanta",
        "quantos",
        "quantas",
        "quem",
        "quando",
        "onde",
        "como",
        "cada",
        "mais",
        "menos",
        "entre",
        "nao",
        "não",
        "é",
        "são",
        "foi",
        "foram",
        "tem",
        "têm",
        "mostre",
        "liste",
        "todos",
        "todas",
        "maior",
        "menor",
        "ontem",
        "hoje",
        "mês",
        "ano",
        "ao",
        "à",
        "às",
        "seu",
        "sua",
        "ou",
        "se",
        "até",
        "desde",
    ]
)
_EN = frozenset(
    [
        "the",
        "of",
        "and",
        "or",
        "in",
        "on",
        "for",
        "to",
        "with",
        "without",
        "which",
        "what",
        "who",
        "whom",
        "when",
        "where",
        "how",
        "many",
        "much",
        "each",
        "more",
        "less",
        "than",
        "is",
        "are",
        "was",
        "were",
        "has",
        "have",
        "does",
        "did",
        "show",
        "list",
        "give",
        "find",
        "all",
        "most",
        "least",
        "by",
        "from",
        "an",
        "that",
        "their",
        "its",
        "it",
        "whose",
        "not",
        "between",
        "average",
        "today",
        "yesterday",
    ]
)
_WORD = re.compile(r"[^\W\d_]+")


def of_text(text: str) -> Language | None:
    """The language of a question by its small words, or None where they do not tell."""
    words = _WORD.findall(text.lower())
    portuguese = sum(word in _PT for word in words)
    english = sum(word in _EN for word in words)
    if portuguese == english:
        return None
    return "pt" if portuguese > english else "en"


def choose(locale: str, question: str, default: str) -> Language:
    """The language of the answer: the one asked for, else the question's, else the default."""
    for tag in (locale, of_text(question) or "", default):
        head = tag[:2].lower()
        if head == "pt":
            return "pt"
        if head == "en":
            return "en"
    return "en"
