"""What a plan mentions: tables, columns, relationships."""

from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message

from maestro.plan.v1 import plan_pb2

_OF_MODEL = (plan_pb2.MetricRef, plan_pb2.NamedFilterRef, plan_pb2.EntityRef)
# Where words of the question came from says nothing about tables, and there is one at every node.
_SKIPPED = (plan_pb2.Origin, plan_pb2.Literal, plan_pb2.AsOf)


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


def _walk(node: Any, found: Mentions) -> None:
    kind = type(node)
    if kind in _SKIPPED or _noted(node, kind, found):
        return
    if kind is plan_pb2.Join and node.relationship:
        found.relationships.add(node.relationship)
    for part, value in node.ListFields():
        if part.message_type is None:
            continue
        for each in (value,) if isinstance(value, Message) else value:
            _walk(each, found)


def _noted(node: Any, kind: type[Any], found: Mentions) -> bool:
    """Whether it is a reference, which has nothing further inside."""
    if kind is plan_pb2.ColumnRef:
        found.columns.add(node.column)
    elif kind is plan_pb2.TableRef:
        found.tables[node.schema, node.name] = None
    elif kind is plan_pb2.FieldRef:
        # A derived field has its column's name; a computed one has columns of its own.
        found.columns.add(node.field)
        found.model = True
    elif kind in _OF_MODEL:
        found.model = True
    else:
        return False
    return True
