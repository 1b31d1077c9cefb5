"""How typing goes wrong, and what it was before it did."""

from collections.abc import Callable, Iterator

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {
    letter: row[max(0, at - 1) : at] + row[at + 1 : at + 2] for row in _ROWS for at, letter in enumerate(row)
}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONG = 6
"""Letters of a word that is undone letter by letter: of shorter ones too much else can be made."""


def retyped(word: str, known: Callable[[str], bool]) -> tuple[str, int] | None:
    """The likeliest word that one typing error makes this one of, of those that are known; None where there is none. It finds
    the forms of a word that no list holds ("venderam" of "vende", typed "vendderam")."""
    if len(word) < _LONG:
        return None
    options = {(round(unlikeliness(word, each, 1), 3), len(each), each) for each in _undone(word)}
    best = next((each for *_, each in sorted(options) if known(each)), None)
    return None if best is None else (best, 1)


def _undone(word: str) -> Iterator[str]:
    """Every word that becomes this one by a letter doubled, swapped with its neighbour, hit beside its key or left out. The
    first letter is right."""
    for at in range(1, len(word)):
        if word[at] == word[at - 1]:
            yield word[:at] + word[at + 1 :]
        elif at > 1:
            yield word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
        for letter in _NEIGHBOURS.get(word[at], ""):
            yield word[:at] + letter + word[at + 1 :]
    for at in range(1, len(word) + 1):
        for letter in _LETTERS:
            yield word[:at] + letter + word[at:]


def unlikeliness(word: str, candidate: str, distance: int) -> float:
    """How far typing strayed: letters swapped or doubled are likelier than a neighbouring key or a letter left out, and
    these than any other; the last letter is seldom wrong."""
    cost = float(distance) - (0.2 if word[-1] == candidate[-1] else 0.0)
    if sorted(word) == sorted(candidate):
        return cost - 0.3
    if len(word) == len(candidate) + 1:
        doubled = any(
            word[at] == word[at - 1] and word[:at] + word[at + 1 :] == candidate for at in range(1, len(word))
        )
        return cost - 0.3 if doubled else cost + 0.2
    if len(word) == len(candidate):
        wrong = [(one, two) for one, two in zip(word, candidate, strict=True) if one != two]
        return cost - 0.15 if all(two in _NEIGHBOURS.get(one, "") for one, two in wrong) else cost
    return cost - 0.1
