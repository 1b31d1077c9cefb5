"""How much of a question is read. Reading takes longer than in proportion to the words, and while one question is read all
others wait: nobody asks one thing in so many words."""

from mesh.fault import Fault
from services.analyzer.normalize import normalize

MOST_WORDS = 150
_MOST_SIGNS = 400
"""Words and signs together."""
_LONGEST_WORD = 200


def bounded(question: str) -> None:
    """Raises Fault QUESTION_TOO_LONG where a question has too many words or signs, or a word of too many characters."""
    tokens = normalize(question).tokens
    words = sum(token.is_word or token.text[:1].isdigit() for token in tokens)
    longest = max((len(token.text) for token in tokens), default=0)
    for count, limit, what in (
        (words, MOST_WORDS, "words"),
        (len(tokens), _MOST_SIGNS, "words and signs"),
        (longest, _LONGEST_WORD, "characters in a single word"),
    ):
        if count > limit:
            raise Fault(
                "QUESTION_TOO_LONG",
                f"The question has {count} {what}; at most {limit} are read: ask for one thing at a time.",
                metadata={"length": str(count), "limit": str(limit)},
            )
