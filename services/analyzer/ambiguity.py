"""Questions that their grammar lets mean two things: to what a modifier belongs, and how far "every" reaches.

    attachment   "essays and poems written by Ana": are the essays Ana's as well?
    scope        "the formats that every book has": those that all books share, or for each book its own?

Such a question is asked back with both readings, however sure a model is of one of them.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.analyzer.features import Evidence
from services.analyzer.frame import Frame, Unit
from services.analyzer.reading import (
    AllOf,
    AnyOf,
    Between,
    Combination,
    Compare,
    Condition,
    Item,
    Like,
    Reading,
    Ref,
    Within,
)
from services.analyzer.slots import source_of
from services.analyzer.vocabulary import Vocabulary

_MODIFYING = frozenset({"WITH", "THAT", "WHOSE", "WHO", "IN", "FROM", "AT", "ON", "BY", "OF", "FOR", "HAVE", "WHICH"})
_COMMON = frozenset("common shared together comum comuns compartilhados compartilhadas compartilham share".split())  # noqa: SIM905
# A word that takes the second thing up again leaves no doubt about what follows it.
_AGAIN = frozenset(
    "also only just show list give provide display those tambem apenas somente so mostre liste outros".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two readings of one question. kind: "attachment" or "scope"; words: what it is about; about: the two things."""

    kind: str
    readings: tuple[Reading, Reading]
    words: str
    about: tuple[str, str]


def doubts(reading: Reading, evidence: Evidence) -> list[Doubt]:
    """What the grammar leaves open about a reading."""
    found = [_attachment(reading, evidence), _paired(evidence), _scope(reading, evidence)]
    return [each for each in found if each is not None]


# Attachment


def _attachment(reading: Reading, evidence: Evidence) -> Doubt | None:
    """Two values of one field, then a condition that may belong to both or to the second only."""
    if reading.combine is not None:
        return None
    frame = evidence.frame
    for condition in reading.where:
        values = _alternatives(condition)
        if len(values) != 2:
            continue
        places = _value_places(values, evidence)
        if places is None or not _coordinated(frame, *places):
            continue
        for other in reading.where:
            tokens = _tokens(other)
            if other is condition or not tokens or frame.unit_at[tokens[0]] <= places[1]:
                continue
            if not _modifies(frame, places[1], frame.unit_at[tokens[0]]):
                continue
            rest = tuple(each for each in reading.where if each not in (condition, other))
            wide = replace(reading, where=(*rest, condition, other))
            narrow = replace(reading, where=(*rest, AnyOf((values[0], AllOf((values[1], other))))))
            words = frame.parsed.text(frame.units[places[1]].last, tokens[-1] + 1)
            about = (str(_value(values[0])), str(_value(values[1])))
            return Doubt("attachment", (wide, narrow), words, about)
    return None


def _alternatives(condition: Condition) -> list[Condition]:
    if isinstance(condition, Within) and not condition.negated and condition.query is None:
        return [Compare(Item(condition.ref), "=", value) for value in condition.values]
    if isinstance(condition, AnyOf):
        return list(condition.options)
    return []


def _value(condition: Condition) -> object:
    return condition.right if isinstance(condition, Compare) else ""


def _value_places(values: Sequence[Condition], evidence: Evidence) -> tuple[int, int] | None:
    places = []
    for value in values:
        wanted = str(_value(value)).casefold()
        at = [
            evidence.frame.unit_at[link.last - 1]
            for link in evidence.frame.parsed.links
            if link.target.kind == "value" and link.target.value.casefold() == wanted
        ]
        if not at:
            return None
        places.append(min(at))
    return (places[0], places[1]) if places[0] < places[1] else (places[1], places[0])


def _coordinated(frame: Frame, first: int, second: int) -> bool:
    """Whether only "and" or "or" stands between two units."""
    between = frame.units[first + 1 : second]
    joined = any(unit.tags & {"AND", "OR"} for unit in between)
    return (
        joined
        and len(between) <= 3
        and all(unit.tags & {"AND", "OR", "THE", "EITHER", "ALL"} or "comma" in unit.tags for unit in between)
    )


def _modifies(frame: Frame, second: int, at: int) -> bool:
    """Whether what begins at a unit goes on from the second thing without a break."""
    between = frame.units[second + 1 : at]
    if len(between) > 7 or any(_breaks(frame, unit) for unit in between):
        return False
    # A condition before the first thing, or between the two, would say that each has its own.
    return (
        any(unit.tags & _MODIFYING for unit in between) or any("word" in unit.tags for unit in between) or not between
    )


def _breaks(frame: Frame, unit: Unit) -> bool:
    words = set(frame.parsed.keys[unit.first : unit.last])
    return bool(unit.tags & {"AND", "OR", "ALSO", "BUT", "LIST"}) or bool(words & _AGAIN) or words == {","}


def _tokens(condition: Condition) -> tuple[int, ...]:
    if isinstance(condition, (Compare, Between, Like, Within)):
        return condition.source.tokens
    return ()


def _paired(evidence: Evidence) -> Doubt | None:
    """Two datasets, then a condition on a field that both have."""
    frame, vocabulary = evidence.frame, evidence.vocabulary
    named = [(place, sorted(names)[0]) for place, names in evidence.dataset_units if len(names) == 1]
    for (first, one), (second, other) in itertools.pairwise(named):
        if (
            one == other
            or not _coordinated(frame, first, second)
            or one not in evidence.named
            or other not in evidence.named
        ):
            continue
        for unit in range(second + 1, len(frame.units)):
            made = _twins(unit, one, other, evidence)
            if made is None or not _modifies(frame, second, unit):
                continue
            shown = [_labelled(name, vocabulary) for name in (one, other)]
            if shown[0] is None or shown[1] is None:
                return None
            left = Reading(one, select=(shown[0],), where=(made[0],), intent="list")
            right = Reading(other, select=(shown[1],), where=(made[1],), intent="list")
            wide = replace(left, combine=Combination("union", right))
            narrow = replace(left, where=(), combine=Combination("union", right))
            words = frame.parsed.text(frame.units[second].last, frame.units[unit].last)
            return Doubt("attachment", (wide, narrow), words, (_called(first, frame), _called(second, frame)))
    return None


def _called(place: int, frame: Frame) -> str:
    unit = frame.units[place]
    return frame.parsed.text(unit.first, unit.last)


def _labelled(name: str, vocabulary: Vocabulary) -> Item | None:
    label = vocabulary.datasets[name].label_field
    return Item(Ref(name, label)) if label else None


def _twins(unit: int, one: str, other: str, evidence: Evidence) -> tuple[Condition, Condition] | None:
    """The same condition on a field of each of two datasets, or on one that both refer to."""
    held = evidence.frame.units[unit]
    found: dict[str, Condition] = {}
    for link in held.links:
        if link.target.kind == "value" and link.score >= 0.9:
            ref = Ref(link.target.dataset, link.target.name)
            found[link.target.dataset] = Compare(
                Item(ref, source=source_of(link)), "=", link.target.value, source=source_of(link)
            )
    if one in found and other in found:
        return found[one], found[other]
    graph = evidence.vocabulary.graph
    for dataset, condition in found.items():
        if dataset not in (one, other) and max(graph.distance(one, dataset), graph.distance(other, dataset)) <= 2.5:
            return condition, condition
    return _number_twins(unit, one, other, evidence)


def _number_twins(unit: int, one: str, other: str, evidence: Evidence) -> tuple[Condition, Condition] | None:
    number = evidence.frame.units[unit].number
    if number is None:
        return None
    named = {field for dataset, field in evidence.by_field if dataset == one} & {
        field for dataset, field in evidence.by_field if dataset == other
    }
    for field in sorted(named):
        value = int(number.value) if number.whole else number.value
        made = [Compare(Item(Ref(dataset, field)), "=", value) for dataset in (one, other)]
        return made[0], made[1]
    return None


# Scope


def _scope(reading: Reading, evidence: Evidence) -> Doubt | None:
    """ "The formats that every book has"."""
    frame, vocabulary = evidence.frame, evidence.vocabulary
    if set(frame.parsed.keys) & _COMMON or reading.combine is not None or reading.group or reading.where:
        return None
    shown = [item.ref for item in reading.select if item.ref and not item.fn]
    for place, names in evidence.dataset_units:
        over = next((name for name in sorted(names) if name in evidence.named), "")
        if not over or not _quantified(frame, place):
            continue
        things = list(dict.fromkeys(ref.dataset for ref in shown if ref.dataset != over))
        if len(things) != 1 or not _many_to_many(over, things[0], vocabulary):
            continue
        fields = [Item(ref) for ref in shown if ref.dataset == things[0]]
        label = _labelled(over, vocabulary)
        keys = vocabulary.datasets[over].key_fields
        thing_keys = vocabulary.datasets[things[0]].key_fields
        if label is None or len(keys) != 1 or len(thing_keys) != 1:
            continue
        each = Reading(over, select=(label, *fields), tables=(things[0],), intent="list")
        count = Item(Ref(over, keys[0]), fn="count", distinct=True)
        whole = Reading(over, select=(Item(fn="count", dataset=over),))
        shared = Reading(
            things[0], select=tuple(fields), group=(Item(Ref(things[0], thing_keys[0])),),
            having=(Compare(count, "=", whole),), tables=(over,), intent="list",
        )  # fmt: skip
        return Doubt("scope", (shared, each), _called(place, frame), (_called(place, frame), ""))
    return None


def _quantified(frame: Frame, place: int) -> bool:
    """Whether "every", "each" or "all" stands right before a unit that is not what the question begins with."""
    before = frame.units[max(0, place - 2) : place]
    if not before or place < 3:
        return False
    return any(unit.tags & {"EACH", "ALL"} for unit in before)


def _many_to_many(one: str, other: str, vocabulary: Vocabulary) -> bool:
    paths = vocabulary.graph.paths(one, other, 1)
    return bool(paths) and len(paths[0]) == 2 and not paths[0][0].forward and paths[0][1].forward
