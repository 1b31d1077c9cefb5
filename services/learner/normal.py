"""The form in which questions and phrases are compared."""

import re
import unicodedata

_BREAKS = re.compile(r"[^a-z0-9]+")


def normal(text: str) -> str:
    """Lower case, no accents, words of a-z and 0-9 with one blank between them.

    Two questions are the same question where this is equal: whoever applies a pattern compares the same way.
    """
    plain = unicodedata.normalize("NFKD", text.lower())
    return _BREAKS.sub(" ", "".join(each for each in plain if not unicodedata.combining(each))).strip()
