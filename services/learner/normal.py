"""The form in which questions and phrases are compared."""

import unicodedata


def normal(text: str) -> str:
    """Lower case, no accents, words of letters and digits with one blank between them.

    Two questions are the same question where this is equal: whoever applies a pattern compares the same way.
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = (each if each.isalnum() else " " for each in plain if not unicodedata.combining(each))
    return " ".join("".join(bare).split())
