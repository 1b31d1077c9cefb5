"""What the words want told for each of several things: "produtos por categoria", "orders by customer".

The trained ranker has seen few questions that group by a thing with a bare "by", and takes the thing for one that the rows
only have to have: one number for all, which looks like an answer. Where the words leave no doubt, that is no reading.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from services.analyzer.parse import Parse
from services.analyzer.reading import (
    Between,
    Compare,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Reading,
    Related,
    Within,
    conditions,
)

# "Feitos por clientes", "written by singers": these tell who did it.
_DEED = re.compile(
    r"\w+[ai]d[oa]s?|\w*(?:feit|escrit|vist|post|cobert|abert|pag|gast|ganh|eleit|aceit)[oa]s?|\w*entregues?|\w+ed|\w+en|"
    r"\w+wn|\w*(?:sold|bought|made|built|led|held|run|sung|set|put|won|paid|sent|spent|taught|read|done|met|kept)"
)
_WORDS_BETWEEN = frozenset({"o", "a", "os", "as", "the", "of"})


class Wanted(NamedTuple):
    """Datasets and fields, (dataset, field), that a "by" or "each" stands before."""

    datasets: frozenset[str]
    fields: frozenset[tuple[str, str]]


def wanted(parsed: Parse) -> Wanted | None:
    """What is to be told apart; None where nothing surely is."""
    datasets: set[str] = set()
    fields: set[tuple[str, str]] = set()
    linked = {at for link in parsed.links if link.target.kind != "value" for at in range(link.first, link.last)}
    for cue in parsed.cues:
        before = cue.first - 1
        deed = before >= 0 and before not in linked and _DEED.fullmatch(parsed.keys[before])
        if cue.op not in ("BY", "EACH") or (cue.op == "BY" and deed):
            continue
        # "Miles per gallon" names one thing, the same on both sides.
        named = {link.target for link in parsed.links if link.first < cue.first}
        first = cue.last
        while first < len(parsed.keys) and parsed.keys[first] in _WORDS_BETWEEN:
            first += 1
        for link in parsed.links:
            if link.first != first or link.target in named:
                continue
            if link.target.kind == "dataset":
                datasets.add(link.target.dataset)
            elif link.target.kind == "field":
                fields.add((link.target.dataset, link.target.name))
    return Wanted(frozenset(datasets), frozenset(fields)) if datasets or fields else None


def tells_apart(reading: Reading, what: Wanted) -> bool:
    """Whether it groups by one of them."""
    return any(_is_one(item, what) for item in reading.group)


def totals(reading: Reading, what: Wanted) -> bool:
    """Whether it gives one number over all of them, and says nothing else of them."""
    plain = not (reading.group or reading.combine or reading.order or reading.contrast)
    return (
        plain and bool(reading.select) and all(item.aggregated for item in reading.select) and not _about(reading, what)
    )


def _is_one(item: Item, what: Wanted) -> bool:
    ref = item.ref
    return ref is not None and (ref.dataset in what.datasets or (ref.dataset, ref.field) in what.fields)


def _about(reading: Reading, what: Wanted) -> bool:
    return any(_place(each) in what.datasets or _place(each, whole=True) in what.fields for each in conditions(reading))


def _place(condition: object, *, whole: bool = False) -> str | tuple[str, str]:
    """The dataset that a condition is about, or with its field."""
    if isinstance(condition, Named | Related):
        return ("", "") if whole else condition.dataset
    ref = condition.left.ref if isinstance(condition, Compare) else None
    if isinstance(condition, Within | Between | Like | Missing | Flag):
        ref = condition.ref
    if ref is None:
        return ("", "") if whole else ""
    return (ref.dataset, ref.field) if whole else ref.dataset


def order(found: Sequence[Reading], what: Wanted) -> list[int]:
    """Places of readings, best first: where the first is one total of all, the ones that tell apart come first, and totals
    last; nothing moves where no reading tells apart."""
    places = list(range(len(found)))
    if not found or not totals(found[0], what) or not any(tells_apart(each, what) for each in found):
        return places
    return sorted(places, key=lambda at: (not tells_apart(found[at], what), totals(found[at], what)))
