"""What a plan mentions: tables, columns, relationships."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from maestro.plan.v1 import plan_pb2

_COLUMN = plan_pb2.ColumnRef.DESCRIPTOR.full_name
_TABLE = plan_pb2.TableRef.DESCRIPTOR.full_name
_JOIN = plan_pb2.Join.DESCRIPTOR.full_name
_OF_MODEL = frozenset(
    kind.DESCRIPTOR.full_name for kind in (plan_pb2.MetricRef, plan_pb2.NamedFilterRef, plan_pb2.EntityRef)
)
_FIELD = plan_pb2.FieldRef.DESCRIPTOR.full_name
# Where words of the question came from says nothing about tables, and there is one at every node.
_SKIPPED = frozenset({plan_pb2.Origin.DESCRIPTOR.full_name, plan_pb2.Literal.DESCRIPTOR.full_name})


@dataclass(slots=True)
class Mentions:
    """tables: schema ("": any) and name, in order of appearance. columns: names, of whichever table. model:
    the plan uses fields, metrics or filters of the semantic model, whose columns it does not name.
    """

    tables: dict[tuple[str, str], None] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    relationships: set[str] = field(default_factory=set)
    model: bool = False


def mentions(plan: Message) -> Mentions:
    """Everything the plan mentions, in its subqueries, set operations and tests as well."""
    found = Mentions()
    _walk(plan, found)
    return found


def _walk(message: Message, found: Mentions) -> None:
    name = message.DESCRIPTOR.full_name
    node: Any = message
    if name == _TABLE:
        found.tables[node.schema, node.name] = None
        return
    if name == _COLUMN:
        found.columns.add(node.column)
        return
    if name == _FIELD:
        # A derived field has its column's name; a computed one has columns of its own.
        found.columns.add(node.field)
        found.model = True
        return
    if name in _OF_MODEL:
        found.model = True
        return
    if name == _JOIN and node.relationship:
        found.relationships.add(node.relationship)
    for descriptor, value in message.ListFields():
        kind = descriptor.message_type
        if kind is None or kind.full_name in _SKIPPED:
            continue
        for each in _several(value):
            _walk(each, found)


def _several(value: Any) -> Iterable[Message]:
    return (value,) if isinstance(value, Message) else value
