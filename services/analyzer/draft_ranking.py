"""Rankings: what is ranked, by what, and how many of it are wanted."""

from services.analyzer.cues import Cue
from services.analyzer.draft import Draft
from services.analyzer.mentions import Unit
from services.analyzer.reading import (
    Item,
    Order,
    Ref,
    Source,
)
from services.analyzer.stem import stems
from services.analyzer.vocabulary import words_of

_AROUND = 4
_TOP = frozenset({"FIRST", "RANKING", "MAIN", "MOST"})


def ranked(draft: Draft, at: int) -> Cue | None:
    """The "most" or "fewest" that stands right before a unit, where an earlier one names what is ranked."""
    cue = next(iter((*draft.inside(draft.units[at], ("MOST", "FEWEST")), *draft.before(at, 1))), None)
    return cue if cue is not None and cue.op in ("MOST", "FEWEST") else None


def _subject(draft: Draft, at: int, name: str) -> Item | None:
    """What is ranked: the nearest dataset or dimension before a unit, other than the dataset `name`."""
    for unit in reversed(draft.units[:at]):
        if unit.link is None:
            continue
        target = unit.link.target
        if target.kind == "dataset" and target.dataset != name:
            return draft.label_of(target.dataset, draft.source(unit))
        if target.kind == "field" and draft.groups(Ref(target.dataset, target.name)):
            return Item(Ref(target.dataset, target.name), source=draft.source(unit))
    return None


def top_by(draft: Draft, at: int, unit: Unit, ref: Ref, before: list[Cue]) -> bool:
    """ "Top 5 products by quantity": what was named first, ranked by the sum of an amount."""
    first = next((each.cue for each in draft.units[:at] if each.cue is not None and each.cue.op in _TOP), None)
    if first is None:
        return False
    measure = Item(ref, fn="sum", source=draft.source(unit, *before[:1]))
    return rank(draft, at, Cue("MOST", first.first, first.last), measure, "")


def ranked_by_metric(draft: Draft, at: int, item: Item) -> bool:
    """ "Ranking of products by revenue": what was named first, ranked by a metric."""
    first = next((unit.cue for unit in draft.units[:at] if unit.cue is not None and unit.cue.op in _TOP), None)
    return first is not None and rank(draft, at, Cue("MOST", first.first, first.last), item, "")


def rank_by(draft: Draft, at: int, name: str, source: Source) -> bool:
    """ "Top 3 employees by number of orders": what was named first, ranked by a count."""
    first = next((unit.cue for unit in draft.units[:at] if unit.cue is not None and unit.cue.op in _TOP), None)
    if first is None:
        return False
    draft.use(*draft.before(at)[:2])
    return rank(draft, at, Cue("MOST", first.first, first.last), Item(fn="count", dataset=name, source=source), name)


def measure_of(draft: Draft, at: int, name: str, source: Source) -> Item:
    """What rows of a dataset are ranked by: a metric of it whose words stand around ("paid the most freight"), else their
    number."""
    unit, language = draft.units[at], draft.parsed.language.code
    around = {stem for place in range(max(0, unit.first - _AROUND), min(len(draft.parsed.keys), unit.last + _AROUND))
              for stem in stems(draft.parsed.keys[place], language)}  # fmt: skip
    own = {stem for place in range(unit.first, unit.last) for stem in stems(draft.parsed.keys[place], language)}
    best: tuple[int, str] = (0, "")
    for metric in draft.vocabulary.metrics.values():
        if metric.dataset != name:
            continue
        for term in metric.terms:
            words = [set(stems(word, language)) for word in words_of(term.text)]
            whole = len(words) > 1 and all(word & around for word in words) and any(word & own for word in words)
            if whole and len(words) > best[0]:
                best = (len(words), metric.name)
    return (
        Item(metric=best[1], dataset=name, source=source) if best[1] else Item(fn="count", dataset=name, source=source)
    )


def rank(draft: Draft, at: int, cue: Cue, measure: Item, name: str) -> bool:
    """Ranks by a measure what was named before. Whether there is such a thing."""
    subject = _subject(draft, at, name)
    if subject is None:
        return False
    draft.use(cue)
    if subject not in draft.group:
        draft.group.append(subject)
    draft.select = [item for item in draft.select if item.ref != subject.ref]
    if measure not in draft.select:
        draft.select.append(measure)
    draft.order.append(Order(measure, cue.op == "MOST"))
    draft.intent = "ranking"
    asked_for_one = any(unit.cue is not None and unit.cue.op in ("WHICH", "WHO") for unit in draft.units[:at])
    token = max(subject.source.tokens, default=0)
    if asked_for_one and not draft.parsed.keys[token].endswith("s"):
        draft.limit = draft.limit or 1
    return True
