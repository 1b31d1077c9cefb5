"""Model files applied to a derived model: everything checked, what is wrong left out and reported, the rest loaded."""

import zoneinfo
from collections.abc import Callable, Sequence

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive.names import Namer
from services.mapper.fold import fold
from services.mapper.lexicon.book import lexicon
from services.mapper.ossie.concepts import Concept, gather_fields, read_concepts
from services.mapper.ossie.conclude import conclude
from services.mapper.ossie.datasets import Described, describe
from services.mapper.ossie.extensions import extension
from services.mapper.ossie.fields import read_fields
from services.mapper.ossie.groups import read_groups
from services.mapper.ossie.metrics import measure
from services.mapper.ossie.models import models
from services.mapper.ossie.relationships import relate
from services.mapper.ossie.senses import read_senses
from services.mapper.ossie.spots import Problems, Spot
from services.mapper.ossie.words import examples
from services.mapper.ossie.work import Refining
from services.mapper.source import ModelFile


def refine(model: semantics.SemanticModel, found: catalog.Catalog, files: Sequence[ModelFile]) -> None:
    """Applies files to a derived model, in place. What is wrong is appended to the model's issues."""
    problems = Problems()
    work = Refining(model, found, problems, _readable(found))
    told = [spot for file in files for spot in models(file, problems)]
    described: dict[str, Described] = {}
    for spot in told:
        _each(spot, "datasets", lambda item: describe(item, work, described))
    for entry in described.values():
        work.keys[entry.proto.name] = entry.keys
        read_fields(entry, work)
        conclude(entry, work)
        _settle(entry.proto)
    _follow_names(work)
    for spot in told:
        _each(spot, "relationships", lambda item: relate(item, work))
    for spot in told:
        _each(spot, "metrics", lambda item: measure(item, work))
    _whole(told, work)
    model.issues.extend(problems.issues)


def _readable(found: catalog.Catalog) -> Callable[[str], str]:
    names = [name for table in found.tables for name in (table.name, *(column.name for column in table.columns))]
    namer = Namer(lexicon(), names)
    return lambda name: namer.column(name).readable or name


def _each(spot: Spot, key: str, read: Callable[[Spot], None]) -> None:
    listed = spot.get(key)
    for item in listed.items() if listed else []:
        read(item)


def _follow_names(work: Refining) -> None:
    for entry in work.model.relationships:
        entry.from_dataset = work.renamed.get(entry.from_dataset, entry.from_dataset)
        entry.to_dataset = work.renamed.get(entry.to_dataset, entry.to_dataset)


def _settle(dataset: semantics.Dataset) -> None:
    """A phrase that a file gives to one field no longer means another one of the same dataset just as well."""
    owners = {
        fold(term.text): field.name
        for field in dataset.fields
        for term in field.terms
        if term.origin == semantics.TERM_ORIGIN_MODEL
    }
    for field in dataset.fields:
        for term in field.terms:
            owner = owners.get(fold(term.text))
            if owner not in (None, field.name) and term.origin != semantics.TERM_ORIGIN_MODEL:
                term.weight = round(min(term.weight, 0.3), 3)


def _whole(told: list[Spot], work: Refining) -> None:
    """What the models as a whole say: the concepts of all files first, then what names them."""
    concepts: dict[str, Concept] = {}
    extras = [extension(spot, "semantic model", work.problems) for spot in told]
    for extra in extras:
        read_concepts(extra.get("concepts"), concepts, work)
    gather_fields(concepts, work)
    for spot, extra in zip(told, extras, strict=True):
        read_groups(extra.get("groups"), concepts, work)
        read_senses(extra.get("senses"), concepts, work)
        work.model.examples.extend(examples(spot))
        for key in ("locale", "currency"):
            value = extra.get(key)
            if value:
                setattr(work.model, key, value.text)
        _time_zone(extra.get("time_zone"), work)
        _remarks(extra, work.problems)
    for dataset in work.model.datasets:
        for field in dataset.fields:
            if field.unit == "currency" and work.model.currency:
                field.unit = work.model.currency


def _time_zone(told: Spot | None, work: Refining) -> None:
    if told is None:
        return
    try:
        zoneinfo.ZoneInfo(told.text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        work.problems.error(told, f"there is no time zone {told.text!r}: write an IANA name such as America/Sao_Paulo")
    else:
        work.model.time_zone = told.text


def _remarks(extra: Spot, problems: Problems) -> None:
    today, rules = extra.get("today"), extra.get("rules")
    if today and today.text.upper() != "CURRENT_DATE":
        problems.error(today, "today is always CURRENT_DATE, the day of the question")
    if rules:
        problems.warning(rules, "rules on rows are not enforced by model files; restrict the reading role instead")
