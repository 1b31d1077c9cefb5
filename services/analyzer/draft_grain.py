"""Measures at the grain of what they are broken down by.

The revenue of an invoice is no revenue of each product on it: counted for every product, the invoice's whole amount would
stand behind each of them. Where the rows that tell the groups have an amount of their own in the same unit, that is meant.
"""

from dataclasses import replace

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.draft import Draft
from services.analyzer.draft_related import repeats
from services.analyzer.draft_sums import summed
from services.analyzer.reading import Item
from services.analyzer.stem import stems
from services.analyzer.vocabulary import words_of


def at_grain(draft: Draft, items: list[Item], groups: list[Item]) -> list[Item]:
    """The items, sums of rows that hold several groups each replaced by the sum that the groups' own rows have."""
    finer = [item.ref.dataset for item in groups if item.ref is not None]
    return [_own(draft, item, finer) for item in items]


def _own(draft: Draft, item: Item, finer: list[str]) -> Item:
    metric = draft.vocabulary.metrics.get(item.metric)
    if (
        metric is None
        or summed(draft.vocabulary, item.metric) is None
        or item.minus is not None
        or item.per is not None
    ):
        return item
    for name in finer:
        own = [
            each.name for each in draft.vocabulary.metrics.values()
            if each.dataset == name and each.unit == metric.unit and summed(draft.vocabulary, each.name) is not None
            and _told(each) & _told(metric)
        ]  # fmt: skip
        if len(own) == 1 and _splits(draft, metric.dataset, name):
            return replace(item, metric=own[0], dataset=name)
    return item


_OF_ANYTHING = frozenset("valor total value amount montante soma sum".split())  # noqa: SIM905


def _told(metric: semantics_pb2.Metric) -> frozenset[str]:
    """Stems of the words that a metric is called by, but those that any amount is called by."""
    return frozenset(
        stem
        for term in metric.terms
        for word in words_of(term.text)
        if word not in _OF_ANYTHING
        for stem in stems(word)
    )


def _splits(draft: Draft, start: str, goal: str) -> bool:
    """Whether a row of one dataset has several rows of the other."""
    paths = draft.vocabulary.graph.paths(start, goal) if start != goal else ()
    return bool(paths) and any(repeats(draft, edge) for edge in paths[0])
