"""Algebra in a form that people read."""

from dataclasses import fields, is_dataclass
from typing import Any

from services.loader.algebra import Column, Literal, Query
from services.loader.types import Type


def told(node: Any, indent: int = 0) -> str:
    """A node, a line for each part that does not fit on one. What is as by default is left out."""
    pad = "  " * indent
    if isinstance(node, Column):
        return f"{node.alias}.{node.name}"
    if isinstance(node, Literal):
        through = "".join(f" | {getattr(each, '__name__', each)}" for each in node.through)
        value = node.slot or repr(node.fixed)
        kind = node.type.name or "?"
        return f"<{value}{through} :: {kind}>".replace(" | convert", " | bucket")
    if isinstance(node, tuple):
        return "[" + ", ".join(told(each, indent) for each in node) + "]"
    if not is_dataclass(node) or isinstance(node, type):
        return repr(node)
    parts = [(each.name, getattr(node, each.name)) for each in fields(node) if each.compare and _says(node, each)]
    if isinstance(node, Query) or type(node).__name__ in ("Select", "Combined"):
        lines = "".join(f"\n{pad}  {name}: {told(value, indent + 1)}" for name, value in parts)
        return f"{type(node).__name__}{lines}"
    return f"{type(node).__name__}({', '.join(f'{name}={told(value, indent)}' for name, value in parts)})"


def _says(node: Any, each: Any) -> bool:
    value = getattr(node, each.name)
    return not isinstance(value, Type) and value not in (None, False, "", ()) and value != each.default
