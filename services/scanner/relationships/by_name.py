"""Pairs of columns that names suggest: far fewer than all there are."""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from services.scanner.reader import TableKey
from services.scanner.relationships.candidates import Pair, comparable
from services.scanner.relationships.columns import Facts, Place
from services.scanner.relationships.naming import points_at

_NAME_FROM = 0.4
_CROWD = 60
"""A word that more targets than this have says too little to look at all of them."""


class Crowds:
    """Names and words that so many targets have that they say too little."""

    def __init__(self, targets: Iterable[Facts]) -> None:
        names: Counter[frozenset[str]] = Counter()
        each_word: Counter[str] = Counter()
        for target in targets:
            names.update(_names(target))
            each_word.update(target.name.tokens)
        self.names = {name for name, count in names.items() if count > _CROWD}
        self.words = {word for word, count in each_word.items() if count > _CROWD}


class NameIndex:
    """Targets by the words of their names."""

    def __init__(self, targets: Iterable[Facts], crowds: Crowds) -> None:
        self._by_word: dict[str, list[Facts]] = defaultdict(list)
        self._by_name: dict[frozenset[str], list[Facts]] = defaultdict(list)
        self._by_start: dict[str, set[str]] = defaultdict(set)
        self._by_initials: dict[str, list[Facts]] = defaultdict(list)
        self._own_keys: dict[TableKey, list[Facts]] = defaultdict(list)
        for target in targets:
            for name in _names(target):
                # What so many columns are called, many tables mention; whoever refers to it means a key.
                if target.key or name not in crowds.names:
                    self._by_name[name].append(target)
            for word in target.name.tokens - crowds.words:
                self._by_word[word].append(target)
                self._by_start[word[:3]].add(word)
            for words in (target.name.core, target.name.table):
                if len(words) > 1:
                    self._by_initials["".join(word[0] for word in words)].append(target)
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
        yield from islice(self._by_name.get(frozenset(core), ()), _CROWD)
        yield from self._own_keys.get(source.where, ())
        for word in core:
            if len(word) <= 4:
                yield from islice(self._by_initials.get(word, ()), _CROWD)
            for each in self._by_start.get(word[:3], ()):
                yield from self._by_word[each]
        # nota_fiscal -> nf
        if len(core) > 1:
            yield from islice(self._by_word.get("".join(word[0] for word in core), ()), _CROWD)


def _names(target: Facts) -> set[frozenset[str]]:
    """What a target may be called: as it is, as its table is, or both together."""
    name = target.name
    return {frozenset(name.core), frozenset(name.table), frozenset(name.core + name.table)} - {frozenset()}


def by_name(
    sources: Sequence[Facts],
    targets: Sequence[Facts],
    *,
    loose: bool,
    until: float,
    touching: Collection[Place] | None = None,
) -> list[Pair]:
    """Pairs that names suggest, best first. touching: as `infer` has it."""
    rounds = [(targets, sources)]
    if touching is not None:
        near = [each for each in sources if each.place in touching]
        far = [each for each in sources if each.place not in touching]
        rounds = [(targets, near), ([each for each in targets if each.place in touching], far)]
    found: list[Pair] = []
    crowds = Crowds(targets)
    for theirs, ours in rounds:
        index = NameIndex(theirs, crowds)
        for at, source in enumerate(ours):
            if at % 256 == 0 and time.monotonic() > until:
                break
            found += [pair for pair in index.pairs(source) if comparable(source, pair.target, loose=loose)]
    found.sort(key=lambda pair: -pair.name)
    return found
