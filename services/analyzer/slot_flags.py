"""Conditions that need no value: flags, fields that are empty, entities of the model."""

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.features import unit_of
from services.analyzer.link import Link
from services.analyzer.reading import Flag, Missing, Named, Ref
from services.analyzer.slot import source_of
from services.analyzer.slot_tests import Tests
from services.analyzer.vocabulary import Target


def flags(tests: Tests) -> None:
    """Fields that hold or do not hold: "vip customers"."""
    for (dataset, name), links in tests.evidence.by_field.items():
        held = tests.vocabulary.fields[dataset, name]
        if held.role != semantics_pb2.FIELD_ROLE_FLAG:
            continue
        for link in links[:2]:
            if link.score < 0.4:
                continue
            unit = unit_of(tests.frame, link)
            near = min(tests.frame.near(unit, tag)[0] for tag in ("NOT", "NE"))
            for negated in (False, True) if near <= 4 else (False,):
                _add(tests, Flag(Ref(dataset, name), negated, source_of(link)), "flag", link)


def missing(tests: Tests) -> None:
    """Fields without a value: "without email"."""
    for (dataset, name), links in tests.evidence.by_field.items():
        held = tests.vocabulary.fields[dataset, name]
        if not held.nullable or held.role == semantics_pb2.FIELD_ROLE_FLAG:
            continue
        link = links[0]
        unit = unit_of(tests.frame, link)
        close = min(min(tests.frame.near(unit, tag)) for tag in ("NULL", "NOTNULL", "NOT"))
        if link.score < 0.6 or close > 3:
            continue
        for negated in (False, True):
            _add(tests, Missing(Ref(dataset, name), negated, source_of(link)), "null", link)


def _add(tests: Tests, condition: Flag | Missing, kind: str, link: Link) -> None:
    target = Target("field", condition.ref.dataset, condition.ref.field)
    op = "<>" if condition.negated else "="
    tokens = range(link.first, link.last)
    tests.add(condition, kind, target, unit_of(tests.frame, link), tokens, op=op, score=link.score)


def entities(tests: Tests) -> None:
    """What people call some rows, in every dataset that it can be told in."""
    for link in tests.frame.parsed.links:
        if link.target.kind != "entity":
            continue
        entity = tests.vocabulary.entities[link.target.name]
        unit = unit_of(tests.frame, link)
        for each in entity.filters:
            if each.dataset in tests.vocabulary.datasets:
                condition = Named(each.dataset, entity.name, False, source_of(link))
                on = Target("dataset", each.dataset)
                tests.add(condition, "entity", on, unit, range(link.first, link.last), score=link.score)
