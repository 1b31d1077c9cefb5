"""Pairs of columns that only values suggest: far fewer than all there are."""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.scanner.reader import Probe
from services.scanner.relationships.candidates import FEWEST_VALUES, Pair, comparable, rarity
from services.scanner.relationships.columns import Facts, Place
from services.scanner.relationships.naming import points_at
from services.scanner.values import NUMBERS, spread

_PROBE = 8
_HITS = 6
_AT_ONCE = 400
_MOST_COMPARISONS = 300_000
"""Above this many pairs of a source and a target, values are compared in memory: only the gathered ones, but
of all columns at once.
"""
_MANY = 10_000
_SHARED = 3
_CROWD = 12
_BEST = 4


class Shape(NamedTuple):
    """What values look like: their lengths, whether all have digits, whether all have letters."""

    shortest: int
    longest: int
    digits: bool
    letters: bool


@dataclass(frozen=True, slots=True, eq=False)
class Few:
    """A few values of a source, to try in many targets, and their shape."""

    source: Facts
    values: tuple[str, ...]
    shape: Shape


def by_value(
    sources: Sequence[Facts],
    targets: Sequence[Facts],
    named: Sequence[Pair],
    probe: Probe,
    *,
    loose: bool,
    until: float,
    touching: Collection[Place] | None = None,
) -> list[Pair]:
    """Pairs that values suggest and names do not (named holds those). touching: as `infer` has it."""
    known = {(pair.source, pair.target) for pair in named}
    found = []
    for ours, near in _rounds(sources, targets, touching):
        theirs = [target for target in near if len(target.values) >= FEWEST_VALUES and _telling(target)]
        tries = [few for source in ours if (few := _few_of(source)) is not None]
        look = _by_sharing if len(tries) * len(theirs) > _MOST_COMPARISONS else _by_probing
        for source, target in look(tries, theirs, probe, loose=loose, until=until):
            if (source, target) not in known:
                name = points_at(source.name, target.name, target_is_key=target.key, same_table=False)
                found.append(Pair(source, target, name))
    return found


def _rounds(
    sources: Sequence[Facts], targets: Sequence[Facts], touching: Collection[Place] | None
) -> list[tuple[Sequence[Facts], Sequence[Facts]]]:
    """Which sources are to be tried in which targets. After a change in a schema of thousands of tables the
    changed ones are tried in keys only, and the others not in them: to look at all values takes seconds,
    which a full scan has.
    """
    if touching is None:
        return [(sources, targets)]
    near = [each for each in sources if each.place in touching]
    if len(sources) > _MANY:
        return [(near, [target for target in targets if target.key])]
    far = [each for each in sources if each.place not in touching]
    return [(near, targets), (far, [target for target in targets if target.place in touching])]


def _by_probing(
    tries: Sequence[Few], aims: Sequence[Facts], probe: Probe, *, loose: bool, until: float
) -> Iterable[tuple[Facts, Facts]]:
    """A few values of each source are looked for in every target that they could be of, with one query for
    each target."""
    for target in sorted(aims, key=lambda each: (not each.key, not each.indexed, -each.rows)):
        if time.monotonic() > until:
            return
        theirs = _shape(target.values)
        tried = [
            few
            for few in tries
            if _alike(few.shape, theirs)
            and few.source.where != target.where
            and comparable(few.source, target, loose=loose)
        ][:_AT_ONCE]
        if not tried:
            continue
        answer = probe.find(target.table, target.column.name, [few.values for few in tried])
        for few, hit in zip(tried, answer or [], strict=False):
            if len(hit.at) >= _HITS:
                yield few.source, target


def _by_sharing(
    tries: Sequence[Few], aims: Sequence[Facts], _: Probe, *, loose: bool, until: float
) -> Iterable[tuple[Facts, Facts]]:
    """Where there are too many for that: targets that share the most gathered values with each source."""
    holders: dict[str, list[Facts]] = defaultdict(list)
    for target in aims:
        for value in target.values:
            holders[value].append(target)
    for at, few in enumerate(tries):
        if at % 256 == 0 and time.monotonic() > until:
            return
        shared: Counter[Facts] = Counter()
        for value in few.source.values:
            held = holders.get(value, ())
            # A value that is everywhere (yes, 1, SP) tells nothing.
            if len(held) <= _CROWD:
                shared.update(held)
        for target, count in shared.most_common(_BEST):
            if count >= _SHARED and target.where != few.source.where and comparable(few.source, target, loose=loose):
                yield few.source, target


def _few_of(source: Facts) -> Few | None:
    """None where the source has too few values to tell anything, or numbers its own rows."""
    if len(source.values) < _PROBE or source.surrogate:
        return None
    values = spread(sorted(source.values), _PROBE)
    return Few(source, tuple(values), _shape(values))


def _shape(values: Sequence[str]) -> Shape:
    lengths = [len(value) for value in values]
    digits = all(any(mark.isdigit() for mark in value) for value in values)
    letters = all(any(mark.isalpha() for mark in value) for value in values)
    return Shape(min(lengths), max(lengths), digits, letters)


def _alike(one: Shape, other: Shape) -> bool:
    """Whether values of the one shape look like some of the other's."""
    fits = one.shortest >= other.shortest - 2 and one.longest <= other.longest + 2
    return fits and one.digits == other.digits and one.letters == other.letters


def _telling(target: Facts) -> bool:
    """Whether finding values there says anything: not among numbers that begin at 1, nor among marks of two
    letters.
    """
    if target.column.family in NUMBERS:
        return rarity(target) >= 0.5
    return max(map(len, target.values)) > 2
