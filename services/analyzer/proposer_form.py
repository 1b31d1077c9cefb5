"""A language model's answer as a Reading: JSON in the form that proposer_prompt.py describes, checked against the model.

Whatever the answer is (too long, too deep, not JSON, of other types, with names that are not there), it becomes a Reading
whose every name exists, or Rejected. Values are settled afterwards, by proposer_values.py.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from maestro.catalog.v1 import catalog_pb2
from maestro.semantics.v1 import semantics_pb2
from services.analyzer.reading import (
    AnyOf,
    Between,
    Combination,
    Compare,
    Condition,
    Constant,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Not,
    Order,
    Reading,
    Ref,
    Source,
    Within,
    datasets,
)
from services.analyzer.vocabulary import Vocabulary


class Rejected(ValueError):
    """An answer that is no plan for this source; the message says why, for the log."""


LONGEST = 16_000
"""Characters of an answer that are read."""
_DEEPEST_JSON, _DEEPEST = 24, 3
_ITEMS, _CONDITIONS, _VALUES, _TABLES, _TEXT, _ROWS = 12, 12, 50, 8, 200, 10_000
_COMBINED = ("union", "intersect", "except")
_KEYS = frozenset({"from", "select", "where", "group", "having", "order", "limit", "distinct", *_COMBINED})
_FUNCTION = re.compile(r"(count|sum|avg|min|max|year|quarter|month|week|day)\s*\((.*)\)", re.IGNORECASE | re.DOTALL)
_DISTINCT = re.compile(r"distinct\b\s*", re.IGNORECASE)
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_GRAINS = frozenset({"year", "quarter", "month", "week", "day"})
_NUMERIC = frozenset({catalog_pb2.TYPE_FAMILY_INTEGER, catalog_pb2.TYPE_FAMILY_DECIMAL, catalog_pb2.TYPE_FAMILY_FLOAT})
_DATED = frozenset({catalog_pb2.TYPE_FAMILY_DATE, catalog_pb2.TYPE_FAMILY_TIMESTAMP})
_COMPARE = {"=": "=", "==": "=", "!=": "<>", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LIKE = {"contains": "contains", "starts": "prefix", "ends": "suffix"}
_GIVEN = Source(kind="given", via="model")
_LETTERS = re.compile(r"[\W_]+")


def decoded(answer: str) -> Mapping[str, Any]:
    """The first JSON object of an answer, whatever stands around it. Raises Rejected."""
    text = _THOUGHT.sub("", answer[:LONGEST])
    start = text.find("{")
    if start < 0:
        raise Rejected("no JSON object")
    text = text[start:]
    if _depth(text) > _DEEPEST_JSON:
        raise Rejected("nested too deeply")
    try:
        made, _ = json.JSONDecoder(parse_constant=_no_constant).raw_decode(text)
        text.encode()
        json.dumps(made, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:  # UnicodeEncodeError, of half a surrogate, is a ValueError
        raise Rejected(f"not JSON: {type(error).__name__}") from None
    if not isinstance(made, dict):
        raise Rejected("not an object")
    return made


def _depth(text: str) -> int:
    deepest = depth = 0
    for char in text:
        if char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def _no_constant(name: str) -> Any:
    raise ValueError(name)


class Names:
    """The datasets that a plan may name, and their fields, however the model spells them."""

    def __init__(self, vocabulary: Vocabulary, datasets: Iterable[str]) -> None:
        self.vocabulary = vocabulary
        self._datasets = {name.casefold(): name for name in datasets}
        self._whole: dict[str, Ref] = {}
        self._letters: dict[str, list[Ref]] = {}
        """Letters and digits of dataset and field → where they occur."""
        self._short: dict[str, list[Ref]] = {}
        for name in self._datasets.values():
            for field in vocabulary.datasets[name].fields:
                ref = Ref(name, field.name)
                self._whole[f"{name}.{field.name}".casefold()] = ref
                self._letters.setdefault(_letters(f"{name}{field.name}"), []).append(ref)
                self._short.setdefault(_letters(field.name), []).append(ref)

    def dataset(self, text: str) -> str:
        """A dataset by its name. Raises Rejected."""
        name = self._datasets.get(text.strip('"`[] ').casefold())
        if name is None:
            raise Rejected(f"no table {text[:80]!r}")
        return name

    def field(self, text: str, tables: Sequence[str]) -> Ref:
        """A field by its name, quoted, cut or written otherwise, but of one field only. tables: where names without a table
        are sought. Raises Rejected."""
        name = text.strip().strip('"`[]')
        if name.casefold() in self._whole:
            return self._whole[name.casefold()]
        found = self._letters.get(_letters(name), ())
        found = found or [ref for ref in self._short.get(_letters(name), ()) if not tables or ref.dataset in tables]
        if len(found) != 1:
            raise Rejected(f"no column {text[:80]!r}")
        return found[0]


def _letters(name: str) -> str:
    return _LETTERS.sub("", name.casefold())


def reading_of(made: Mapping[str, Any], vocabulary: Vocabulary, datasets: Iterable[str] | None = None) -> Reading:
    """The reading that a plan in that form says. datasets: those that it may name; None: all. Raises Rejected."""
    return _reading(made, Names(vocabulary, vocabulary.datasets if datasets is None else datasets), 0)


def _reading(made: Mapping[str, Any], names: Names, depth: int) -> Reading:
    if depth > _DEEPEST:
        raise Rejected("plans nested too deeply")
    if not isinstance(made, dict) or made.keys() - _KEYS:
        raise Rejected("unknown keys")
    return _Plan(made, names, depth).reading()


class _Plan:
    """One plan of an answer, read against the vocabulary."""

    def __init__(self, made: Mapping[str, Any], names: Names, depth: int) -> None:
        self._made = made
        self._names = names
        self._vocabulary = names.vocabulary
        self._depth = depth
        self._tables = [names.dataset(each) for each in _texts(made.get("from", []), _TABLES)]
        self._root = self._tables[0] if self._tables else ""
        self._ways: dict[str, str] = {}
        """Dataset → the relationship that leads to it, where the answer says which."""

    def reading(self) -> Reading:
        made = self._made
        select = tuple(self._item(each) for each in _texts(made.get("select", []), _ITEMS))
        if not select:
            raise Rejected("nothing is selected")
        self._root = self._root or next((item.ref.dataset for item in select if item.ref), "")
        if not self._root:
            raise Rejected("no table")
        where = [self._condition(each) for each in _list(made.get("where", []), _CONDITIONS)]
        having = [self._condition(each) for each in _list(made.get("having", []), _CONDITIONS)]
        group = tuple(self._item(each) for each in _texts(made.get("group", []), _ITEMS))
        if any(item.aggregated for item in group):
            raise Rejected("grouped by an aggregate")
        # Conditions on groups that were put among those on rows, and the other way round, are where they can be only.
        both = [*where, *having]
        on_groups = [each for each in both if isinstance(each, Compare) and each.left.aggregated]
        on_rows = tuple(each for each in both if each not in on_groups)
        order = tuple(self._order(each) for each in _list(made.get("order", []), 4))
        plain = tuple(item for item in select if not item.aggregated)
        if not group and plain and (len(plain) < len(select) or on_groups):
            group = plain
        reading = Reading(
            self._root, select, on_rows, group, tuple(on_groups), order, _whole(made.get("limit", 0), _ROWS),
            distinct=made.get("distinct", False) is True, combine=self._combine(len(select)),
        )  # fmt: skip
        named = set(datasets(reading))
        reading = replace(reading, ways=tuple(self._ways.values()))
        return replace(reading, tables=tuple(each for each in dict.fromkeys(self._tables) if each not in named))

    def _combine(self, width: int) -> Combination | None:
        told = [op for op in _COMBINED if self._made.get(op)]
        if len(told) > 1:
            raise Rejected("combined twice")
        if not told:
            return None
        other = _reading(self._made[told[0]], self._names, self._depth + 1)
        if len(other.select) != width:
            raise Rejected("combined with another number of columns")
        return Combination(told[0], other)

    # Names

    def _ref(self, text: str) -> Ref:
        key, arrow, goal = text.partition("->")
        return self._by_key(self._named(key), self._named(goal)) if arrow else self._named(text)

    def _by_key(self, key: Ref, goal: Ref) -> Ref:
        """A field of the dataset that a key leads to. A second key to the same dataset leads to a second copy of it."""
        column = self._field(key).column
        for entry in self._vocabulary.model.relationships:
            ends = (entry.from_dataset, tuple(entry.relationship.from_columns[:1]), entry.to_dataset)
            if ends == (key.dataset, (column,), goal.dataset):
                name = entry.relationship.name
                first = self._ways.setdefault(goal.dataset, name)
                return goal if first == name else replace(goal, role=name)
        raise Rejected(f"{key.dataset}.{key.field} does not lead to {goal.dataset}")

    def _named(self, text: str) -> Ref:
        return self._names.field(text, self._tables)

    def _field(self, ref: Ref) -> semantics_pb2.Field:
        return self._vocabulary.fields[ref.dataset, ref.field]

    def _item(self, text: Any) -> Item:
        if not isinstance(text, str):
            raise Rejected("not a column")
        if text.startswith("metric:"):
            metric = self._vocabulary.metrics.get(text.removeprefix("metric:").strip())
            if metric is None:
                raise Rejected(f"no metric {text[:80]!r}")
            return Item(metric=metric.name, dataset=metric.dataset, source=_GIVEN)
        call = _FUNCTION.fullmatch(text.strip())
        # A column's own name may end in parentheses.
        if call is None:
            return Item(self._ref(text), source=_GIVEN)
        name, inside = call[1].lower(), call[2].strip()
        distinct = _DISTINCT.match(inside)
        if distinct:
            inside = inside[distinct.end() :].strip("() ")
        if name == "count" and inside in ("*", "1", ""):
            return Item(fn="count", dataset=self._root, source=_GIVEN)
        ref = self._ref(inside)
        if name in _GRAINS:
            if self._field(ref).family not in _DATED:
                raise Rejected(f"{name} of what is no date")
            return Item(ref, grain=name, source=_GIVEN)
        if name in ("sum", "avg") and not _is_measured(self._field(ref)):
            raise Rejected(f"{name} of what is no number")
        return Item(ref, name, distinct is not None, source=_GIVEN)

    def _order(self, each: Any) -> Order:
        if not isinstance(each, dict) or each.keys() - {"by", "desc"}:
            raise Rejected("not an order")
        return Order(self._item(each.get("by")), each.get("desc", False) is True)

    # Conditions

    def _condition(self, each: Any, depth: int = 0) -> Condition:
        if not isinstance(each, dict) or depth > _DEEPEST:
            raise Rejected("not a condition")
        if "any" in each:
            options = tuple(self._condition(option, depth + 1) for option in _list(each["any"], _CONDITIONS))
            if not options:
                raise Rejected("no option")
            return AnyOf(options) if len(options) > 1 else options[0]
        op, right = str(each.get("op", "")).lower().strip(), each.get("right")
        left = str(each.get("left", ""))
        if isinstance(right, str) and right.startswith("entity:"):
            return self._entity(left, op, right.removeprefix("entity:").strip())
        item = self._item(left)
        if item.aggregated or item.grain:
            return Compare(item, _op(op), self._right(right, item), source=_GIVEN)
        assert item.ref is not None
        return self._plain(item, item.ref, op, right)

    def _entity(self, left: str, op: str, name: str) -> Condition:
        entity = self._vocabulary.entities.get(name)
        dataset = self._names.dataset(left.partition(".")[0])
        if entity is None or all(each.dataset != dataset for each in entity.filters):
            raise Rejected(f"no entity {name[:80]!r}")
        return Named(dataset, name, negated=_op(op) == "<>", source=_GIVEN)

    def _plain(self, item: Item, ref: Ref, op: str, right: Any) -> Condition:
        flag = self._field(ref).role == semantics_pb2.FIELD_ROLE_FLAG and self._field(ref).HasField("predicate")
        if op in ("is true", "is false") or (flag and isinstance(right, bool)):
            if not flag:
                raise Rejected(f"{ref.field} is no flag")
            wanted = op == "is true" if op.startswith("is ") else right is (op == "=")
            return Flag(ref, negated=not wanted, source=_GIVEN)
        if op in ("is null", "is not null"):
            return Missing(ref, negated=op == "is not null", source=_GIVEN)
        if op in ("in", "not in"):
            return self._within(ref, right, negated=op == "not in")
        if op == "between":
            bounds = _list(right, 2)
            if len(bounds) != 2:
                raise Rejected("not two bounds")
            return Between(ref, self._constant(bounds[0], ref), self._constant(bounds[1], ref), source=_GIVEN)
        kind = _LIKE.get(op.removeprefix("not "))
        if kind is not None:
            return Like(ref, kind, _text(right).strip("%"), negated=op.startswith("not "), source=_GIVEN)
        if isinstance(right, list) and op in ("=", "!="):
            return self._within(ref, right, negated=op == "!=")
        return Compare(item, _op(op), self._right(right, item), source=_GIVEN)

    def _within(self, ref: Ref, right: Any, *, negated: bool) -> Condition:
        if isinstance(right, dict):
            return Within(ref, query=self._query(right), negated=negated, source=_GIVEN)
        values = tuple(self._constant(each, ref) for each in _list(right, _VALUES))
        if not values:
            raise Rejected("one of no values")
        return Within(ref, values, negated=negated, source=_GIVEN)

    def _right(self, right: Any, left: Item) -> "Constant | Item | Reading":
        if isinstance(right, dict):
            if set(right) == {"column"}:
                return self._item(right["column"])
            return self._query(right)
        if left.fn or left.grain:
            return _number(right)
        return self._constant(right, left.ref)

    def _query(self, right: Mapping[str, Any]) -> Reading:
        if set(right) != {"plan"}:
            raise Rejected("not a plan")
        made = _reading(right["plan"], self._names, self._depth + 1)
        if len(made.select) != 1:
            raise Rejected("a plan of several columns as a value")
        return made

    def _constant(self, value: Any, ref: Ref | None) -> Constant:
        """A value as the field's type has it; dates and texts are settled later."""
        family = self._field(ref).family if ref is not None else None
        if isinstance(value, bool):
            return value
        if family in _NUMERIC:
            return _number(value)
        if isinstance(value, (int, float)):
            # A code, or a year, that is kept as text.
            return f"{_number(value):f}" if family not in _DATED else str(value)
        return _text(value)


def _is_measured(field: semantics_pb2.Field) -> bool:
    """Whether a field holds numbers, be it as text."""
    if field.family in _NUMERIC or field.role == semantics_pb2.FIELD_ROLE_MEASURE:
        return True
    numbers = sum(each.value.replace(".", "", 1).lstrip("-").isdigit() for each in field.values)
    return 2 * numbers > len(field.values)


def _op(op: str) -> str:
    if op not in _COMPARE:
        raise Rejected(f"no operator {op[:20]!r}")
    return _COMPARE[op]


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Rejected("not a number")
    try:
        made = Decimal(str(value).strip().replace("_", "x"))
    except InvalidOperation:
        raise Rejected("not a number") from None
    if not made.is_finite() or abs(made) > Decimal(10) ** 18 or made.adjusted() < -12:
        raise Rejected("not a number that data holds")
    return made.quantize(Decimal(1)) if made == made.to_integral_value() else made


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _TEXT or any(ord(char) < 32 for char in value):
        raise Rejected("not a text that data holds")
    return value


def _list(value: Any, most: int) -> Sequence[Any]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > most:
        raise Rejected("not a short list")
    return value


def _texts(value: Any, most: int) -> Iterable[str]:
    if isinstance(value, str):
        value = [value]
    for each in _list(value, most):
        if not isinstance(each, str):
            raise Rejected("not a list of names")
        yield each


def _whole(value: Any, most: int) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Rejected("not a number of rows")
    return value


def constants(reading: Reading, change: "Callable[[Ref, Condition], Condition]") -> Reading:
    """The reading with every condition on a field changed, those of nested readings included."""

    def condition(each: Condition) -> Condition:
        match each:
            case AnyOf():
                return AnyOf(tuple(condition(option) for option in each.options))
            case Not():
                return Not(condition(each.condition))
            case Compare(right=Reading() as inner):
                return replace(each, right=constants(inner, change))
            case Within(query=Reading() as inner):
                return replace(each, query=constants(inner, change))
            case Compare():
                plain = each.left.ref is not None and not each.left.aggregated and not each.left.grain
                return change(each.left.ref, each) if plain and each.left.ref is not None else each
            case Within() | Between() | Like():
                return change(each.ref, each)
            case _:
                return each

    combine = reading.combine
    if combine is not None:
        combine = Combination(combine.op, constants(combine.other, change))
    having = tuple(each for each in (condition(held) for held in reading.having) if isinstance(each, Compare))
    return replace(reading, where=tuple(condition(each) for each in reading.where), having=having, combine=combine)
