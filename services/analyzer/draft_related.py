"""Conditions on other datasets that would repeat rows: they become tests of whether there is such a partner.

A sum over invoices joined with the lots of their orders counts an invoice once for each lot. Where nothing of the other
dataset is shown, only that there is one matters.
"""

from services.analyzer.draft import Draft
from services.analyzer.joins import Edge
from services.analyzer.reading import (
    IMPLIED,
    Between,
    Compare,
    Condition,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Related,
    Within,
)


def as_related(draft: Draft, where: list[Condition], shown: list[Item]) -> list[Condition]:
    """The conditions, those on datasets that multiply the rows of the measure's dataset as tests of partners."""
    base = next((item.dataset for item in shown if item.aggregated and item.dataset), draft.root)
    needed = {base, draft.root}
    needed |= {item.ref.dataset for item in shown if item.ref is not None} | {
        item.dataset for item in shown if item.dataset
    }
    needed |= {part.ref.dataset for item in shown for part in item.where if isinstance(part, (Flag, Between))}
    kept: list[Condition] = []
    moved: dict[str, list[Condition]] = {}
    for each in where:
        dataset = _dataset(each)
        if not dataset or dataset in needed or not _multiplies(draft, base, dataset):
            kept.append(each)
        else:
            moved.setdefault(dataset, []).append(each)
    for dataset, parts in moved.items():
        place = next((at for at, each in enumerate(kept) if isinstance(each, Related) and each.dataset == dataset), -1)
        if place >= 0:
            held = kept[place]
            assert isinstance(held, Related)
            kept[place] = Related(
                held.start, dataset, (*held.where, *parts), held.negated, held.op, held.count, held.path, held.source
            )  # fmt: skip
        else:
            kept.append(Related(base, dataset, tuple(parts), source=getattr(parts[0], "source", IMPLIED)))
        draft.tables = [table for table in draft.tables if table != dataset]
    return [*kept, *_only_named(draft, kept, shown, needed)]


def _only_named(draft: Draft, where: list[Condition], shown: list[Item], needed: set[str]) -> list[Condition]:
    """Datasets of which nothing but the name is said, and that would repeat the rows of a list: that there is such a partner
    is all that is asked ("orders with freights")."""
    if any(item.aggregated for item in shown) or draft.group:
        return []
    said = {name for each in where if (name := _dataset(each))}
    related = {each.dataset for each in where if isinstance(each, Related)}
    found = [
        name for name in dict.fromkeys(draft.tables)
        if name not in needed | said | related and name != draft.root and _multiplies(draft, draft.root, name)
    ]  # fmt: skip
    draft.tables = [name for name in draft.tables if name not in found]
    return [Related(draft.root, name) for name in found]


def _dataset(condition: Condition) -> str:
    """The one dataset that a condition is on; empty for those on several."""
    if isinstance(condition, (Within, Between, Like, Missing, Flag)):
        return condition.ref.dataset
    if isinstance(condition, Named):
        return condition.dataset
    if isinstance(condition, Compare) and condition.left.ref is not None and not isinstance(condition.right, Item):
        return condition.left.ref.dataset if not condition.left.aggregated else ""
    return ""


def _multiplies(draft: Draft, start: str, goal: str) -> bool:
    paths = draft.vocabulary.graph.paths(start, goal)
    return bool(paths) and any(repeats(draft, edge) for edge in paths[0])


def repeats(draft: Draft, edge: Edge) -> bool:
    """Whether one row may meet several along an edge."""
    for each in draft.vocabulary.model.relationships:
        if each.relationship.name == edge.name:
            held = each.relationship
            return held.list_valued or not (held.to_unique if edge.forward else held.from_unique)
    return not edge.forward
