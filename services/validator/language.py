"""Which of the two languages a text is in."""

import re
from typing import Literal

Language = Literal["pt", "en"]

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
        "não",
        "nao",
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
        "nenhum",
        "nenhuma",
        "há",
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
        "there",
        "none",
    ]
)
_WORD = re.compile(r"[^\W\d_]+")


def small_words(text: str) -> tuple[int, int]:
    """How many small words of Portuguese, and of English, a text has."""
    words = _WORD.findall(text.lower())
    return sum(word in _PT for word in words), sum(word in _EN for word in words)


def language(text: str, locale: str = "") -> Language:
    """The language of a question: what its own words say; where they say nothing, the locale, else
    Portuguese."""
    portuguese, english = small_words(text)
    if portuguese != english:
        return "pt" if portuguese > english else "en"
    return "en" if locale[:2].lower() == "en" else "pt"
