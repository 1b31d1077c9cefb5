"""What a language model gets to see of a source: the datasets that the question's words led to, and how they hang together.

Names, types, keys, short descriptions, and of the data at most example values of fields that have few, and the values that
the question itself names. Everything is one line, cut and without control characters: what stands in a database may have
been put there by anybody, and must not look like an instruction.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from maestro.catalog.v1 import catalog_pb2
from maestro.semantics.v1 import semantics_pb2
from services.analyzer.parse import Parse
from services.analyzer.vocabulary import Vocabulary

_TABLES, _FIELDS, _CHARACTERS = 10, 30, 12_000
_SMALL = 8
"""Sources of so few datasets are told whole."""
_NOTE, _VALUE = 80, 40
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u200b-\u200f\u202a-\u202e]+")
_TYPES = {
    catalog_pb2.TYPE_FAMILY_INTEGER: "number",
    catalog_pb2.TYPE_FAMILY_DECIMAL: "number",
    catalog_pb2.TYPE_FAMILY_FLOAT: "number",
    catalog_pb2.TYPE_FAMILY_BOOLEAN: "boolean",
    catalog_pb2.TYPE_FAMILY_DATE: "date",
    catalog_pb2.TYPE_FAMILY_TIMESTAMP: "moment",
}


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a semantic model that is told. text: as the model reads it; datasets: those in it."""

    text: str
    datasets: tuple[str, ...]


def slice_of(parsed: Parse, vocabulary: Vocabulary, values: int) -> Slice:
    """The slice for a question. values: example values of a field at most; 0: no values of the data at all."""
    names = _chosen(parsed, vocabulary)
    linked: dict[tuple[str, str], float] = {}
    for link in parsed.links:
        target = (link.target.dataset, link.target.name)
        linked[target] = max(linked.get(target, 0.0), link.score)
    keys = _keys(vocabulary, names)
    size = 0
    written: dict[str, str] = {}
    for name in names:
        line = _dataset(vocabulary.datasets[name], linked, keys, values)
        if size + len(line) > _CHARACTERS and written:
            break
        written[name] = line
        size += len(line)
    # In the model's own order: questions of one source then begin alike, which models have read already.
    told = [name for name in vocabulary.datasets if name in written]
    lines = [written[name] for name in told]
    lines += _metrics(vocabulary, told) + _entities(parsed, vocabulary, told)
    if values:
        lines += _named(parsed, told)
    return Slice("\n".join(lines), tuple(told))


def plain(text: str, most: int) -> str:
    """A text of the source on one line, cut."""
    flat = " ".join(_CONTROL.sub(" ", text).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def _chosen(parsed: Parse, vocabulary: Vocabulary) -> list[str]:
    """Datasets, the likeliest first: those that words lead to, what lies between them, and their neighbours."""
    ranked = _ranked(parsed, vocabulary)
    chosen = dict.fromkeys(ranked[:4])
    for name in ranked[1:4]:
        for edge in next(iter(vocabulary.graph.paths(ranked[0], name)), ()):
            chosen.setdefault(edge.goal)
    chosen |= dict.fromkeys(ranked)
    for name in list(chosen):
        chosen |= dict.fromkeys(edge.goal for edge in list(vocabulary.graph.neighbours(name))[:3])
    if len(vocabulary.datasets) <= _SMALL:
        chosen |= dict.fromkeys(vocabulary.datasets)
    return list(chosen)[:_TABLES]


def _ranked(parsed: Parse, vocabulary: Vocabulary) -> list[str]:
    """Datasets that words lead to: first those that together explain most words, then the others by what they explain."""
    best: dict[str, dict[int, float]] = defaultdict(dict)
    for link in parsed.links:
        held = best[link.target.dataset]
        for at in range(link.first, link.last):
            held[at] = max(held.get(at, 0.0), link.score)
    left = sorted(name for name in best if name in vocabulary.datasets)
    explained: dict[int, float] = {}
    found: list[str] = []
    while left and len(found) < _TABLES - 2:

        def gain(name: str) -> tuple[float, float]:
            more = sum(max(0.0, score - explained.get(at, 0.0)) for at, score in best[name].items())
            return round(more, 6), sum(best[name].values())

        first = max(left, key=gain)
        left.remove(first)
        found.append(first)
        for at, score in best[first].items():
            explained[at] = max(explained.get(at, 0.0), score)
    return found


def _keys(vocabulary: Vocabulary, names: Iterable[str]) -> dict[tuple[str, str], str]:
    """(dataset, column) of a key that refers to another dataset of the slice → what it refers to."""
    held = set(names)
    found = {}
    for entry in vocabulary.model.relationships:
        if entry.from_dataset in held and entry.to_dataset in held:
            for column, other in zip(entry.relationship.from_columns, entry.relationship.to_columns, strict=False):
                found[entry.from_dataset, column] = f"{entry.to_dataset}.{other}"
    return found


def _dataset(
    dataset: semantics_pb2.Dataset, linked: dict[tuple[str, str], float], keys: dict[tuple[str, str], str], values: int
) -> str:
    wanted = [each for each in dataset.fields if (dataset.name, each.name) in linked]
    wanted.sort(key=lambda each: -linked[dataset.name, each.name])
    wanted += [
        each for each in dataset.fields if each.name in dataset.key_fields or (dataset.name, each.column) in keys
    ]
    wanted += list(dataset.fields)
    fields = list({each.name: each for each in wanted}.values())[:_FIELDS]
    shown = sorted(fields, key=list(dataset.fields).index)
    note = f"  -- {plain(dataset.description, _NOTE)}" if dataset.description else ""
    return f"{plain(dataset.name, 120)}({', '.join(_field(each, dataset, keys, values) for each in shown)}){note}"


def _field(
    each: semantics_pb2.Field, dataset: semantics_pb2.Dataset, keys: dict[tuple[str, str], str], values: int
) -> str:
    kind = "flag" if each.role == semantics_pb2.FIELD_ROLE_FLAG else _TYPES.get(each.family, "text")
    parts = [plain(each.name, 120), kind]
    if each.name in dataset.key_fields:
        parts.append("key")
    if (dataset.name, each.column) in keys:
        parts.append("-> " + plain(keys[dataset.name, each.column], 200))
    if each.description:
        parts.append(f"({plain(each.description, _NOTE)})")
    few = [each.value for each in each.values] if each.values_complete and kind in ("text", "flag") else []
    if values and few:
        parts.append("= " + " | ".join(repr(plain(value, _VALUE)) for value in few[:values]))
    return " ".join(parts)


def _metrics(vocabulary: Vocabulary, names: list[str]) -> list[str]:
    return [
        f"metric:{plain(each.name, 120)} of {each.dataset}  -- {plain(each.description, _NOTE)}"
        for each in vocabulary.model.metrics
        if each.dataset in names
    ][:20]


def _entities(parsed: Parse, vocabulary: Vocabulary, names: list[str]) -> list[str]:
    """The groups of rows that the question names."""
    linked = dict.fromkeys(link.target.name for link in parsed.links if link.target.kind == "entity")
    return [
        f"entity:{plain(name, 120)} of {each.dataset}"
        for name in linked
        for each in vocabulary.entities[name].filters
        if each.dataset in names
    ][:10]


def _named(parsed: Parse, names: list[str]) -> list[str]:
    """Stored values that the words of the question lead to."""
    found = sorted(
        (link for link in parsed.links if link.target.kind == "value" and link.target.dataset in names),
        key=lambda link: -link.score,
    )
    told = [
        f"{link.target.dataset}.{link.target.name} holds {plain(link.target.value, _VALUE)!r}" for link in found[:12]
    ]
    return list(dict.fromkeys(told))
