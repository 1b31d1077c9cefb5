"""The names that come nearest to one that does not exist, for messages."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process

from services.mapper.fold import fold


def nearest(name: str, names: Iterable[str], most: int = 3) -> list[str]:
    """At most `most` of the names that look like `name`, best first; empty where none does."""
    candidates = {known: fold(known) for known in names}
    found = process.extract(fold(name), candidates, scorer=fuzz.WRatio, limit=most, score_cutoff=60)
    return [known for _, _, known in found]


def hint(name: str, names: Iterable[str]) -> str:
    """The end of a sentence that names what may have been meant: "; the nearest is 'uf'". Empty where nothing is."""
    found = nearest(name, names, most=1)
    return f"; the nearest is {found[0]!r}" if found else ""
