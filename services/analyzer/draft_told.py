"""Sums whose verb tells which amount is meant: "quanto pagamos de frete" is what was paid, not what was agreed.

The verb by itself names a filter ("pago"), and the thing by itself what its rows are worth; together they are what a metric
of the same rows and unit is called.
"""

from dataclasses import replace

from services.analyzer.draft import Draft
from services.analyzer.reading import Condition, Flag, Item
from services.analyzer.stem import stems
from services.analyzer.vocabulary import words_of

_TWO = 2


def told_measures(draft: Draft, select: list[Item], where: list[Condition]) -> tuple[list[Item], list[Condition]]:
    """The items, sums that a filter's own words make another metric replaced; and the conditions without that filter."""
    for place, item in enumerate(select):
        unit = _unit(draft, item)
        if not unit or item.where or item.minus is not None or item.per is not None:
            continue
        for flag in [each for each in where if isinstance(each, Flag) and not each.negated]:
            name = _called(draft, item, flag, unit)
            if name:
                told = replace(item, ref=None, fn="", metric=name, dataset=flag.ref.dataset)
                return [*select[:place], told, *select[place + 1 :]], [each for each in where if each is not flag]
    return select, where


def _unit(draft: Draft, item: Item) -> str:
    """The unit of a sum; empty for anything else."""
    metric = draft.vocabulary.metrics.get(item.metric)
    if metric is not None:
        return metric.unit
    held = draft.vocabulary.fields.get((item.ref.dataset, item.ref.field)) if item.ref and item.fn == "sum" else None
    return held.unit if held is not None else ""


def _called(draft: Draft, item: Item, flag: Flag, unit: str) -> str:
    """The metric of the flag's dataset that is called by the flag's words and others of the question; "" where there is
    none, or the item is it."""
    language = draft.parsed.language.code
    own = {stem for at in flag.source.tokens for stem in stems(draft.parsed.keys[at], language)}
    said = {stem for key in draft.parsed.keys for stem in stems(key, language)}
    dataset = item.dataset or (item.ref.dataset if item.ref else "") or draft.root
    found = []
    for metric in draft.vocabulary.metrics.values():
        if metric.dataset != flag.ref.dataset or dataset != flag.ref.dataset or metric.unit != unit:
            continue
        for term in metric.terms:
            words = [set(stems(word, language)) for word in words_of(term.text)]
            if len(words) >= _TWO and all(word & said for word in words) and any(word & own for word in words):
                found.append((-len(words), metric.name))
    return min(found)[1] if found and min(found)[1] != item.metric else ""
