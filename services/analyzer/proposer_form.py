"""A language model's answer as a Reading: JSON in the form that proposer_prompt.py describes, checked against the model.

Whatever the answer is (too long, too deep, not JSON, of other types, with names that are not there), it becomes a Reading
whose every name exists, or Rejected. Values are settled afterwards, by proposer_values.py.

    proposer_json.py        the object in the answer
    proposer_loose.py       other ways to write the form
    proposer_names.py       what names mean
    proposer_items.py       columns, functions of them, orders
    proposer_conditions.py  conditions
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from services.analyzer import proposer_loose as loose
from services.analyzer.proposer_conditions import Conditions
from services.analyzer.proposer_items import Items
from services.analyzer.proposer_json import Rejected
from services.analyzer.proposer_literals import listed, names, rows
from services.analyzer.proposer_names import Names
from services.analyzer.reading import Combination, Compare, Item, Order, Reading, datasets
from services.analyzer.vocabulary import Vocabulary

_DEEPEST = 3
_ITEMS, _ORDERS, _TABLES, _ROWS = 12, 4, 8, 10_000
_COMBINED = ("union", "intersect", "except")


def reading_of(made: Mapping[str, Any], vocabulary: Vocabulary, datasets: Iterable[str] | None = None) -> Reading:
    """The reading that a plan in that form says. datasets: those that it may name; None: all. Raises Rejected."""
    return _reading(made, Names(vocabulary, vocabulary.datasets if datasets is None else datasets), 0)


def _reading(made: Any, held: Names, depth: int) -> Reading:
    if depth > _DEEPEST:
        raise Rejected("plans nested too deeply")
    if not isinstance(made, dict):
        raise Rejected("not a plan")
    return _Plan(loose.keys(made), held, depth).reading()


class _Plan:
    """One plan of an answer, read against the vocabulary."""

    def __init__(self, made: Mapping[str, Any], held: Names, depth: int) -> None:
        self._made = made
        self._names = held
        self._depth = depth
        written, aliases = loose.tables(made.get("from"))
        self._tables = list(dict.fromkeys(held.dataset(each) for each in names(written, _TABLES)))
        self._items = Items(held, self._tables, {name: held.dataset(each) for name, each in aliases.items()})
        self._conditions = Conditions(held, self._items, self._nested)

    def reading(self) -> Reading:
        made = self._made
        shown, titles, once = loose.items(made.get("select"))
        self._items.titles = titles
        select = tuple(self._items.item(each) for each in names(shown, _ITEMS))
        if not select:
            raise Rejected("nothing is selected")
        root = next(iter(self._tables), "") or next((item.ref.dataset for item in select if item.ref), "")
        if not root:
            raise Rejected("no table")
        # Conditions on groups that were put among those on rows, and the other way round, are where they can be only.
        both = [*self._conditions.read(made.get("where")), *self._conditions.read(made.get("having"))]
        on_groups = tuple(each for each in both if isinstance(each, Compare) and each.left.aggregated)
        on_rows = tuple(each for each in both if each not in on_groups)
        order = tuple(self._order(each) for each in _several(made.get("order")))
        group = self._group(select, [*(each.left for each in on_groups), *(each.item for each in order)])
        reading = Reading(
            root, select, on_rows, group, on_groups, order, rows(made.get("limit"), _ROWS),
            distinct=once or made.get("distinct", False) is True, combine=self._combine(len(select)),
        )  # fmt: skip
        named = set(datasets(reading))
        reading = replace(reading, ways=tuple(self._items.ways.values()))
        return replace(reading, tables=tuple(each for each in self._tables if each not in named))

    def _group(self, select: tuple[Item, ...], others: Iterable[Item]) -> tuple[Item, ...]:
        """What rows are grouped by; where something is of groups and nothing says which: by all that is shown of rows."""
        told, _, _ = loose.items(self._made.get("group"))
        group = tuple(self._items.item(each) for each in names(told, _ITEMS))
        if any(item.aggregated for item in group):
            raise Rejected("grouped by an aggregate")
        plain = tuple(item for item in select if not item.aggregated)
        grouped = len(plain) < len(select) or any(each.aggregated for each in others)
        return plain if grouped and not group else group

    def _order(self, each: Any) -> Order:
        by, down = loose.order(each)
        return Order(self._items.item(by), down)

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

    def _nested(self, made: Any) -> Reading:
        """A plan that stands for a value, or for several."""
        reading = _reading(made, self._names, self._depth + 1)
        if len(reading.select) != 1:
            raise Rejected("a plan of several columns as a value")
        return reading


def _several(held: Any) -> Iterable[Any]:
    """Order keys, be it one that is not in a list."""
    return listed(held if isinstance(held, list) or held is None else [held], _ORDERS)
