"""Conditions of a language model's plan, as those of a Reading, every name and operator checked."""

from collections.abc import Callable
from typing import Any

from maestro.semantics.v1 import semantics_pb2
from services.analyzer import proposer_loose as loose
from services.analyzer.proposer_items import DATED, GIVEN, NUMERIC, Items
from services.analyzer.proposer_json import Rejected
from services.analyzer.proposer_literals import listed, number, text
from services.analyzer.proposer_names import Names
from services.analyzer.reading import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Condition,
    Constant,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Not,
    Reading,
    Ref,
    Within,
)

_DEEPEST, _OPTIONS, _VALUES = 3, 12, 50
_COMPARE = {"=": "=", "==": "=", "!=": "<>", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LIKE = {"contains": "contains", "starts": "prefix", "ends": "suffix"}


class Conditions:
    """Reads the conditions of one plan. nested: reads a plan that stands for a value."""

    def __init__(self, names: Names, items: Items, nested: Callable[[Any], Reading]) -> None:
        self._names = names
        self._items = items
        self._nested = nested

    def read(self, held: Any) -> list[Condition]:
        """Conditions that all hold, those apart that only say along which key tables are joined. Raises Rejected."""
        told = [loose.condition(each) for each in listed(loose.conditions(held), _OPTIONS)]
        return [self._one(*each) for each in told if not self._joins(*each)]

    def _joins(self, left: str, op: str, right: Any) -> bool:
        if not left or op != "=" or not isinstance(right, str) or not self._names.is_field(right):
            return False
        one, other = self._items.item(left), self._items.item(right)
        return one.ref is not None and other.ref is not None and self._items.follows(one.ref, other.ref)

    def _one(self, left: str, op: str, right: Any, depth: int = 0) -> Condition:
        if depth > _DEEPEST:
            raise Rejected("conditions nested too deeply")
        if not left:
            parts = tuple(self._one(*loose.condition(part), depth + 1) for part in listed(right, _OPTIONS))
            if not parts:
                raise Rejected("no option")
            return parts[0] if len(parts) == 1 else AnyOf(parts) if op == "or" else AllOf(parts)
        if isinstance(right, str) and right.startswith("entity:"):
            return self._entity(left, op, right.removeprefix("entity:").strip())
        item = self._items.item(left)
        if item.aggregated or item.grain:
            return Compare(item, _op(op), self._right(right, item), source=GIVEN)
        assert item.ref is not None
        return self._plain(item, item.ref, op, right)

    def _entity(self, left: str, op: str, name: str) -> Condition:
        entity = self._names.vocabulary.entities.get(name)
        dataset = self._names.dataset(left.partition(".")[0])
        if entity is None or all(each.dataset != dataset for each in entity.filters):
            raise Rejected(f"no entity {name[:80]!r}")
        return Named(dataset, name, negated=_op(op) == "<>", source=GIVEN)

    def _plain(self, item: Item, ref: Ref, op: str, right: Any) -> Condition:
        """A condition on a field."""
        flag = self._items.field(ref).role == semantics_pb2.FIELD_ROLE_FLAG
        flag = flag and self._items.field(ref).HasField("predicate")
        if op in ("is true", "is false") or (flag and isinstance(right, bool)):
            if not flag:
                raise Rejected(f"{ref.field} is no flag")
            wanted = op == "is true" if op.startswith("is ") else right is (op == "=")
            return Flag(ref, negated=not wanted, source=GIVEN)
        if op in ("is null", "is not null"):
            return Missing(ref, negated=op == "is not null", source=GIVEN)
        negated = op.startswith("not ") or (op in ("!=", "<>") and isinstance(right, list))
        plain = op.removeprefix("not ")
        if plain in ("in", "=", "==", "!=", "<>") and (isinstance(right, list) or plain == "in"):
            return self._within(ref, right, negated=negated)
        if plain == "between":
            held = self._between(ref, right)
            return Not(held) if negated else held
        if plain in _LIKE:
            return Like(ref, _LIKE[plain], text(right).strip("%"), negated=negated, source=GIVEN)
        return Compare(item, _op(op), self._right(right, item), source=GIVEN)

    def _between(self, ref: Ref, right: Any) -> Between:
        bounds = listed(right, 2)
        if len(bounds) != 2:
            raise Rejected("not two bounds")
        return Between(ref, self._constant(bounds[0], ref), self._constant(bounds[1], ref), source=GIVEN)

    def _within(self, ref: Ref, right: Any, *, negated: bool) -> Condition:
        if isinstance(right, list) and len(right) == 1 and isinstance(right[0], dict):
            right = right[0]
        if isinstance(right, dict):
            return Within(ref, query=self._nested(right), negated=negated, source=GIVEN)
        held = listed(right if isinstance(right, list) or right is None else [right], _VALUES)
        values = tuple(self._constant(each, ref) for each in held)
        if not values:
            raise Rejected("one of no values")
        return Within(ref, values, negated=negated, source=GIVEN)

    def _right(self, right: Any, left: Item) -> "Constant | Item | Reading":
        if isinstance(right, dict):
            return self._items.item(right["column"]) if set(right) == {"column"} else self._nested(right)
        if isinstance(right, str) and self._names.is_field(right):
            return self._items.item(right)
        if left.fn or left.grain:
            return number(right)
        return self._constant(right, left.ref)

    def _constant(self, value: Any, ref: Ref | None) -> Constant:
        """A value as the field's type has it; dates and texts are settled later."""
        family = self._items.field(ref).family if ref is not None else None
        if isinstance(value, bool):
            return value
        if family in NUMERIC:
            return number(value)
        if isinstance(value, (int, float)):
            # A code, or a year, that is kept as text.
            return f"{number(value):f}" if family not in DATED else str(value)
        return text(value)


def _op(op: str) -> str:
    if op not in _COMPARE:
        raise Rejected(f"no operator {op[:20]!r}")
    return _COMPARE[op]
