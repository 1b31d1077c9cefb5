"""The shape of a plan: what is left of it when the values that a caller may change are taken out.

Two questions of one shape share a compiled statement. Where a slot of the plan came from in the question has no part
in the shape; equal values share a slot, so that `GROUP BY f(x, $1)` stays equal to the `f(x, $1)` that is selected.
"""

from functools import lru_cache
from typing import Any, Final

from maestro.plan.v1 import plan_pb2

# Fields that do not change the statement, by message.
_SILENT: Final = {
    "Expression": {"origin"},
    "Predicate": {"origin"},
    "Relation": {"origin"},
    "Join": {"origin"},
    "Range": {"label"},
}
# Scalar fields that are values, and the kind of value.
_VALUES: Final = {
    "Pattern": {"text": "text"},
    "Query": {"limit": "integer", "offset": "integer"},
    "TopPerGroup": {"count": "integer"},
}

_LONGEST: Final = 16_384

Values = dict[str, Any]
"""Slot → value as sent."""


@lru_cache(2048)
def _known(query: bytes) -> "Shape":
    return Shape(plan_pb2.Query.FromString(query))


def shape_of(query: plan_pb2.Query) -> "Shape":
    """The shape of a query; that of one that was met before, byte by byte, is not taken again. Not to be changed."""
    content = query.SerializeToString()
    return _known(content) if len(content) < _LONGEST else Shape(query)


class Shape:
    """The shape of a query as a text, and its values by slot."""

    __slots__ = ("_parts", "_slots", "text", "values")

    def __init__(self, query: plan_pb2.Query) -> None:
        self._parts: list[str] = []
        self._slots: dict[tuple[str, Any], str] = {}
        self.values: Values = {}
        self._walk(query)
        self.text = "".join(self._parts)

    def slot(self, kind: str, value: Any) -> str:
        """The slot of a value that occurs in the query."""
        key = (kind, value)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = f"v{len(self._slots)}"
            self.values[slot] = value
        return slot

    def _walk(self, message: Any) -> None:
        name = message.DESCRIPTOR.name
        out = self._parts.append
        if name == "Literal":
            kind = message.WhichOneof("value") or ""
            out("null;" if kind in ("", "null") else f"{kind}:{self.slot(kind, getattr(message, kind))};")
            return
        silent = _SILENT.get(name, ())
        values = _VALUES.get(name, ())
        out("{")
        if name == "CountTest":
            # A count of 0 is a value as well, which the wire leaves out.
            out(f"{message.operator}:{self.slot('integer', message.value)}")
        else:
            for field, value in message.ListFields():
                if field.name in silent:
                    continue
                out(f"{field.number}=")
                if field.name in values:
                    out(self.slot(values[field.name], value))
                elif field.message_type is None:
                    out(repr(value) if isinstance(value, str) else str(value))
                elif field.is_repeated:
                    out("[")
                    for each in value:
                        self._walk(each)
                    out("]")
                else:
                    self._walk(value)
        out("}")
