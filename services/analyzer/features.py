"""What models see of a possible slot: where its words stand, how they were linked, and what they name.

Every feature has a name (`NAMES`), so that a model can be explained. Nothing here is a word of a language or the name of
a schema: models learn how questions are built, not what they were about.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.frame import FAR, TAGS, Frame
from services.analyzer.link import Link
from services.analyzer.vocabulary import Target, Vocabulary

Row = NDArray[np.float32]
_KINDS = ("name", "synonym", "lexicon", "value", "cue", "fuzzy", "similarity", "pattern")
_ROLES = (
    semantics_pb2.FIELD_ROLE_IDENTIFIER,
    semantics_pb2.FIELD_ROLE_MEASURE,
    semantics_pb2.FIELD_ROLE_DIMENSION,
    semantics_pb2.FIELD_ROLE_TIME,
    semantics_pb2.FIELD_ROLE_FLAG,
    semantics_pb2.FIELD_ROLE_TEXT,
)
_NUMERIC = (1, 2, 3)
_LINK = (
    "link.score", "link.coverage", "link.exact", *(f"link.{kind}" for kind in _KINDS), "link.length", "link.gap",
    "link.better", "link.equal", "link.whole", "link.mentions", "link.none", "link.second",
)  # fmt: skip
_TABLE = (
    "table.score", "table.left", "table.right", "table.nearest_left", "table.nearest_right", "table.affinity",
    "table.distance", "table.weight", "table.junction", "table.fields", "table.named", "table.rank", "table.only",
)  # fmt: skip
_TYPE = (
    "type.identifier", "type.measure", "type.dimension", "type.time", "type.flag", "type.text", "type.numeric",
    "type.label", "type.key", "type.refers", "type.unique", "type.distinct", "type.nullable", "type.year",
    "type.dataset", "type.display",
)  # fmt: skip
_PLACE = (
    "place.unit", "place.fraction", "place.field_order", "place.fields", "place.datasets", "place.values",
    "place.numbers", "place.units", "place.quoted", "place.own_values", "place.value_offset", "place.number_offset",
)  # fmt: skip
NAMES: tuple[str, ...] = (
    *(f"left.{tag}" for tag in TAGS), *(f"right.{tag}" for tag in TAGS), *(f"count.{tag}" for tag in TAGS),
    *_LINK, *_TABLE, *_TYPE, *_PLACE,
)  # fmt: skip
SIZE = len(NAMES)


@dataclass(frozen=True)
class Evidence:
    """What a frame says about datasets and fields, gathered once for all rows.

    by_field: links of each field, best first. by_dataset: links of each dataset's own name, best first.
    """

    frame: Frame
    vocabulary: Vocabulary
    by_field: dict[tuple[str, str], list[Link]] = field(repr=False)
    by_dataset: dict[str, list[Link]] = field(repr=False)
    affinity: dict[str, float] = field(repr=False)

    @cached_property
    def kept(self) -> dict[Hashable, Any]:
        """What later stages work out once for a question and need again in many of its readings."""
        return {}

    @cached_property
    def dataset_units(self) -> list[tuple[int, frozenset[str]]]:
        """Units that name datasets, with the datasets that they name best."""
        found = []
        for number, unit in enumerate(self.frame.units):
            links = [link for link in unit.links if link.target.kind == "dataset"]
            if links:
                best = links[0].score
                found.append((number, frozenset(link.target.dataset for link in links if link.score >= best - 0.05)))
        return found

    @cached_property
    def field_units(self) -> list[int]:
        """Units that name fields."""
        return [number for number, unit in enumerate(self.frame.units) if "field" in unit.tags]

    @cached_property
    def number_units(self) -> list[int]:
        """Units that are numbers."""
        return [number for number, unit in enumerate(self.frame.units) if unit.number is not None]

    @cached_property
    def value_units(self) -> dict[tuple[str, str], list[int]]:
        """Units that name stored values of a field."""
        found: dict[tuple[str, str], list[int]] = {}
        for link in self.frame.parsed.links:
            if link.target.kind == "value" and link.score >= 0.9:
                places = found.setdefault((link.target.dataset, link.target.name), [])
                place = unit_of(self.frame, link)
                if place not in places:
                    places.append(place)
        return found

    @cached_property
    def named(self) -> frozenset[str]:
        """Datasets that the question names by their own name, surely."""
        return frozenset(name for name, links in self.by_dataset.items() if links[0].score >= 0.7)

    @cached_property
    def negatable(self) -> tuple[str, ...]:
        """Named datasets with a negation before them."""
        frame = self.frame
        found = []
        for name in sorted(self.named):
            unit = unit_of(frame, self.by_dataset[name][0])
            if min(frame.near(unit, "NOT")[0], frame.near(unit, "NE")[0]) <= 6:
                found.append(name)
        return tuple(found)

    @cached_property
    def ranked(self) -> dict[str, int]:
        """Datasets by how much of the question leads into them: 0 for the first."""
        order = sorted(self.affinity, key=lambda name: (-self.affinity[name], name))
        return {name: rank for rank, name in enumerate(order)}


def evidence_of(frame: Frame, vocabulary: Vocabulary) -> Evidence:
    """Gathers what the links of a frame say."""
    by_field: dict[tuple[str, str], list[Link]] = {}
    by_dataset: dict[str, list[Link]] = {}
    best: dict[str, dict[int, float]] = {}
    for link in frame.parsed.links:
        target = link.target
        if target.kind in ("field", "filter"):
            by_field.setdefault((target.dataset, target.name), []).append(link)
        elif target.kind == "dataset":
            by_dataset.setdefault(target.dataset, []).append(link)
        if target.dataset:
            scores = best.setdefault(target.dataset, {})
            for at in range(link.first, link.last):
                scores[at] = max(scores.get(at, 0.0), link.score)
    for links in (*by_field.values(), *by_dataset.values()):
        links.sort(key=lambda link: (-link.score, -link.length, link.first))
    affinity = {name: sum(score for score in scores.values()) for name, scores in best.items()}
    return Evidence(frame, vocabulary, by_field, by_dataset, affinity)


def unit_of(frame: Frame, link: Link) -> int:
    """The unit that holds a link's last word."""
    return frame.unit_at[link.last - 1]


Anchor = tuple[Target, int, Link | None]
"""A field or dataset, the unit that it is anchored at (-1: nowhere), the link that stands for it."""


def row(evidence: Evidence, target: Target, unit: int, link: Link | None) -> Row:
    """Features of a field or dataset as anchored at a unit; unit -1: nowhere."""
    made: Row = rows(evidence, [(target, unit, link)])[0]
    return made


def rows(evidence: Evidence, anchors: Sequence[Anchor]) -> NDArray[np.float32]:
    """Features of fields and datasets as they are anchored, one row for each."""
    made = np.zeros((len(anchors), SIZE), np.float32)
    if not anchors:
        return made
    tags = len(TAGS)
    frame = evidence.frame
    units = np.array([unit for _, unit, _ in anchors], np.intp)
    made[:, :tags] = frame.left[units]
    made[:, tags : 2 * tags] = frame.right[units]
    made[units < 0, : 2 * tags] = FAR
    made[:, 2 * tags : 3 * tags] = frame.count
    rest = [
        [
            *_link_features(evidence, target, unit, link),
            *_table_features(evidence, target.dataset, unit),
            *_type_features(evidence, target),
            *_place_features(evidence, unit, target),
        ]
        for target, unit, link in anchors
    ]
    made[:, 3 * tags :] = rest
    return made


def _link_features(evidence: Evidence, target: Target, unit: int, link: Link | None) -> list[float]:
    if link is None:
        return [0.0] * (len(_LINK) - 2) + [1.0, 0.0]
    frame = evidence.frame
    rivals = [other for other in frame.units[unit].links if other.target.kind == target.kind and other.target != target]
    best = max((other.score for other in rivals), default=0.0)
    mentions = (
        evidence.by_field.get((target.dataset, target.name), ())
        if target.name
        else evidence.by_dataset.get(target.dataset, ())
    )
    places = {unit_of(frame, each) for each in mentions}
    second = max((each.score for each in mentions if unit_of(frame, each) != unit), default=0.0)
    return [
        link.score,
        link.coverage,
        float(link.score >= 0.95),
        *(float(link.kind == kind) for kind in _KINDS),
        float(link.length),
        link.score - best,
        float(sum(other.score > link.score + 0.01 for other in rivals)),
        float(sum(abs(other.score - link.score) <= 0.01 for other in rivals)),
        float(frame.units[unit].first == link.first and frame.units[unit].last == link.last),
        float(len(places)),
        0.0,
        second,
    ]


def _table_features(evidence: Evidence, name: str, unit: int) -> list[float]:
    key = ("table", name, unit)
    made: list[float] | None = evidence.kept.get(key)
    if made is None:
        made = evidence.kept[key] = [*_table_near(evidence, name, unit), *_table_itself(evidence, name)]
    return made


def _table_near(evidence: Evidence, name: str, unit: int) -> list[float]:
    links = evidence.by_dataset.get(name, ())
    score = links[0].score if links else 0.0
    left = right = float(FAR)
    nearest_left = nearest_right = 0.0
    closest_left = closest_right = float(FAR + 1)
    for place, names in evidence.dataset_units:
        distance = abs(place - unit) if unit >= 0 else FAR
        own = name in names
        if place <= unit:
            if own:
                left = min(left, distance)
            if distance < closest_left:
                closest_left, nearest_left = distance, float(own)
        else:
            if own:
                right = min(right, distance)
            if distance < closest_right:
                closest_right, nearest_right = distance, float(own)
    return [score, left, right, nearest_left, nearest_right]


def _table_itself(evidence: Evidence, name: str) -> list[float]:
    made: list[float] | None = evidence.kept.get(("table", name))
    if made is None:
        dataset, named, graph = evidence.vocabulary.datasets[name], evidence.named, evidence.vocabulary.graph
        away = min((min(graph.distance(name, other), 6.0) for other in named if other != name), default=0.0)
        made = evidence.kept["table", name] = [
            min(evidence.affinity.get(name, 0.0), 12.0), away, dataset.weight, float(dataset.junction),
            float(min(len(dataset.fields), 40)), float(name in named), float(min(evidence.ranked.get(name, 9), 9)),
            float(len(named) == 1 and name in named),
        ]  # fmt: skip
    return made


def _type_features(evidence: Evidence, target: Target) -> list[float]:
    """The same for all questions: kept with the vocabulary."""
    key = (target.dataset, target.name, target.kind == "dataset")
    kept = evidence.vocabulary.kept
    made: list[float] | None = kept.get(key)
    if made is None:
        made = kept[key] = _typed(evidence.vocabulary, target)
    return made


def _typed(vocabulary: Vocabulary, target: Target) -> list[float]:
    held = vocabulary.fields.get((target.dataset, target.name)) if target.name else None
    if held is None:
        return [0.0] * (len(_TYPE) - 2) + [float(target.kind == "dataset"), 0.0]
    dataset = vocabulary.datasets[target.dataset]
    return [
        *(float(held.role == role) for role in _ROLES),
        float(held.family in _NUMERIC),
        float(dataset.label_field == held.name),
        float(held.name in dataset.key_fields),
        float((target.dataset, held.name) in vocabulary.referring),
        float(held.unique),
        math.log1p(max(held.distinct, 0.0)),
        float(held.nullable),
        float(held.unit == "year"),
        0.0,
        float(held.name in dataset.display_fields),
    ]


def _place_features(evidence: Evidence, unit: int, target: Target) -> list[float]:
    held = evidence.value_units.get((target.dataset, target.name), ())
    offset = min((place - unit for place in held), key=abs, default=FAR) if unit >= 0 else FAR
    before, after = _unit_features(evidence, unit)
    return [*before, float(len(held)), float(max(-FAR, min(offset, FAR))), after]


def _unit_features(evidence: Evidence, unit: int) -> tuple[list[float], float]:
    """What all that is anchored at a unit has alike, and how far the next number is."""
    made: tuple[list[float], float] | None = evidence.kept.get(("unit", unit))
    if made is None:
        frame = evidence.frame
        size = len(frame.units)
        before = sum(place < unit for place in evidence.field_units) if unit >= 0 else -1
        values = sum("value" in each.tags for each in frame.units)
        numbers = sum("number" in each.tags for each in frame.units)
        quoted = float(bool(frame.parsed.question.quotes))
        apart = min((place - unit for place in evidence.number_units), key=abs, default=FAR) if unit >= 0 else FAR
        told = [
            float(unit), unit / max(size, 1), float(before), float(len(evidence.field_units)),
            float(len(evidence.dataset_units)), float(values), float(numbers), float(size), quoted,
        ]  # fmt: skip
        made = evidence.kept["unit", unit] = (told, float(max(-FAR, min(apart, FAR))))
    return made


def stacked(rows: Sequence[Row], width: int = SIZE) -> NDArray[np.float32]:
    """Rows as a matrix, also where there is none."""
    return np.stack(rows) if rows else np.zeros((0, width), np.float32)
