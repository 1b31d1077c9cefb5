"""Walking and rebuilding of algebra nodes, whatever their kind."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, cast

from services.loader.algebra import NOTHING, All, Node, Predicate, Query
from services.loader.types import Type


@cache
def _parts(kind: Hashable) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))  # type: ignore[arg-type]  # a dataclass, hashable as every class


def _parts_of(node: Node) -> tuple[str, ...]:
    return _parts(cast("Hashable", type(node)))


def children(node: Node) -> Iterator[Node]:
    """The nodes directly under a node, in order."""
    for name in _parts_of(node):
        yield from _nodes(getattr(node, name))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, tuple):
        for each in value:
            yield from _nodes(each)
    elif is_dataclass(value) and not isinstance(value, Type | type):
        yield value


def walk(node: Node, *, into_queries: bool = True) -> Iterator[Node]:
    """The node and all under it, outer ones first."""
    yield node
    for child in children(node):
        if into_queries or not isinstance(child, Query):
            yield from walk(child, into_queries=into_queries)


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with every child replaced by what `change` makes of it; the same object where nothing changes."""
    changed = {}
    for name in _parts_of(node):
        before = getattr(node, name)
        after = _mapped(before, change)
        if after is not before:
            changed[name] = after
    return replace(node, **changed) if changed else node


def _mapped(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, tuple):
        after = tuple(_mapped(each, change) for each in value)
        return value if all(a is b for a, b in zip(after, value, strict=True)) else after
    if is_dataclass(value) and not isinstance(value, Type | type):
        return change(value)
    return value


def bottom_up(node: Node, change: Callable[[Node], Node]) -> Node:
    """Every node replaced, inner ones first."""
    return change(rebuild(node, lambda child: bottom_up(child, change)))


def substitute(node: Node, what: dict[Any, Any]) -> Node:
    """Every node that is a key replaced by its value, outermost match first."""

    def change(each: Node) -> Node:
        if each in what:
            return what[each]
        return rebuild(each, change)

    return change(node)


def conjuncts(predicate: Predicate) -> tuple[Predicate, ...]:
    """The conditions that all have to hold."""
    if isinstance(predicate, All):
        return tuple(each for part in predicate.parts for each in conjuncts(part))
    return (predicate,)


def conjunction(*predicates: Predicate | None) -> Predicate:
    """All of them; without repeats and without nesting."""
    parts: dict[Predicate, None] = {}
    for predicate in predicates:
        if predicate is not None:
            parts.update(dict.fromkeys(conjuncts(predicate)))
    if len(parts) == 1:
        return next(iter(parts))
    return All(tuple(parts)) if parts else NOTHING
