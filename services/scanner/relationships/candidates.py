"""Which pairs of columns are worth comparing: far fewer than all, found through names and through values."""

import re
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.reader import TableKey
from services.scanner.relationships.columns import Facts
from services.scanner.relationships.naming import points_at
from services.scanner.values import NUMBERS, spread

_NAME_FROM = 0.4
_CROWD = 60
"""A word that more targets than this have says too little to look at all of them."""
_FEW_REPEATS = 4.0
_FEWEST_VALUES = 10
_PROBE = 8
_HITS = 6
_AT_ONCE = 400
_DATED = re.compile(r"YYYY|HH24")
_WHOLE = re.compile(r"\d{1,18}")


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Column `source` may refer to column `target`. name: how well its name points there, 0 to 1."""

    source: Facts
    target: Facts
    name: float


def is_target(column: Facts) -> bool:
    """Whether a column can be referred to: a key, or one whose values are rarely repeated."""
    if column.key:
        return True
    if column.separator or _DATED.search(column.column.text_form):
        return False
    if not column.table.primary_key and not column.table.unique_keys and 1 <= column.repeats <= 1.05:
        return column.distinct >= 3  # nobody declared a key here, so what looks like one may be it
    if column.distinct < _FEWEST_VALUES:
        return False
    if column.column.family in NUMBERS:
        return column.repeats <= 1.05
    return column.repeats <= _FEW_REPEATS


def is_source(column: Facts) -> bool:
    """Whether a column can refer: not a date in text."""
    return not _DATED.search(column.column.text_form)


def comparable(source: Facts, target: Facts, *, loose: bool) -> bool:
    """Whether the database compares the two as they are. loose: SQLite, which takes numbers in text for
    numbers.
    """
    one, other = source.column.family, target.column.family
    if source.separator:
        return other in (pb.TYPE_FAMILY_TEXT, pb.TYPE_FAMILY_INTEGER)
    if one == other or (one in NUMBERS and other in NUMBERS):
        return True
    text, number = (source, target) if one == pb.TYPE_FAMILY_TEXT else (target, source)
    return (
        loose
        and text.column.family == pb.TYPE_FAMILY_TEXT
        and number.column.family in NUMBERS
        and (text.column.text_form in ("integer", "digits", "decimal") or not text.values)
    )


class NameIndex:
    """Targets by the words of their names."""

    def __init__(self, targets: Iterable[Facts]) -> None:
        self._by_word: dict[str, list[Facts]] = defaultdict(list)
        self._by_words: dict[frozenset[str], list[Facts]] = defaultdict(list)
        self._by_start: dict[str, set[str]] = defaultdict(set)
        self._by_initials: dict[str, list[Facts]] = defaultdict(list)
        self._own_keys: dict[tuple[str, str], list[Facts]] = defaultdict(list)
        for target in targets:
            name = target.name
            for words in {frozenset(name.core), frozenset(name.table), frozenset(name.core + name.table)}:
                if words:
                    self._by_words[words].append(target)
            for word in name.tokens:
                self._by_word[word].append(target)
                self._by_start[word[:3]].add(word)
            for words_in_order in (name.core, name.table):
                if len(words_in_order) > 1:
                    self._by_initials["".join(word[0] for word in words_in_order)].append(target)
            if target.key:
                self._own_keys[target.where].append(target)

    def pairs(self, source: Facts) -> list[Pair]:
        """Pairs in which the source's name points at a target well enough."""
        found: dict[Facts, float] = {}
        for target in self._near(source):
            if target in found or target is source:
                continue
            same = target.where == source.where
            found[target] = points_at(source.name, target.name, target_is_key=target.key, same_table=same)
        return [Pair(source, target, score) for target, score in found.items() if score >= _NAME_FROM]

    def _near(self, source: Facts) -> Iterable[Facts]:
        core = source.name.core
        yield from islice(self._by_words.get(frozenset(core), ()), _CROWD)
        yield from self._own_keys.get(source.where, ())
        for word in core:
            if len(word) <= 4:
                yield from islice(self._by_initials.get(word, ()), _CROWD)
            alike = {word} | {each for each in self._by_start.get(word[:3], ()) if each[0] == word[0]}
            for each in alike:
                bucket = self._by_word.get(each, ())
                if len(bucket) <= _CROWD:
                    yield from bucket
        # nota_fiscal -> nf
        if len(core) > 1:
            yield from islice(self._by_word.get("".join(word[0] for word in core), ()), _CROWD)


def by_name(
    sources: Sequence[Facts],
    targets: Sequence[Facts],
    *,
    loose: bool,
    until: float,
    touching: Collection[TableKey] | None = None,
) -> list[Pair]:
    """Pairs that names suggest, best first. touching: as `infer` has it."""
    rounds = [(targets, sources)]
    if touching is not None:
        near = [each for each in sources if each.where in touching]
        far = [each for each in sources if each.where not in touching]
        rounds = [(targets, near), ([each for each in targets if each.where in touching], far)]
    found: list[Pair] = []
    for theirs, ours in rounds:
        index = NameIndex(theirs)
        for at, source in enumerate(ours):
            if at % 256 == 0 and time.monotonic() > until:
                break
            found += [pair for pair in index.pairs(source) if comparable(source, pair.target, loose=loose)]
    found.sort(key=lambda pair: -pair.name)
    return found


def shape(values: Sequence[str]) -> tuple[int, int, bool, bool]:
    """Shortest, longest, whether all have digits, whether all have letters."""
    lengths = [len(value) for value in values]
    digits = all(any(mark.isdigit() for mark in value) for value in values)
    letters = all(any(mark.isalpha() for mark in value) for value in values)
    return min(lengths), max(lengths), digits, letters


@dataclass(frozen=True, slots=True, eq=False)
class Few:
    """A few values of a source, to try in many targets, and their shape."""

    source: Facts
    values: tuple[str, ...]
    shape: tuple[int, int, bool, bool]


def few_of(source: Facts) -> Few | None:
    """None where the source has too few values to tell anything, or numbers its own rows."""
    if len(source.values) < _PROBE or source.surrogate:
        return None
    values = spread(sorted(source.values), _PROBE)
    return Few(source, tuple(values), shape(values))


def probes(target: Facts, tries: Sequence[Few], *, loose: bool) -> list[Few]:
    """Those whose values look like the target's own."""
    if len(target.values) < _FEWEST_VALUES or not telling(target):
        return []
    shortest, longest, digits, letters = shape(target.values)
    found = []
    for each in tries:
        low, high, has_digits, has_letters = each.shape
        alike = low >= shortest - 2 and high <= longest + 2 and has_digits == digits and has_letters == letters
        if alike and each.source.where != target.where and comparable(each.source, target, loose=loose):
            found.append(each)
    return found[:_AT_ONCE]


def telling(target: Facts) -> bool:
    """Whether finding values there says anything: not among numbers that begin at 1, nor among marks of two
    letters.
    """
    if target.column.family in NUMBERS:
        return rarity(target) >= 0.5
    return max(map(len, target.values)) > 2


def rarity(target: Facts) -> float:
    """How little of the numbers from 0 to its largest the target fills, 0 to 1; 1 where it is not of whole
    numbers.

    Numbers that begin at 1 are found in any longer sequence of numbers; one that begins far from 0 is met by
    chance only as far as it fills the range up to its end.
    """
    if not all(_WHOLE.fullmatch(value) for value in target.values):
        return 1.0
    numbers = [int(value) for value in target.values]
    if not numbers or min(numbers) <= 1:
        return 0.0
    return 1 - min(target.distinct / (max(numbers) + 1), 1.0)


def hit_enough(found: int) -> bool:
    """Whether so many of the few probed values suggest that the rest are worth looking for."""
    return found >= _HITS
