"""Checks on the text that was asked. What language it is in, and how well it is spelled, is no error."""

import unicodedata
from collections.abc import Iterator

from services.validator.issues import Issue, error

_PLAIN = frozenset("\t\n\r")
# Not characters: controls, halves of surrogate pairs, private use, never assigned.
_NO_TEXT = frozenset({"Cc", "Cs", "Co", "Cn"})


def check_question(question: str, limit: int) -> list[Issue]:
    """Empty, too long, or no text. At most one of these, the first that holds."""
    return list(_found(question, limit))[:1]


def _found(question: str, limit: int) -> Iterator[Issue]:
    if not question.strip():
        yield error("QUESTION_EMPTY", "question", "The question is empty: write what you want to know.")
        return
    if len(question) > limit:
        yield error(
            "QUESTION_TOO_LONG",
            "question",
            f"The question has {len(question)} characters; at most {limit} are read.",
            length=str(len(question)),
            limit=str(limit),
        )
    for place, character in enumerate(question[:limit]):
        if character < " " and character in _PLAIN:
            continue
        if character < "\x7f" and character >= " ":
            continue
        if unicodedata.category(character) in _NO_TEXT or character == "\ufffd":
            name = f"U+{ord(character):04X}"
            yield error(
                "QUESTION_NOT_TEXT",
                "question",
                f"The question holds control characters ({name} at {place}): send plain text.",
                character=name,
                place=str(place),
            )
            return
    if not any(character.isalnum() for character in question):
        yield error("QUESTION_NOT_TEXT", "question", "The question holds no letters and no digits.")
