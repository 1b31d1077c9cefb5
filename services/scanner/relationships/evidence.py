"""What speaks for and against a pair of columns, measured."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.scanner.reader import Probe
from services.scanner.relationships.candidates import Pair, rarity
from services.scanner.relationships.columns import Facts
from services.scanner.values import NUMBERS

_COMMON = 0.4
"""From this share of the distinct values on, their frequency is trusted; below, one frequent value may be
chance.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """A pair and what is known of it.

    probed, found: values of the source looked for, and found in the target; probed 0: none could be. share:
    share of the source's rows, as far as they hold the probed values, whose value was found. rows: rows of
    the target that hold the found values. unique: the target's values identify a row (declared, or true of
    all rows as they are now; None: not known). surprise: how unlikely unrelated values would be found as
    often, 0 to 1. cover: share of the target's values that the source can use, 0 to 1. comment: a comment
    names the target. agreement: how much more often other columns of joined rows agree than of unrelated
    rows, 0 to 1; None: not measured.
    """

    pair: Pair
    probed: int = 0
    found: int = 0
    share: float = 0.0
    rows: int = 0
    unique: bool | None = None
    surprise: float = 0.0
    cover: float = 0.0
    comment: bool = False
    agreement: float | None = None
    agreeing: str = ""

    @property
    def inclusion(self) -> float | None:
        """How far the source's values are values of the target. Real columns have a few rows with spellings
        of their own, many as values but few as rows: then the rows count.
        """
        if not self.probed:
            return None
        values = self.found / self.probed
        return max(values, self.share) if values >= _COMMON else values

    @property
    def fan_out(self) -> float:
        """Rows of the target for each value that was found."""
        return self.rows / self.found if self.found else 0.0


def measure(pairs: Sequence[Pair], probe: Probe) -> list[Findings]:
    """Looks for the values of each pair's source in its target: one query for each target."""
    by_target: dict[Facts, list[Pair]] = {}
    for pair in pairs:
        by_target.setdefault(pair.target, []).append(pair)
    return [each for target, group in by_target.items() for each in _against(target, group, probe)]


def _against(target: Facts, pairs: Sequence[Pair], probe: Probe) -> Iterable[Findings]:
    groups = [_fitting(pair.source.values, target) for pair in pairs]
    answer = probe.find(target.table, target.column.name, groups) if target.rows and any(groups) else None
    for at, (pair, values) in enumerate(zip(pairs, groups, strict=True)):
        found = answer[at] if answer is not None else None
        # Values of another type than the target's count as sought and not found.
        made = Findings(pair, unique=True if target.key else None, comment=_told(pair))
        if found is not None:
            share = _share(pair.source, {values[at] for at in found.at})
            made = replace(made, probed=len(pair.source.values), found=len(found.at), share=share, rows=found.rows)
        yield replace(made, surprise=surprise(pair), cover=_cover(made))


def _share(source: Facts, found: set[str]) -> float:
    total = sum(source.shares)
    held = sum(share for value, share in zip(source.values, source.shares, strict=True) if value in found)
    return held / total if total else 0.0


def _fitting(values: Sequence[str], target: Facts) -> list[str]:
    """The values that the target's type can be compared with."""
    if target.column.family in NUMBERS:
        return [value for value in values if re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", value)]
    return list(values)


def surprise(pair: Pair) -> float:
    """How little chance alone explains that the source's values are found in the target, 0 to 1.

    Words of some length are hardly ever met by chance; of numbers see `rarity`.
    """
    values = pair.source.values
    if not values or not pair.target.values:
        return 0.0
    length = sum(map(len, values)) / len(values)
    telling = min(max((length - 1.5) / 3, 0.1), 1.0)
    return min(len(values) / 20, 1.0) * telling * rarity(pair.target)


def _cover(found: Findings) -> float:
    target, source = found.pair.target, found.pair.source
    if not target.distinct or not source.distinct:
        return 0.0
    return min(source.distinct / target.distinct, 1.0) * (found.inclusion or 0.0)


def _told(pair: Pair) -> bool:
    """Whether the source's comment names the target, in full or by a column name that is no everyday word."""
    text = pair.source.column.comment.lower()
    if not text:
        return False
    column, table = pair.target.column.name.lower(), pair.target.table.name.lower()
    if f"{table}.{column}" in text:
        return True
    words = set(re.findall(r"\w+", text))
    return column in words and ("_" in column or table in words) and column != pair.source.column.name.lower()


def with_uniqueness(found: Findings, probe: Probe, known: dict[Facts, bool | None]) -> Findings:
    """Finds out whether an undeclared target is unique in fact. known: what was found out before, by
    target.
    """
    target = found.pair.target
    if found.unique is not None:
        return found
    if target.repeats > 1.2 or found.rows > found.found:
        return replace(found, unique=False)
    if target not in known:
        known[target] = probe.unique(target.table, target.column.name)
    return replace(found, unique=known[target])
