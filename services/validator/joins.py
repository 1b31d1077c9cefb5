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
    """Each relationship exists and joins the two tables that it is used for, and no relation stands apart: rows that
    meet all rows of another relation multiply everything."""
    for part in seen.joins:
        if part.node.relationship:
            yield from _by_relationship(part, part.node, facts)
    for part in seen.selects:
        yield from _apart(part)


def _apart(part: Part) -> Iterator[Issue]:
    """Relations of a select that no relationship and no condition ties to the first."""
    select: plan_pb2.Select = part.node
    if not select.joins:
        return
    ties: list[set[str]] = []
    for join in select.joins:
        if join.relationship:
            ties.append({join.relation.alias, join.to_alias})
        elif join.HasField("on"):
            ties.extend(_tied(join.on))
    if select.HasField("where"):
        ties.extend(_tied(select.where))
    reached = {getattr(select, "from").alias}
    reached |= {join.relation.alias for join in select.joins if _one_row(join.relation)}
    while True:
        more = {alias for tie in ties if tie & reached for alias in tie} - reached
        if not more:
            break
        reached |= more
    for place, join in enumerate(select.joins):
        alias = join.relation.alias
        if alias not in reached:
            message = f'"{alias}" is joined to nothing: each of its rows would meet every other row.'
            yield error("plan.join_unconnected", f"{part.path}.joins[{place}]", message, detail=alias)
            return


def _tied(predicate: plan_pb2.Predicate) -> list[set[str]]:
    """The aliases that each condition compares with each other."""
    if predicate.WhichOneof("kind") == "all_of":
        return [tie for each in predicate.all_of.predicates for tie in _tied(each)]
    named = aliases(predicate)
    return [named] if len(named) > 1 else []


def _one_row(relation: plan_pb2.Relation) -> bool:
    """Whether a relation is a query that yields one row, which may stand beside any other."""
    select = relation.query.select
    return (
        relation.WhichOneof("body") == "query"
        and bool(select.projections)
        and not select.group_by
        and all(each.expression.WhichOneof("kind") in ("aggregate", "metric") for each in select.projections)
    )


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


def aliases(message: Message) -> set[str]:
    """All aliases that a part of a plan refers to."""
    found = set()
    for each in _messages(message):
        if isinstance(each, P.ColumnRef | P.FieldRef | P.MetricRef | P.OutputRef | P.NamedFilterRef | P.EntityRef):
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
