"""Which key is meant, where two lead to the same table: origin or destination, home or away, student or friend.

The words around what is said of the table decide: those that name the key itself, and those of leaving and arriving.
Where nothing decides, the keys fit alike, and the readings differ only in them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from services.analyzer.features import Evidence
from services.analyzer.joins import Edge
from services.analyzer.normalize import fold
from services.analyzer.reading import Compare, Condition, Item, Like, Reading, Ref, Related, Within
from services.analyzer.stem import stem_en, stem_pt
from services.analyzer.trees import NotConnected, tree_of
from services.analyzer.vocabulary import words_of

_LEAVING = frozenset(
    """source src origin origem orig departure depart leave start begin from home partida saida sair partir
    inicio sai vindo""".split()  # noqa: SIM905
)
_ARRIVING = frozenset(
    """destination dest dst destino arrival arrive end land to into away chegada chegar termino fim chega
    rumo aterriss""".split()  # noqa: SIM905
)
_MOST = 4


@lru_cache(maxsize=4096)
def _stems(word: str) -> frozenset[str]:
    folded = fold(word)
    return frozenset({folded, stem_en(folded), stem_pt(folded)})


_LEAVING_STEMS = frozenset(stem for word in _LEAVING for stem in _stems(word))
_ARRIVING_STEMS = frozenset(stem for word in _ARRIVING for stem in _stems(word))


@lru_cache(maxsize=4096)
def direction(name: str) -> str:
    """ "leaving" of a field called origin, "arriving" of one called destination, "" of others."""
    words = {stem for word in words_of(_spaced(name)) for stem in _stems(word)}
    return "leaving" if words & _LEAVING_STEMS else "arriving" if words & _ARRIVING_STEMS else ""


_PARTICIPLES = ("ed", "ado", "ada", "ido", "ida")


@dataclass(frozen=True, slots=True)
class _Key:
    """A relationship with the words for it. sense: "leaving", "arriving" or "". partner: it is called as its table is, and
    so leads to what the table gives to the other key's row: the friend, in "friends (student, friend)". position: of its
    column. done: participles that stand for it ("liked")."""

    edge: Edge
    words: frozenset[str]
    sense: str
    partner: bool
    position: int
    done: frozenset[str]


def alternatives(reading: Reading, evidence: Evidence) -> list[tuple[float, Reading]]:
    """The reading with each choice of keys, likeliest first, each with its cost; itself alone where there is no choice."""
    try:
        tree = tree_of(reading, evidence.vocabulary)
    except NotConnected:
        return [(0.0, reading)]
    options: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
    for edge in tree.edges:
        if frozenset({edge.source, edge.goal}) not in evidence.vocabulary.graph.parallel:
            continue
        parallel = [each for each in evidence.vocabulary.graph.neighbours(edge.source) if each.goal == edge.goal]
        keys = sorted((_key(each, evidence) for each in parallel), key=lambda key: (key.partner, key.position))
        both = _apart(reading, edge, keys, evidence)
        if both is not None:
            return [(0.0, both)]
        costs = _costs(keys, _places(reading, edge, evidence), evidence)
        options = [
            (cost + more, (*ways, key.edge.name))
            for cost, ways in options
            for key, more in zip(keys, costs, strict=True)
        ]
    if len(options) == 1 and options[0][1] == reading.ways:
        return [(0.0, reading)]
    options.sort()
    return [(cost, replace(reading, ways=ways)) for cost, ways in options[:_MOST]]


def _key(edge: Edge, evidence: Evidence) -> _Key:
    held: _Key | None = evidence.kept.get(("key", edge))
    if held is None:
        held = evidence.kept["key", edge] = _worded(edge, evidence)
    return held


def _worded(edge: Edge, evidence: Evidence) -> _Key:
    entry = evidence.vocabulary.relationships[edge.name][0]
    words = {
        stem
        for column in entry.relationship.from_columns
        for word in words_of(_spaced(column))
        for stem in _stems(word)
    }
    words |= {stem for term in entry.terms for word in words_of(term.text) for stem in _stems(word)}
    target = {stem for word in words_of(_spaced(entry.to_dataset)) for stem in _stems(word)}
    # What the referring table is called says nothing of its keys: in "friends (student, friend)" both keys make a friend.
    called = {stem for word in words_of(_spaced(entry.from_dataset)) for stem in _stems(word)}
    said = [word for column in entry.relationship.from_columns for word in words_of(_spaced(column))]
    partner = bool(words & called)
    words -= called
    words -= target | {"id", "code", "cod", "codigo", "key", "fk", "no", "number", "name"}
    sense = "leaving" if words & _LEAVING_STEMS else "arriving" if words & _ARRIVING_STEMS else ""
    columns = [each.column for each in evidence.vocabulary.datasets[entry.from_dataset].fields]
    first = entry.relationship.from_columns[0]
    position = columns.index(first) if first in columns else len(columns)
    done = frozenset(word for word in said if partner and word.endswith(_PARTICIPLES))
    return _Key(edge, frozenset(words), sense, partner, position, done)


def _spaced(name: str) -> str:
    made = ""
    for before, char in zip(" " + name, name, strict=False):
        made += " " + char if char.isupper() and before.islower() else char
    return made.replace("_", " ")


def _places(reading: Reading, edge: Edge, evidence: Evidence) -> list[int]:
    """Units that speak of the table that the keys lead to."""
    referred = edge.goal if edge.forward else edge.source
    tokens = [
        token
        for item in (*reading.select, *(order.item for order in reading.order))
        if item.ref is not None and item.ref.dataset == referred
        for token in item.source.tokens
    ]
    tokens += [token for condition in reading.where if _about(condition) == referred for token in _tokens(condition)]
    return sorted({evidence.frame.unit_at[token] for token in tokens})


def _about(condition: Condition) -> str:
    if isinstance(condition, Compare):
        return condition.left.ref.dataset if condition.left.ref else ""
    ref = getattr(condition, "ref", None)
    return ref.dataset if isinstance(ref, Ref) else ""


def _tokens(condition: Condition) -> tuple[int, ...]:
    source = getattr(condition, "source", None)
    return source.tokens if source is not None else ()


def _costs(keys: Sequence[_Key], places: Iterable[int], evidence: Evidence) -> list[float]:
    strengths = [0.4 if number == 0 else 0.0 for number in range(len(keys))]
    spoken = set(evidence.frame.parsed.keys)
    strengths = [each + (2.0 if key.done & spoken else 0.0) for each, key in zip(strengths, keys, strict=True)]
    for place in places:
        for number, key in enumerate(keys):
            strengths[number] += _strength(key, place, evidence)
    whole = math.log(sum(math.exp(strength) for strength in strengths))
    return [whole - strength for strength in strengths]


def _strength(key: _Key, place: int, evidence: Evidence) -> float:
    """How much the words around a place speak for a key."""
    held: float | None = evidence.kept.get(("strength", key.edge, place))
    if held is None:
        held = evidence.kept["strength", key.edge, place] = _spoken(key, place, evidence)
    return held


def _spoken(key: _Key, place: int, evidence: Evidence) -> float:
    frame = evidence.frame
    best = 0.0
    for at in range(max(0, place - 4), min(len(frame.units), place + 2)):
        unit = frame.units[at]
        weight = 1.0 - 0.15 * abs(place - at)
        stems = {stem for token in range(unit.first, unit.last) for stem in _stems(frame.parsed.keys[token])}
        if stems & key.words:
            best = max(best, 3.0 * weight)
        if (key.sense == "leaving" and (stems & _LEAVING_STEMS or "FROM" in unit.tags)) or (
            key.sense == "arriving" and (stems & _ARRIVING_STEMS or "TO" in unit.tags)
        ):
            best = max(best, 2.5 * weight)
    return best


def _apart(reading: Reading, edge: Edge, keys: Sequence[_Key], evidence: Evidence) -> Reading | None:
    """Two conditions on the table, one for each key: "from Boston to Denver". None where they do not tell two keys."""
    if not edge.forward:
        return None
    conditions = [each for each in reading.where if _about(each) == edge.goal and not isinstance(each, Related)]
    if len(conditions) < 2:
        return None
    chosen: list[int] = []
    for condition in conditions:
        places = sorted({evidence.frame.unit_at[token] for token in _tokens(condition)})
        strengths = [sum(_strength(key, place, evidence) for place in places) for key in keys]
        best = max(range(len(keys)), key=lambda number: strengths[number])
        if strengths[best] <= 0.5:
            return None
        chosen.append(best)
    if len(set(chosen)) < 2:
        return None
    first = chosen[0]
    where: list[Condition] = []
    for each in reading.where:
        elsewhere = chosen[conditions.index(each)] if each in conditions else first
        where.append(_moved(each, keys[elsewhere].edge.name) if elsewhere != first else each)
    return replace(reading, where=tuple(where), ways=(keys[first].edge.name,))


def _moved(condition: Condition, role: str) -> Condition:
    """The condition, on another copy of its table."""
    if isinstance(condition, Compare) and condition.left.ref is not None:
        item = replace(condition.left, ref=condition.left.ref._replace(role=role))
        return replace(condition, left=item)
    if isinstance(condition, (Within, Like)):
        return replace(condition, ref=condition.ref._replace(role=role))
    return condition


__all__ = ["Item", "alternatives"]
