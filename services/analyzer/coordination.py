"""To what a modifier belongs: "essays and poems written by Ana" are Ana's essays too, or everybody's.

The two things are two values of one field ("essays", "poems" of a type) or two tables. What stands between them and the
modifier may settle it: "both", "the same" and a verb of the whole ("which A and B have …") on one side; "also show", "only
those" on the other.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.analyzer.doubt import Doubt, called, dataset_of, labelled, measures
from services.analyzer.features import Evidence
from services.analyzer.frame import Frame, Unit
from services.analyzer.reading import (
    AllOf,
    AnyOf,
    Combination,
    Compare,
    Condition,
    Item,
    Reading,
    Ref,
    Within,
    conditions,
)
from services.analyzer.said import VALUE, condition, says, surely
from services.analyzer.stem import stem_en, stem_pt
from services.analyzer.twins import twins_of
from services.analyzer.vocabulary import words_of

_SHOWN = 0.55
"""Score of a link that names the table whose rows are asked for."""
_APART = 7
"""Units that may stand between two things that belong together, and between the second and its modifier."""
# A word that takes the second thing up again leaves no doubt about what follows it.
_AGAIN = frozenset(
    "also only just show list give provide display those tambem apenas somente so mostre liste outros".split()  # noqa: SIM905
)
_SAME = frozenset("same mesmo mesma mesmos mesmas respectively respectivamente".split())  # noqa: SIM905
_WHOLE = frozenset({"BOTH", "EITHER"})


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two things side by side, by the numbers of their units. tables: two datasets; else values of a field."""

    first: int
    second: int
    ref: Ref
    values: tuple[str, str] = ("", "")
    tables: tuple[str, str] = ("", "")


def coordination(reading: Reading, evidence: Evidence) -> Doubt | None:
    """The doubt about a modifier of two things; or the one reading that the words around it leave."""
    if measures(evidence) or not any(evidence.frame.has(tag) for tag in ("AND", "OR", "ALSO")):
        return None
    for pair in itertools.chain(_tables(evidence), _values(evidence)):
        made = _table_readings(pair, evidence) if pair.tables[0] else _value_readings(pair, reading, evidence)
        if made is None:
            continue
        wide, narrow, own, places = made
        kept = _settled(pair, places, evidence.frame)
        chosen = {"wide": (wide,), "narrow": (narrow,), "own": (own,), "": (), "open": (wide, narrow)}[kept]
        if not chosen:
            continue
        last = max(*places, pair.second)
        frame = evidence.frame
        begin = frame.units[pair.second].last if places[0] > pair.second else frame.units[places[0]].first
        tokens = frozenset(range(frame.units[min(pair.first, *places)].first, frame.units[last].last))
        tokens |= _naming(wide, frame)
        about = (called(pair.first, frame), called(pair.second, frame))
        return Doubt("attachment", chosen, frame.parsed.text(begin, frame.units[last].last), about, tokens)
    return None


def _naming(reading: Reading, frame: Frame) -> frozenset[int]:
    """Tokens that name the table whose rows are shown."""
    shown = {item.ref.dataset for item in reading.select if item.ref is not None}
    units = [unit for unit in frame.units if dataset_of(unit, _SHOWN) in shown]
    return frozenset(at for unit in units for at in range(unit.first, unit.last))


def _settled(pair: _Pair, places: Sequence[int], frame: Frame) -> str:
    """ "wide": the modifier is of both; "narrow": of the second; "own": of the first; "open": nothing says; "": no pair."""
    at = places[0]
    between = range(pair.first + 1, pair.second)
    again = next((place for place in between if _takes_up(frame, place)), -1)
    same = any(_words(unit, frame) & _SAME for unit in frame.units[pair.second :]) or any(
        place > pair.second for place in places[1:]
    )
    if at < pair.first:
        return "wide" if _joined(frame, pair) or any(pair.first < place < pair.second for place in places) else ""
    if at < pair.second:
        if same:
            return "wide"
        return "narrow" if 0 <= again < at else "own"
    if again >= 0:
        return "narrow"
    if not _joined(frame, pair):
        return ""
    if _WHOLE & frame.units[pair.first - 1].tags or _WHOLE & frame.units[max(pair.first - 2, 0)].tags:
        return "wide"
    gap = frame.units[pair.second + 1 : at]
    if any("LIST" in unit.tags for unit in gap):
        return "wide" if pair.first <= 3 else ""
    if len(gap) > _APART or any(_breaks(frame, unit) for unit in gap):
        return ""
    return "wide" if _predicate(frame, pair) else "open"


def _takes_up(frame: Frame, place: int) -> bool:
    """Whether a unit begins to ask anew: "also show", "only those", "a list of", "which"."""
    unit = frame.units[place]
    return bool(unit.tags & {"LIST", "ALSO", "ONLY", "WHICH", "WHAT"}) or bool(_words(unit, frame) & _AGAIN)


def _words(unit: Unit, frame: Frame) -> set[str]:
    return set(frame.parsed.keys[unit.first : unit.last])


def _breaks(frame: Frame, unit: Unit) -> bool:
    return (
        bool(unit.tags & {"AND", "OR", "ALSO", "BUT", "LIST"})
        or bool(_words(unit, frame) & _AGAIN)
        or (_words(unit, frame) == {","})
    )


def _joined(frame: Frame, pair: _Pair) -> bool:
    """Whether the two stand side by side, with "and" or "or" between them."""
    between = frame.units[pair.first + 1 : pair.second]
    return (
        any(unit.tags & {"AND", "OR"} for unit in between)
        and len(between) <= _APART - 2
        and not any(unit.tags & {"LIST", "value", "number", "period"} for unit in between)
    )


def _predicate(frame: Frame, pair: _Pair) -> bool:
    """Whether what follows is the verb of both: "which A and B have …", "what A and B were …"."""
    before, after = frame.units[: pair.first], frame.units[pair.second + 1 : pair.second + 2]
    asked = (
        bool(before)
        and bool(before[0].tags & {"WHAT", "WHICH"})
        and all(unit.tags & {"WHAT", "WHICH", "THE", "ALL", "BE"} for unit in before)
    )
    return asked and bool(after) and bool(after[0].tags & {"HAVE", "BE", "DO"}) and "THAT" not in after[0].tags


# Two values of one field


def _values(evidence: Evidence) -> Iterable[_Pair]:
    held: list[tuple[int, dict[tuple[str, str], tuple[str, float]]]] = []
    for place, unit in enumerate(evidence.frame.units):
        found: dict[tuple[str, str], tuple[str, float]] = {}
        for link in unit.links:
            if link.target.kind == "value" and link.score >= VALUE:
                found.setdefault((link.target.dataset, link.target.name), (link.target.value, link.score))
        if found or dataset_of(unit) or _beside_and(place, evidence):
            held.append((place, found))
    stored = {field for _, found in held for field in found}
    for place, found in held:
        for field in stored - set(found):
            value = _stored(place, field, evidence)
            if value:
                found[field] = (value, VALUE)
    for (first, one), (second, other) in itertools.combinations(held, 2):
        common = [field for field in one if field in other and one[field][0] != other[field][0]]
        if not common:
            continue
        field = max(common, key=lambda each: (min(one[each][1], other[each][1]), each))
        yield _Pair(first, second, Ref(*field), values=(one[field][0], other[field][0]))


def _beside_and(place: int, evidence: Evidence) -> bool:
    """Whether a unit with words of its own stands beside "and" or "or"."""
    units = evidence.frame.units
    unit = units[place]
    near = [*units[max(0, place - 2) : place], *units[place + 1 : place + 2]]
    return bool(unit.tags & {"word", "dataset", "field"}) and any(
        each.tags & {"AND", "OR", "ALSO", "LIST"} for each in near
    )


def _stored(place: int, field: tuple[str, str], evidence: Evidence) -> str:
    """The value of a field that the words of a unit are, or are a part of and of no other ("adventure and action movies");
    empty where there is none."""
    stem = stem_pt if evidence.frame.parsed.language.code == "pt" else stem_en
    unit = evidence.frame.units[place]
    words = [stem(key) for key in evidence.frame.parsed.keys[unit.first : unit.last]]
    partly = []
    for each in evidence.vocabulary.fields[field].values:
        own = [stem(word) for word in words_of(each.value)]
        if own == words:
            return each.value
        if set(words) <= set(own):
            partly.append(each.value)
    return partly[0] if len(partly) == 1 else ""


Made = tuple[Reading, Reading, Reading, list[int]]


def _value_readings(pair: _Pair, reading: Reading, evidence: Evidence) -> Made | None:
    """For both, for the second only, for the first only; and the units of the modifiers."""
    found = _modifiers(pair, evidence)
    if not found:
        return None
    given = tuple(each for each, _ in found)
    shown = _shown(pair, given, reading, evidence)
    if shown is None:
        return None
    root, items = shown
    one, other = (Compare(Item(pair.ref), "=", value) for value in pair.values)
    base = Reading(root, select=items, intent="list")
    wide = _with(base, (Within(pair.ref, pair.values), *given))
    narrow = _with(base, (AnyOf((one, AllOf((other, *given)))),))
    own = _with(base, (AnyOf((AllOf((one, *given)), other)),))
    return wide, narrow, own, _places(found, evidence)


def _with(reading: Reading, where: tuple[Condition, ...]) -> Reading:
    return Reading(reading.root, select=reading.select, where=where, intent=reading.intent)


def _places(found: Sequence[tuple[Condition, int]], evidence: Evidence) -> list[int]:
    """Where the modifiers are said, the first mention first."""
    places = {place for _, place in found}
    for each, place in found:
        if isinstance(each, Compare) and each.left.ref is not None:
            held = evidence.value_units.get((each.left.ref.dataset, each.left.ref.field), ())
            key = _words(evidence.frame.units[place], evidence.frame)
            places |= {at for at in held if _words(evidence.frame.units[at], evidence.frame) == key}
    return sorted(places)


def _modifiers(pair: _Pair, evidence: Evidence) -> list[tuple[Condition, int]]:
    """Conditions that the question makes beside the two things; none where a number or value is left over."""
    found: list[tuple[Condition, int]] = []
    for place, unit in enumerate(evidence.frame.units):
        if place in (pair.first, pair.second) or not says(unit):
            continue
        made = condition(place, evidence, pair.ref)
        if made is None and ("number" in unit.tags or "period" in unit.tags or (not dataset_of(unit) and surely(unit))):
            return []
        if made is not None and made not in [known for known, _ in found]:
            found.append((made, place))
    return found


def _shown(
    pair: _Pair, given: tuple[Condition, ...], reading: Reading, evidence: Evidence
) -> tuple[str, tuple[Item, ...]] | None:
    """What is asked for, root and items: fields that are named before the two things, the table that is named, the one that
    holds the values, or the one that goes with it."""
    vocabulary, frame = evidence.vocabulary, evidence.frame
    tested = _tested(given)
    if reading.combine is None and reading.select and not reading.group and not reading.order and not reading.limit:
        before = [item for item in reading.select if not item.aggregated and _said_before(item, pair, frame)]
        if len(before) == len(reading.select):
            return reading.root, reading.select
    for unit in frame.units:
        name = dataset_of(unit, _SHOWN)
        if name and name not in tested and name != pair.ref.dataset and unit.links[0].kind != "lexicon":
            label = labelled(name, vocabulary)
            if label is not None and vocabulary.graph.distance(name, pair.ref.dataset) <= 2.5:
                return name, (label,)
    label = labelled(pair.ref.dataset, vocabulary, pair.ref.field)
    if label is not None:
        return pair.ref.dataset, (label,)
    return _beside(pair.ref.dataset, tested, evidence)


def _tested(given: tuple[Condition, ...]) -> set[str]:
    """Datasets that conditions are about."""
    found = set()
    for each in conditions(Reading("", where=given)):
        ref = each.left.ref if isinstance(each, Compare) else getattr(each, "ref", None)
        if ref is not None:
            found.add(ref.dataset)
    return found


def _said_before(item: Item, pair: _Pair, frame: Frame) -> bool:
    tokens = item.source.tokens
    return bool(tokens) and item.source.kind not in ("default", "value") and frame.unit_at[tokens[0]] < pair.first


def _beside(dataset: str, tested: set[str], evidence: Evidence) -> tuple[str, tuple[Item, ...]] | None:
    """The one thing that a table of kinds or of links goes with: by a step, or by two where the first has no name. What
    conditions are about is it only where nothing else is."""
    for left_out in (tested, set()):
        found = _stepped(dataset, left_out, evidence)
        if found is not None:
            return found
    return None


def _stepped(dataset: str, left_out: set[str], evidence: Evidence) -> tuple[str, tuple[Item, ...]] | None:
    graph, vocabulary = evidence.vocabulary.graph, evidence.vocabulary
    border = [dataset]
    seen = {dataset, *left_out}
    for _ in range(2):
        further = [edge.goal for name in border for edge in graph.neighbours(name) if edge.goal not in seen]
        named = {name: label for name in dict.fromkeys(further) if (label := labelled(name, vocabulary)) is not None}
        if named:
            return next(iter((name, (label,)) for name, label in named.items())) if len(named) == 1 else None
        seen.update(further)
        border = list(dict.fromkeys(further))
    return None


# Two tables


def _tables(evidence: Evidence) -> Iterable[_Pair]:
    named = [(place, name) for place, unit in enumerate(evidence.frame.units) if (name := dataset_of(unit))]
    for (first, one), (second, other) in itertools.combinations(named, 2):
        graph = evidence.vocabulary.graph
        if one != other and graph.distance(one, other) > 1.5 and _added(second, evidence.frame):
            yield _Pair(first, second, Ref(one, ""), tables=(one, other))


def _added(place: int, frame: Frame) -> bool:
    """Whether a unit is put beside what was said before: "and", "and also show all the"."""
    for unit in reversed(frame.units[:place]):
        if unit.tags & {"AND", "OR"} or _words(unit, frame) == {","}:
            return True
        if not unit.tags & {"THE", "ALL", "OF", "LIST", "ALSO", "ONLY", "WHICH", "WHAT", "IT"}:
            return False
    return False


def _table_readings(pair: _Pair, evidence: Evidence) -> Made | None:
    vocabulary = evidence.vocabulary
    found: list[tuple[Condition, Condition, int]] = []
    for place, unit in enumerate(evidence.frame.units):
        if place in (pair.first, pair.second) or not unit.tags & {"value", "number", "period"}:
            continue
        twins = twins_of(place, pair.tables, evidence)
        if twins is None:
            return None
        if twins not in [(one, other) for one, other, _ in found]:
            found.append((*twins, place))
    labels = [label for name in pair.tables if (label := labelled(name, vocabulary)) is not None]
    if not found or len(labels) < len(pair.tables):
        return None
    one, other = (
        Reading(name, select=(label,), intent="list") for name, label in zip(pair.tables, labels, strict=True)
    )
    left = _with(one, tuple(each for each, _, _ in found))
    right = _with(other, tuple(each for _, each, _ in found))
    places = _places([(each, place) for each, _, place in found], evidence)
    return _union(left, right), _union(one, right), _union(left, other), places


def _union(one: Reading, other: Reading) -> Reading:
    return Reading(one.root, select=one.select, where=one.where, intent="list", combine=Combination("union", other))
