"""Plans as evidence: what they name, and what makes two of them the same."""

import hashlib
from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from maestro.plan.v1 import plan_pb2

_ABOUT_WORDING = ("question", "assumptions", "unexplained", "proposer")


def messages(message: Message) -> Iterator[Message]:
    """A message and all messages inside of it."""
    yield message
    for field, value in message.ListFields():
        if field.type != FieldDescriptor.TYPE_MESSAGE:
            continue
        if isinstance(value, Message):
            yield from messages(value)
        else:
            for each in value:
                yield from messages(each)


def canonical(plan: plan_pb2.QueryPlan) -> bytes:
    """What a plan computes, as bytes: two plans that differ in wording only give the same."""
    bare = plan_pb2.QueryPlan()
    bare.CopyFrom(plan)
    for name in _ABOUT_WORDING:
        bare.ClearField(name)  # type: ignore[arg-type]  # names of fields, listed above
    for message in list(messages(bare)):
        if isinstance(message, plan_pb2.Projection):
            message.ClearField("label")
        if isinstance(message, plan_pb2.Range):
            message.ClearField("label")
        if "origin" in message.DESCRIPTOR.fields_by_name:
            message.ClearField("origin")
    return bare.SerializeToString(deterministic=True)


def digest(*parts: bytes | str) -> str:
    """A content hash, 16 hex digits."""
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        sha.update(len(data).to_bytes(8))
        sha.update(data)
    return sha.hexdigest()[:16]


class Slots:
    """What a plan names: tables, columns, metrics, filters, entities, each as a pattern's target is written.

    targets: all of them. links: (words, target, link kind) of those that say which words they came from.
    """

    def __init__(self, plan: plan_pb2.QueryPlan) -> None:
        self.targets: set[str] = set()
        self.links: set[tuple[str, str, int]] = set()
        self._tables: dict[str, str] = {}
        found = list(messages(plan))
        for message in found:
            if isinstance(message, plan_pb2.Relation) and message.WhichOneof("body") == "table":
                self._tables[message.alias] = message.table.name
                self._add(message.table.name, message.origin)
        for message in found:
            if isinstance(message, plan_pb2.Expression):
                self._expression(message)
            elif isinstance(message, plan_pb2.Predicate):
                self._predicate(message)

    def _table(self, alias: str) -> str:
        return self._tables.get(alias) or next(iter(self._tables.values()), "")

    def _add(self, target: str, origin: plan_pb2.Origin) -> None:
        self.targets.add(target)
        words = " ".join(span.text for span in origin.words if span.text)
        if words:
            self.links.add((words, target, origin.kind))

    def _expression(self, expression: plan_pb2.Expression) -> None:
        kind = expression.WhichOneof("kind")
        if kind == "column":
            table = self._table(expression.column.alias)
            self._add(f"{table}.{expression.column.column}", expression.origin)
        elif kind == "field":
            self._add(f"{self._table(expression.field.alias)}.{expression.field.field}", expression.origin)
        elif kind == "metric":
            self._add(f"metric:{expression.metric.metric}", expression.origin)

    def _predicate(self, predicate: plan_pb2.Predicate) -> None:
        kind = predicate.WhichOneof("kind")
        if kind == "named_filter":
            named = predicate.named_filter
            self._add(f"{self._table(named.alias)}.{named.name}", predicate.origin)
        elif kind == "entity":
            self._add(f"entity:{predicate.entity.name}", predicate.origin)
        elif kind == "comparison":
            self._value(predicate.comparison)

    def _value(self, comparison: plan_pb2.Comparison) -> None:
        if comparison.operator != plan_pb2.COMPARISON_OPERATOR_EQUAL:
            return
        column = comparison.left.column
        text = comparison.right.literal.text
        if column.column and text:
            self._add(f"{self._table(column.alias)}.{column.column}={text}", comparison.right.origin)
