"""What the manner of speaking is compared with: marks of a reading, each a short text, which say what kind of query it is; and
roles, which say what is made of a stretch of the question. Both are told part by part: readings of a question share parts.

Neither holds a name of the schema nor a word of any language: what is learned of them holds in all.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.ground import Ground
from services.analyzer.reading import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Item,
    Like,
    Missing,
    Not,
    Reading,
    Ref,
    Related,
    Within,
)

_NUMERIC = (1, 2, 3)
Role = tuple[tuple[int, ...], str, str]
"""Tokens, what is made of them, and the kind of field that it is made with ("" where there is none)."""


class Part(NamedTuple):
    """A part of a reading. marks: the first of them stands for the part in the shape of the whole."""

    marks: tuple[str, ...]
    roles: tuple[Role, ...]


def keys(reading: Reading) -> tuple[tuple[Hashable, ...], ...]:
    """What tells the parts of a reading from those of others, in the order of `PARTS`, while all of them live."""
    items = tuple(map(id, reading.select))
    return (
        (0, *items),
        (1, reading.root, *map(id, reading.where)),
        (2, *map(id, reading.group), None, *map(id, reading.having)) if reading.group or reading.having else _NO_GROUP,
        (3, reading.limit, *map(id, reading.order), *items) if reading.order else _NO_ORDER,
        (4, id(reading.combine)) if reading.combine else _NOT_COMBINED,
    )


_NO_GROUP, _NO_ORDER, _NOT_COMBINED = (2,), (3,), (4,)


def shown(reading: Reading, ground: Ground) -> Part:
    """What is shown."""
    items = reading.select
    plain = sum(not item.aggregated for item in items)
    kinds = sorted(item.fn + kind(item.ref, ground) for item in items)
    functions = sorted(_function(item) for item in items if item.aggregated)
    counts = f"np{min(plain, 4)}na{min(len(items) - plain, 3)}"
    marks = (
        f"{counts}{','.join(functions)}", counts, *(f"s:{each}" for each in functions), *(f"st:{each}" for each in kinds),
        f"sk:{','.join(kinds)}",
    )  # fmt: skip
    return Part(marks, tuple(_shown_roles(items, ground, "")))


def tested(reading: Reading, ground: Ground) -> Part:
    """Which conditions hold."""
    marks = [f"nw{min(len(reading.where), 3)}"]
    for each in reading.where:
        marks.append(f"w:{_form(each)}")
        if isinstance(each, Compare) and each.left.ref:
            ref = each.left.ref
            marks.append(f"wk:{each.op}{kind(ref, ground)}{ref.dataset != reading.root}")
    return Part(tuple(marks), tuple(_tested_roles(reading.where, ground, "")))


def grouped(reading: Reading, ground: Ground) -> Part:
    """What rows are grouped by, and which groups are left."""
    count = f"g{min(len(reading.group), 2)}"
    kinds = [f"gk:{kind(item.ref, ground)}" for item in reading.group]
    having = [f"h:{_function(each.left)}{each.op}" for each in reading.having]
    return Part((count + "".join(having), count, *kinds, *having), tuple(_grouped_roles(reading, ground, "")))


def ordered(reading: Reading, ground: Ground) -> Part:
    """What comes first, and how much of it."""
    if not reading.order:
        return Part(("o0",), ())
    order, items = reading.order[0], {(item.ref, item.fn) for item in reading.select}
    way = "d" if order.descending else "a"
    limit = "0" if not reading.limit else "1" if reading.limit == 1 else "k"
    marks = (
        f"o:{way}:{_function(order.item)}:{limit}", f"o:{way}", f"l{limit}",
        "o:shown" if (order.item.ref, order.item.fn) in items else "o:hid",
        f"ok:{order.item.fn}{kind(order.item.ref, ground)}{way}{limit == '1'}",
    )  # fmt: skip
    return Part(marks, tuple(_ordered_roles(reading, ground, "")))


def combined(reading: Reading, ground: Ground) -> Part:
    """What it is combined with."""
    if reading.combine is None:
        return Part(("c0",), ())
    return Part((f"c:{reading.combine.op}",), tuple(_roles(reading.combine.other, ground, "c")))


PARTS = (shown, tested, grouped, ordered, combined)


def whole(reading: Reading, words: Sequence[str]) -> tuple[str, ...]:
    """Marks of all of it together. words: the first mark of each part."""
    datasets = min(len({item.ref.dataset for item in reading.select if item.ref} | {reading.root}), 3)
    shape = f"sh:{words[0]}{words[2]}{words[3]}{words[4]}{reading.distinct}"
    return (shape, f"ds{datasets}", f"tb{min(len(reading.tables), 2)}", f"d{reading.distinct}")


def kind(ref: Ref | None, ground: Ground) -> str:
    """The kind of a field in one letter: a label, part of a key, a reference, a moment, a number, something else; "*" for
    none."""
    if ref is None:
        return "*"
    label, key, _ = ground.kind(ref)
    if label or key:
        return "l" if label else "k"
    if (ref.dataset, ref.field) in ground.vocabulary.referring:
        return "r"
    held = ground.vocabulary.fields[ref.dataset, ref.field]
    if held.role == semantics_pb2.FIELD_ROLE_TIME:
        return "t"
    return "n" if held.family in _NUMERIC else "x"


def _function(item: Item) -> str:
    if item.fn == "count" and item.ref is None:
        return "count*"
    return item.fn + ("d" if item.distinct else "")


def _form(each: Condition) -> str:
    match each:
        case Compare():
            right = each.right
            if isinstance(right, Reading):
                against = f"q:{right.select[0].fn if right.select else ''}"
            else:
                against = "i" if isinstance(right, Item) else "s" if isinstance(right, str) else "n"
            return f"{each.left.fn}{each.op}{against}"
        case Related():
            return f"rel{each.negated}{each.op}"
        case Within():
            return f"in{each.negated}{each.query is not None}"
        case Like():
            return f"like{each.negated}{each.kind}"
        case Missing():
            return f"null{each.negated}"
        case _:
            return type(each).__name__


def _roles(reading: Reading, ground: Ground, inside: str) -> Iterator[Role]:
    """Those of a reading within another. inside: as what it is there."""
    yield from _shown_roles(reading.select, ground, inside)
    yield from _tested_roles(reading.where, ground, inside)
    yield from _grouped_roles(reading, ground, inside)
    yield from _ordered_roles(reading, ground, inside)


def _shown_roles(items: Sequence[Item], ground: Ground, inside: str) -> Iterator[Role]:
    for each in items:
        yield each.source.tokens, f"{inside}s:{_function(each)}", kind(each.ref, ground)


def _grouped_roles(reading: Reading, ground: Ground, inside: str) -> Iterator[Role]:
    for item in reading.group:
        yield item.source.tokens, f"{inside}g", kind(item.ref, ground)
    for each in reading.having:
        yield each.source.tokens, f"{inside}h", ""
        yield each.left.source.tokens, f"{inside}hl", ""


def _ordered_roles(reading: Reading, ground: Ground, inside: str) -> Iterator[Role]:
    for each in reading.order:
        role = f"{inside}o:{'d' if each.descending else 'a'}{_function(each.item)}{bool(reading.limit)}"
        yield each.item.source.tokens, role, kind(each.item.ref, ground)


def _tested_roles(conditions: Sequence[Condition], ground: Ground, inside: str) -> Iterator[Role]:
    for each in conditions:
        if isinstance(each, Compare):
            yield from _compared_roles(each, ground, inside)
        elif isinstance(each, AnyOf | AllOf):
            yield from _tested_roles(each.options if isinstance(each, AnyOf) else each.parts, ground, inside)
        elif isinstance(each, Not):
            yield from _tested_roles([each.condition], ground, f"{inside}n")
        else:
            yield each.source.tokens, f"{inside}w{_form(each)}", ""
            if isinstance(each, Related):
                yield from _tested_roles(each.where, ground, "p")


def _compared_roles(each: Compare, ground: Ground, inside: str) -> Iterator[Role]:
    of = kind(each.left.ref, ground)
    yield each.source.tokens, f"{inside}w{each.op}", of
    yield each.left.source.tokens, f"{inside}wl{each.op}{each.left.fn}", of
    if isinstance(each.right, Item):
        yield each.right.source.tokens, f"{inside}wr", ""
    elif isinstance(each.right, Reading):
        yield from _roles(each.right, ground, "q")
