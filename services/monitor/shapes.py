"""What makes statements the same, and plans of one shape."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from maestro.plan.v1 import plan_pb2


def statement_digest(source: str, sql: str) -> str:
    """A statement of a source, 16 hex digits."""
    return hashlib.sha256(f"{source}\0{sql}".encode()).hexdigest()[:16]


def bare(plan: plan_pb2.QueryPlan) -> plan_pb2.QueryPlan:
    """The plan without what is about its wording: what it computes, and for which values."""
    made = plan_pb2.QueryPlan(query=plan.query, intent=plan.intent)
    for message in list(_inside(made)):
        if "origin" in message.DESCRIPTOR.fields_by_name:
            message.ClearField("origin")
        if "label" in message.DESCRIPTOR.fields_by_name:
            message.ClearField("label")
    return made


def shape_digest(plan: plan_pb2.QueryPlan) -> str:
    """A plan without its values, 16 hex digits. plan: as `bare` gives it."""
    made = plan_pb2.Query()
    made.CopyFrom(plan.query)
    for message in list(_inside(made)):
        if isinstance(message, plan_pb2.Literal):
            kind = message.WhichOneof("value")
            if kind and kind != "null":
                setattr(message, kind, type(getattr(message, kind))())
        elif isinstance(message, plan_pb2.Pattern):
            message.text = "?"
    return hashlib.sha256(made.SerializeToString(deterministic=True)).hexdigest()[:16]


def _inside(message: Any) -> Iterator[Any]:
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for each in value if field.is_repeated else (value,):
                yield from _inside(each)
