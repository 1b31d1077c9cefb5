"""The greatest and the least of things: "maior frete", "5 notas mais caras", "smallest order".

The thing itself is ranked, by the amount that the adjective speaks of where it names one, else by what its rows are worth.
"""

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import Cue
from services.analyzer.draft import Draft
from services.analyzer.draft_sums import summed
from services.analyzer.link import Link
from services.analyzer.mentions import Unit
from services.analyzer.reading import Item, Order, Ref, Source


def take_superlative(draft: Draft, at: int, name: str, before: list[Cue]) -> bool:
    """Ranks the rows of the root that a unit names by their size. Whether there is such a word and such a size."""
    cue = next((cue for cue in before[:1] if cue.op == "DEGREE" and "" in cue.concepts), None)
    ref = _size(draft, name)
    if cue is None or ref is None or name != draft.root or draft.order or _goes_on(draft, at):
        return False
    draft.use(cue)
    source = Source(tuple(range(cue.first, cue.last)), "default", 0.8, ref.field)
    draft.order.append(Order(Item(ref, source=source), cue.largest))
    last = draft.units[at].last - 1
    if not draft.parsed.keys[last].endswith("s"):
        draft.limit = draft.limit or 1
    return True


def take_degree(draft: Draft, at: int, unit: Unit) -> bool | None:
    """A superlative that names the amount itself ("mais caro", "cheapest"): the rows named beside it are ranked by it.

    None: the unit is none. False: it is one, of an amount that the rows do not have, and stays unexplained.
    """
    cue = next((cue for cue in draft.inside(unit, ("DEGREE",)) if cue.first == unit.first), None)
    if cue is None:
        return None
    own = next((link for link in _links(unit) if link.target.dataset == draft.root and _amount(draft, link)), None)
    if own is None:
        return False
    ref = Ref(draft.root, own.target.name)
    draft.order.append(Order(Item(ref, source=draft.source(own, cue)), cue.largest))
    draft.source(unit)
    beside = draft.units[at - 1] if at else None
    named = beside if beside is not None and beside.last == unit.first else None
    plural = draft.parsed.keys[(named or unit).last - 1].endswith("s")
    if not plural:
        draft.limit = draft.limit or 1
    return True


def _links(unit: Unit) -> list[Link]:
    assert unit.link is not None
    return [each for each in (unit.link, *unit.others) if each.target.kind == "field"]


def _amount(draft: Draft, link: Link) -> bool:
    return draft.measurable(Ref(link.target.dataset, link.target.name))


def _goes_on(draft: Draft, at: int) -> bool:
    """Whether what is measured follows the name at once: "highest freight per kilo" is no freight."""
    following = draft.units[at + 1] if at + 1 < len(draft.units) else None
    named = following is not None and following.link is not None and following.link.target.kind in ("metric", "field")
    return named and following is not None and following.first == draft.units[at].last


def _size(draft: Draft, name: str) -> Ref | None:
    """What the rows of a dataset are worth."""
    measure = draft.vocabulary.datasets[name].default_measure
    if measure in draft.vocabulary.metrics:
        ref = summed(draft.vocabulary, measure)
        return ref if ref is not None and ref.dataset == name else None
    held = draft.vocabulary.fields.get((name, measure))
    return Ref(name, measure) if held is not None and held.role == semantics_pb2.FIELD_ROLE_MEASURE else None
