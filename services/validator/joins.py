"""Checks that the relations of a select hang together."""

from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2

from services.validator.facts import Facts
from services.validator.issues import Issue, error
from services.validator.names import nearest
from services.validator.visit import Part, Seen

P = plan_pb2


def check_joins(seen: Seen, facts: Facts) -> Iterator[Issue]:
    """Each join names a relation before it and a relationship between the two, or a condition on both."""
    for part in seen.joins:
        join: plan_pb2.Join = part.node
        if join.relationship:
            yield from _by_relationship(part, join, facts)
        elif join.HasField("on"):
            yield from _by_condition(part, join)
        else:
            message = f'"{join.relation.alias}" is joined by nothing: every row would meet every other.'
            yield error("plan.join_unconnected", part.path, message, detail=join.relation.alias)


def _by_relationship(part: Part, join: plan_pb2.Join, facts: Facts) -> Iterator[Issue]:
    other = part.scope.find(join.to_alias)
    if other is None or not join.to_alias or other.alias == join.relation.alias:
        message = f'"{join.relation.alias}" is joined to "{join.to_alias}", which is not there.'
        yield error("plan.join_unconnected", part.path, message, detail=join.to_alias)
        return
    if not facts.catalog.version and not facts.semantics.version:
        return
    known = facts.relationships.get(join.relationship)
    if known is None:
        close = nearest(join.relationship, facts.relationships)
        message = f'There is no relationship "{join.relationship}" between these tables.'
        yield error("plan.relationship_unknown", part.path, message, detail=join.relationship, nearest=close)
        return
    added = part.scope.find(join.relation.alias)
    if added is None or added.table is None or other.table is None:
        return
    names = (added.table.name.lower(), other.table.name.lower())
    if side(known, names[0], names[1], join.side) is None:
        message = f'"{join.relationship}" does not join {names[0]} to {names[1]}.'
        yield error("plan.relationship_misplaced", part.path, message, detail=join.relationship)


def side(
    known: catalog_pb2.Relationship, added: str, other: str, told: "plan_pb2.JoinSide.ValueType"
) -> "plan_pb2.JoinSide.ValueType | None":
    """Which end of a relationship the added table is (names in lower case); None where it is neither."""
    begin, end = known.from_table.lower(), known.to_table.lower()
    if told != P.JOIN_SIDE_REFERRED and (begin, end) == (added, other):
        return P.JOIN_SIDE_REFERRING
    if told != P.JOIN_SIDE_REFERRING and (begin, end) == (other, added):
        return P.JOIN_SIDE_REFERRED
    return None


def _by_condition(part: Part, join: plan_pb2.Join) -> Iterator[Issue]:
    named = {alias for alias in aliases(join.on) if alias}
    if join.relation.alias in named and named - {join.relation.alias}:
        return
    if any(isinstance(each, P.ColumnRef) and not each.alias for each in _messages(join.on)):
        return
    message = f'The condition that joins "{join.relation.alias}" does not compare it with another relation.'
    yield error("plan.join_unconnected", part.path, message, detail=join.relation.alias)


def aliases(message: Message) -> set[str]:
    """All aliases that a part of a plan refers to."""
    found = set()
    for each in _messages(message):
        if isinstance(
            each, P.ColumnRef | P.FieldRef | P.MetricRef | P.OutputRef | P.NamedFilterRef | P.EntityRef
        ):
            found.add(each.alias)
        elif isinstance(each, P.RelatedTest):
            found.add(each.from_alias)
    return found


def _messages(message: Message) -> Iterator[Message]:
    yield message
    for field, value in message.ListFields():
        if field.type != FieldDescriptor.TYPE_MESSAGE or field.name == "origin":
            continue
        if isinstance(value, Message):
            yield from _messages(value)
        else:
            for each in value:
                yield from _messages(each)
