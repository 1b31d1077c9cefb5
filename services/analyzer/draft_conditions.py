"""Filters, entities and values: conditions on rows, and what negates them."""

import re

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.draft import Draft
from services.analyzer.draft_ranking import rank, ranked
from services.analyzer.draft_related import repeats
from services.analyzer.link import Link
from services.analyzer.mentions import Unit
from services.analyzer.normalize import fold
from services.analyzer.reading import (
    Compare,
    Constant,
    Flag,
    Item,
    Like,
    Named,
    Ref,
    Within,
)

_LEGAL_FORM = re.compile(r"[\s,]+(?:ltda|me|epp|eireli|s\.?/?a\.?|inc|llc|ltd|gmbh|corp|co)\.?$")
_NEGATIVE = frozenset({"sem", "nao", "nunca", "without", "not", "no", "never"})


def _company(name: str) -> str:
    """A name without the legal form: the same company, however it was typed."""
    return _LEGAL_FORM.sub("", fold(name)).strip(" .,-")


def _negated(draft: Draft, at: int) -> bool:
    # One that reaches into the name is a part of the name ("ainda não" in "não tem CTe").
    first = draft.units[at].first
    inside = [cue for cue in draft.before(at, 2) if cue.op in ("NOT", "NE") and cue.last > first]
    draft.use(*inside)
    cues = [cue for cue in draft.before(at, 2) if cue.op in ("NOT", "NE") and cue.last <= first]
    draft.use(*cues)
    return bool(cues)


def _among(draft: Draft, at: int) -> None:
    """ "Entre as entregues", "among those delivered": of what the rest is asked."""
    through = frozenset({"THE", "AT", "IT", "THAT", "OF"})
    draft.use(*[cue for cue in draft.before(at, 1, through) if cue.op in ("BETWEEN", "OF")])


def _counting(draft: Draft, at: int, name: str) -> None:
    """ "Quantas tentativas": what is called by its kind or state is counted, where it is the rows of the root."""
    cue = next((cue for cue in draft.before(at, 1) if cue.op == "COUNT"), None)
    named = any(
        unit.link is not None and unit.link.target.kind in ("dataset", "field", "metric") for unit in draft.units
    )
    if cue is not None and name == draft.root and not draft.counted and not named:
        draft.use(cue)
        draft.counted = name


def take_filter(draft: Draft, at: int, unit: Unit, link: Link) -> None:
    """A named filter: it holds, or does not."""
    ref = Ref(link.target.dataset, link.target.name)
    if cue := ranked(draft, at):
        rank(draft, at, cue, Item(fn="count", dataset=ref.dataset, source=draft.source(unit, cue)), ref.dataset)
    _among(draft, at)
    _counting(draft, at, ref.dataset)
    # A term that says no itself ("sem CTe"), met by its other words: a negation beside them is the term's own ("ainda
    # não têm CTe"), and without one the opposite is meant ("com CTe").
    silent = (_NEGATIVE & set(fold(link.via).split())) - set(draft.parsed.keys[link.first : link.last])
    negated = _negated(draft, at) != bool(silent)
    draft.where.append(Flag(ref, negated, draft.source(unit)))


def take_entity(draft: Draft, at: int, unit: Unit, link: Link) -> None:
    """A group of clients, on the nearest dataset that can tell it."""
    entity = draft.vocabulary.entities[link.target.name]
    graph = draft.vocabulary.graph
    expressible = sorted((graph.distance(draft.root, each.dataset), each.dataset) for each in entity.filters)
    if expressible and expressible[0][0] != float("inf"):
        negated = _negated(draft, at)
        draft.where.append(Named(expressible[0][1], entity.name, negated, draft.source(unit)))


def take_value(draft: Draft, at: int, unit: Unit, link: Link) -> None:
    """A stored value, in the field that is named beside it, with the other spellings of a company's name."""
    chosen = _value_link(draft, at, unit, link)
    ref = Ref(chosen.target.dataset, chosen.target.name)
    held = draft.vocabulary.fields[ref.dataset, ref.field]
    value: Constant = chosen.target.value
    if held.role == semantics_pb2.FIELD_ROLE_FLAG and held.HasField("predicate"):
        draft.where.append(Flag(ref, False, draft.source(chosen)))
        return
    source = draft.source(chosen)
    _counting(draft, at, ref.dataset)
    same = [other.target.value for other in (unit.link, *unit.others) if other is not None and other.target.kind == "value"
            and other.target.value != chosen.target.value
            and (other.target.dataset, other.target.name) == (ref.dataset, ref.field)
            and _company(other.target.value) == _company(chosen.target.value)]  # fmt: skip
    part = "" if same else _several(draft, chosen, unit)
    if part:
        draft.where.append(Like(ref, "words", part, negated=_negated(draft, at), source=source))
    elif same:
        values = tuple(dict.fromkeys([chosen.target.value, *same]))
        draft.where.append(Within(ref, values, negated=_negated(draft, at), source=source))
    elif _negated(draft, at):
        draft.where.append(Compare(Item(ref), "<>", value, source=source))
    else:
        draft.where.append(Compare(Item(ref), "=", value, source=source))


def _value_link(draft: Draft, at: int, unit: Unit, link: Link) -> Link:
    """Among the fields that hold the value, the one whose name stands beside it."""
    options = [each for each in (link, *unit.others) if each.target.kind == "value"]
    beside = [
        (other.link.target.dataset, other.link.target.name)
        for other in draft.units[max(0, at - 4) : at + 3]
        if other.link is not None and other.link.target.kind == "field"
    ]
    for option in options:
        if (option.target.dataset, option.target.name) in beside:
            return option
    return _called(draft, _straight(draft, options))


def _straight(draft: Draft, options: list[Link]) -> Link:
    """The best of the fields that hold a value; where rows of the root meet several rows that hold it, rather the field of
    the one row that they refer to, if it holds the same name: a freight has one carrier, and several deliveries."""
    best = options[0]
    if _multiplied(draft, best.target.dataset):
        name = _company(best.target.value)
        for option in options[1:]:
            called = option.target.name == draft.vocabulary.datasets[option.target.dataset].label_field
            if called and _company(option.target.value) == name and not _multiplied(draft, option.target.dataset):
                return option
    return best


def _multiplied(draft: Draft, name: str) -> bool:
    paths = draft.vocabulary.graph.paths(draft.root, name) if name != draft.root else ()
    return bool(paths) and any(repeats(draft, edge) for edge in paths[0])


def _called(draft: Draft, best: Link) -> Link:
    """The link to what the rows are called, where another field of the same dataset holds just the same."""
    label = draft.vocabulary.datasets[best.target.dataset].label_field
    if best.target.name == label:
        return best
    for unit in draft.units:
        for each in unit.others if best.first == unit.first and best.last == unit.last else ():
            same = each.target.kind == "value" and each.score >= best.score
            if same and (each.target.dataset, each.target.name) == (best.target.dataset, label):
                return each
    return best


def _several(draft: Draft, chosen: Link, unit: Unit) -> str:
    """The words that were typed, where several values of the field hold them beside others: all of these are meant."""
    typed = fold(draft.parsed.text(chosen.first, chosen.last))
    words = set(typed.split())
    held = [link for link in (chosen, *unit.others) if link.target.kind == "value"
            and (link.target.dataset, link.target.name) == (chosen.target.dataset, chosen.target.name)
            and words < set(re.findall(r"\w+", fold(link.target.value)))]  # fmt: skip
    return (
        typed if chosen.score < _STORED and len({link.target.value for link in held}) > 1 and held[0] is chosen else ""
    )


_STORED = 0.9
"""Score from which on a value is stored as it was typed."""
