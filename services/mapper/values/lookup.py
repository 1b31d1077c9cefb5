"""Look-ups of texts: in the dictionary, and where that is asked for in the database."""

import asyncio
import logging
from collections.abc import Sequence

from rapidfuzz import fuzz

from maestro.mapper.v1 import mapper_pb2 as wire
from mesh.fault import Fault
from services.mapper.fold import fold_once
from services.mapper.lexicon.book import lexicon
from services.mapper.values.columns import Wanted
from services.mapper.values.keeper import Keeper, Kept
from services.mapper.values.loader import Loader, look_up
from services.mapper.values.search import EXACT, PARTIAL, PREFIX, Found, Search

_log = logging.getLogger(__name__)
DATABASE_TEXTS = 4
"""Texts of one call that are looked up in the database."""
DATABASE_COLUMNS = 16
"""Columns that each of them is looked up in; the loader takes no more."""
_SECONDS = 2.0


class LookUp:
    """Answers LookUpValues."""

    def __init__(self, keeper: Keeper, loader: Loader) -> None:
        self._keeper = keeper
        self._loader = loader

    def complete(self, source: str) -> bool:
        """Whether the values of a source have been read, as far as they are held."""
        kept = self._keeper.kept(source)
        return kept is not None and kept.complete

    async def find(
        self, source: str, texts: Sequence[str], datasets: frozenset[str], most: int, least: float, *, in_database: bool
    ) -> list[wire.TextMatches]:
        """For each text what it may mean. A dictionary that is not there yet finds nothing, nor does a database that is
        down: whoever needs the value finds out when the plan runs."""
        kept = self._keeper.kept(source)
        if kept is None:
            return [wire.TextMatches(text=text) for text in texts]
        search = Search(kept.book, lexicon(), datasets, least, most)
        found: dict[str, wire.TextMatches] = {}
        for text in dict.fromkeys(texts):
            results = search.find(text)
            matches = [_match(kept, each) for each in results.found]
            found[text] = wire.TextMatches(text=text, matches=matches, total=results.total)
        if in_database:
            missing = [text for text, each in found.items() if not each.matches and fold_once(text)][:DATABASE_TEXTS]
            looked_up = await asyncio.gather(*(self._database(kept, text, datasets, most, least) for text in missing))
            for text, matches in zip(missing, looked_up, strict=True):
                found[text].matches.extend(matches)
                found[text].total = len(matches)
        return [found[text] for text in texts]

    async def _database(
        self, kept: Kept, text: str, datasets: frozenset[str], most: int, least: float
    ) -> list[wire.ValueMatch]:
        large = [
            each
            for each in self._keeper.large(kept)
            if (not datasets or each.column[0] in datasets) and _could_hold(each, text)
        ]
        likely = sorted(large, key=lambda each: _unlikely(each, text))[:DATABASE_COLUMNS]
        if not likely:
            return []
        try:
            values = await look_up(self._loader, kept.held, likely, text, most, _SECONDS)
        except Fault as fault:
            _log.info("values like a text cannot be looked up in %s: %s", kept.held.model.source, fault.message)
            return []
        matches = [_judged(wanted, value, text) for wanted, value in values]
        matches = [each for each in matches if each.score >= least]
        return sorted(matches, key=lambda each: (-each.score, each.dataset, each.field, each.value))[:most]


def _match(kept: Kept, found: Found) -> wire.ValueMatch:
    target = found.target
    dataset, field = kept.book.columns[target.column] if target.column >= 0 else ("", "")
    return wire.ValueMatch(
        dataset=dataset, field=field, value=target.value, score=found.score, method=target.method, kind=found.kind
    )


def _could_hold(wanted: Wanted, text: str) -> bool:
    """A column whose samples are all codes and numbers holds no names; one whose samples are all words, no numbers."""
    samples = next(each.sample_values for each in wanted.table.columns if each.name == wanted.physical)
    if not samples:
        return True
    coded = sum(any(char.isdigit() for char in sample) for sample in samples)
    return coded > 0 if any(char.isdigit() for char in text) else coded < len(samples)


def _unlikely(wanted: Wanted, text: str) -> tuple[bool, bool, str]:
    """Texts with digits are sought among keys first, which an index serves; others among names."""
    keys = {column for key in wanted.table.unique_keys for column in key.columns} | set(wanted.table.primary_key)
    indexed = any(index.keys and index.keys[0].column == wanted.physical for index in wanted.table.indexes)
    named = wanted.physical not in keys
    digits = any(char.isdigit() for char in text)
    return (not indexed, named == digits, wanted.physical)


def _judged(wanted: Wanted, value: str, text: str) -> wire.ValueMatch:
    """How well a value that the database gave fits: what it matches by is the loader's business, not its measure."""
    asked, stored = fold_once(text), fold_once(value)
    if asked == stored:
        score, kind = 1.0, EXACT
    elif stored.startswith(asked):
        score, kind = 0.9 + 0.08 * len(asked) / len(stored), PREFIX
    else:
        score, kind = 0.98 * fuzz.partial_ratio(asked, stored) / 100, PARTIAL
    dataset, field = wanted.column
    return wire.ValueMatch(
        dataset=dataset, field=field, value=value, score=round(score, 4), method="database", kind=kind
    )
