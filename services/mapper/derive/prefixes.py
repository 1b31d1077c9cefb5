"""Prefixes: the "p" of "pName", the "a" of "aid" stand for a table, its own or the one that the column refers to."""

from collections.abc import Collection, Sequence

from services.mapper.derive.identifiers import AFTER_INITIAL
from services.mapper.derive.names import Name, Namer

_LONGEST = 4
_KEY = "id"


def spoken_for(column: str, owners: Sequence[Name], beside: Collection[str], namer: Namer, *, key: bool) -> Name:
    """The words of a column's name, a prefix that abbreviates a table spelled out.

    owners: names of tables that it may speak of, likeliest first. beside: the folded names of all columns of its table:
    with "lname" beside it, "fname" is the first name, and not the faculty's. key: it is a key or refers to one; only then
    is "aid" taken apart, which elsewhere is a word.
    """
    plain = namer.column(column)
    tokens = _apart(plain.tokens[0], beside, key=key) if len(plain.tokens) == 1 else plain.tokens
    if len(tokens) < 2 or not tokens[1].isalpha() or not tokens[0].isalpha() or len(tokens[0]) > _LONGEST:
        return plain
    if len(tokens[0]) > 1 and len(plain.tokens) > 1 and namer.means(tokens[0]):
        return plain
    for owner in owners:
        if abbreviates(tokens[0], owner.folded):
            rest = namer.spelled(tokens[1:])
            return Name(tokens, (*owner.words, *rest.words), (*owner.folded, *rest.folded))
    return plain


def _apart(word: str, beside: Collection[str], *, key: bool) -> tuple[str, ...]:
    if key and word.endswith(_KEY) and 0 < len(word) - len(_KEY) <= _LONGEST:
        return word.removesuffix(_KEY), _KEY
    rest = word[1:]
    if rest not in AFTER_INITIAL or any(each.endswith(rest) and each != word for each in beside):
        return (word,)
    return word[0], rest


def abbreviates(short: str, words: Sequence[str]) -> bool:
    """Whether a few letters stand for a name: its initials, or letters of its first word in their order, the first among
    them ("c" and "crs" of course, "oi" of order item)."""
    if not words or short == words[0] or not words[0].startswith(short[0]):
        return False
    if short == "".join(word[0] for word in words):
        return True
    letters = iter(words[0])
    return all(letter in letters for letter in short)
