"""Stage 9b': whether a reading fits the manner of speaking: a log-linear model of short stretches of the question, seen as
operators and kinds of names, together with marks of the reading.

Each pair of a stretch and a mark has a weight; a reading's score is the sum of the weights of all its pairs. Pairs are
not listed: their hash is their place among the weights ("hashing trick": Weinberger et al., ICML 2009). What is said
where, and what is made of it, is all that counts: the model reads every language whose cues are known.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from services.analyzer.assemble import Draft
from services.analyzer.frame import Unit
from services.analyzer.ground import Ground
from services.analyzer.phrasing_marks import PARTS, Role, keys, whole
from services.analyzer.reading import Reading

BITS = 20
"""There are 2 ** BITS weights."""
_KINDS = ("value", "field", "dataset", "metric", "filter", "entity", "period", "number")
_SPREAD = np.uint32(0x9E3779B1)
_EDGE, _BEGIN, _END, _WORD = "", "^", "$", "_"
Places = NDArray[np.uint32]


@dataclass(frozen=True)
class Phrasing:
    """The model. weights: (2 ** BITS,)."""

    weights: NDArray[np.float32]

    def scores(self, drafts: Sequence[Draft], ground: Ground) -> NDArray[np.float32]:
        """How well each draft fits, (drafts,), 0 for the best of them."""
        if not drafts:
            return np.zeros(0, np.float32)
        found = material(drafts, ground)
        marked = self.weights.take(found.marks).sum(axis=1).tolist()
        played = self.weights.take(found.roles).sum(axis=1).tolist()
        sums = [sum([marked[at] for at in marks]) + sum([played[at] for at in roles]) for marks, roles in found.parts]
        made = np.array([sum([sums[at] for at in parts]) for parts in found.drafts])
        return np.asarray(made - made.max(), np.float32)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The model as named arrays, to be kept in a file: only weights that are not 0, in half precision."""
        places = np.flatnonzero(self.weights.astype(np.float16))
        return {
            "phrasing.places": np.diff(places, prepend=0).astype(np.uint32),
            "phrasing.weights": self.weights[places].astype(np.float16),
        }

    @classmethod
    def of(cls, held: Mapping[str, NDArray[Any]]) -> "Phrasing":
        """A model as `arrays` gave it."""
        weights = np.zeros(2**BITS, np.float32)
        weights[np.cumsum(held["phrasing.places"])] = held["phrasing.weights"]
        return cls(weights)


class Material(NamedTuple):
    """The places of the weights that drafts add up, in bundles: of marks, (marks × stretches of the question), and of roles,
    (roles of units × what is around a unit). parts: their bundles of both sorts. drafts: the parts of each."""

    marks: Places
    roles: Places
    parts: list[tuple[list[int], list[int]]]
    drafts: list[list[int]]

    def of(self, draft: int) -> Places:
        """All places that a draft adds up; some may come several times."""
        parts = [self.parts[at] for at in self.drafts[draft]]
        marks, roles = ([at for part in parts for at in part[sort]] for sort in (0, 1))
        return np.concatenate([self.marks[marks].ravel(), self.roles[roles].ravel()])


NOTHING = Material(np.zeros((0, 1), np.uint32), np.zeros((0, 1), np.uint32), [], [])


def material(drafts: Sequence[Draft], ground: Ground) -> Material:
    """What drafts of one question add up."""
    question = _Question(ground)
    held = [question.parts(draft) for draft in drafts]
    return Material(*question.places(), [(each.marks, each.roles) for each in question.held], held)


class _Held(NamedTuple):
    """A part that a draft has: bundles, the units that its roles are of, as bits, and its word in the shape."""

    marks: list[int]
    roles: list[int]
    units: int
    word: str


class _Question:
    """Bundles of one question: for each mark, its pairs with every stretch; for each role of a unit, its pairs with what is
    around the unit."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._unit_at = ground.evidence.frame.unit_at
        symbols = [_EDGE, _BEGIN, *map(_symbol, ground.evidence.frame.units), _END, _EDGE]
        inner = symbols[1:-1]
        beside = (f"{one} {other}" for one, other in pairwise(inner))
        self._grams = _hashes(sorted({"", *inner, *beside}))
        self._around = [_around(symbols, at + 2) for at in range(len(symbols) - 4)]
        self._marks: dict[str, int] = {}
        self._roles: dict[tuple[str, int], int] = {}
        self._numbers: dict[Hashable, int] = {}
        self.held: list[_Held] = []

    def parts(self, draft: Draft) -> list[int]:
        """The numbers of a draft's parts."""
        reading, held = draft.reading, self.held
        numbers, touched = [], 0
        for place, key in enumerate(keys(reading)):
            at = self._numbers.get(key)
            if at is None:
                part = PARTS[place](reading, self._ground)
                at = self._new(key, part.marks, part.roles)
            numbers.append(at)
            touched |= held[at].units
        numbers.append(self._whole(reading, numbers))
        numbers.append(self._idle(draft.tokens, touched))
        return numbers

    def places(self) -> tuple[Places, Places]:
        """The places of all bundles: of marks, of roles."""
        marked = _mixed(_hashes(list(self._marks)), np.broadcast_to(self._grams, (len(self._marks), len(self._grams))))
        if not self._roles:
            return marked, np.zeros((0, 1), np.uint32)
        around = np.stack([self._around[unit] for _, unit in self._roles])
        return marked, _mixed(_hashes([role for role, _ in self._roles]), around)

    def _whole(self, reading: Reading, numbers: Sequence[int]) -> int:
        first, _, *others = numbers
        key = (5, first, *others, reading.root, reading.distinct, len(reading.tables))
        at = self._numbers.get(key)
        if at is None:
            marks = whole(reading, [self.held[each].word for each in numbers])
            at = self._new(key, marks, ())
        return at

    def _idle(self, tokens: frozenset[int], touched: int) -> int:
        """Units that have no role are used all the same, or not at all."""
        key = (tokens, touched)
        at = self._numbers.get(key)
        if at is None:
            used = {self._unit_at[token] for token in tokens}
            bare = [unit for unit in range(len(self._around)) if not touched >> unit & 1]
            self.held.append(_Held([], [self._role("used" if unit in used else "none", unit) for unit in bare], 0, ""))
            at = self._numbers[key] = len(self.held) - 1
        return at

    def _new(self, key: Hashable, marks: Sequence[str], roles: Sequence[Role]) -> int:
        played: list[int] = []
        touched = 0
        for tokens, role, kind in roles:
            units = sorted({self._unit_at[token] for token in tokens})
            told = (role, f"{role}:{kind}") if kind else (role,)
            played += [self._role(each, unit) for unit in units for each in told]
            touched |= sum(1 << unit for unit in units)
        marked = [self._marks.setdefault(mark, len(self._marks)) for mark in marks]
        self.held.append(_Held(marked, played, touched, marks[0]))
        at = self._numbers[key] = len(self.held) - 1
        return at

    def _role(self, role: str, unit: int) -> int:
        return self._roles.setdefault((role, unit), len(self._roles))


def _symbol(unit: Unit) -> str:
    """What a unit is: the operators that it carries, else the kind of its name, else just a word or a mark."""
    operators = sorted(tag for tag in unit.tags if tag.isupper())
    if operators:
        return "+".join(operators)
    found = next((each for each in _KINDS if each in unit.tags), "")
    return found or ("," if "comma" in unit.tags else _WORD)


def _around(symbols: Sequence[str], at: int) -> NDArray[np.uint32]:
    """What is seen from one symbol of a question."""
    before2, before, own, after, after2 = symbols[at - 2 : at + 3]
    return _hashes(
        [f"@{own}", f"-1{before}", f"+1{after}", f"-2{before2} {before}", f"-+{before} {after}", f"+2{after} {after2}"]
    )


@lru_cache(maxsize=20_000)
def _hash(text: str) -> np.uint32:
    return np.uint32(crc32(text.encode()))


def _hashes(texts: Sequence[str]) -> NDArray[np.uint32]:
    return np.array([_hash(text) for text in texts], np.uint32)


def _mixed(texts: Places, beside: Places) -> Places:
    """The places of pairs: of each text, and of what stands in its row."""
    mixed = (beside ^ texts[:, None]) * _SPREAD
    mixed ^= mixed >> np.uint32(15)
    mixed += texts[:, None]
    mixed *= _SPREAD
    return np.asarray(mixed >> np.uint32(32 - BITS))
