"""Columns of a language model's plan, functions of them, and metrics, as Items whose names exist."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from maestro.catalog.v1 import catalog_pb2
from maestro.semantics.v1 import semantics_pb2
from services.analyzer.proposer_json import Rejected
from services.analyzer.proposer_names import Names
from services.analyzer.reading import Item, Ref, Source

GIVEN = Source(kind="given", via="model")
"""Where slots of a plan came from."""
NUMERIC = frozenset({catalog_pb2.TYPE_FAMILY_INTEGER, catalog_pb2.TYPE_FAMILY_DECIMAL, catalog_pb2.TYPE_FAMILY_FLOAT})
DATED = frozenset({catalog_pb2.TYPE_FAMILY_DATE, catalog_pb2.TYPE_FAMILY_TIMESTAMP})
_FUNCTION = re.compile(
    r"(count|sum|avg|average|min|max|year|quarter|month|week|day)\s*\((.*)\)", re.IGNORECASE | re.DOTALL
)
_DISTINCT = re.compile(r"distinct\b\s*", re.IGNORECASE)
_GRAINS = frozenset({"year", "quarter", "month", "week", "day"})


class Items:
    """Reads the columns of one plan. tables: of the plan. aliases: what short names of tables stand for."""

    def __init__(self, names: Names, tables: Sequence[str], aliases: Mapping[str, str]) -> None:
        self._names = names
        self._vocabulary = names.vocabulary
        self._tables = tables
        self._aliases = aliases
        self.titles: Mapping[str, str] = {}
        """Names that the plan makes for what it shows."""
        self.ways: dict[str, str] = {}
        """Dataset → the relationship that leads to it, where the answer says which."""

    def field(self, ref: Ref) -> semantics_pb2.Field:
        """What the semantic model says of a field."""
        return self._vocabulary.fields[ref.dataset, ref.field]

    def item(self, text: Any) -> Item:
        """A column, "fn(column)" or "metric:name". Raises Rejected."""
        if not isinstance(text, str):
            raise Rejected("not a column")
        text = self.titles.get(text.strip().casefold(), text).strip()
        if text.startswith("metric:"):
            return self._metric(text.removeprefix("metric:").strip())
        call = _FUNCTION.fullmatch(text)
        # A column's own name may end in parentheses.
        if call is None:
            return Item(self._ref(text), source=GIVEN)
        name, inside = call[1].lower(), call[2].strip()
        name = "avg" if name == "average" else name
        distinct = _DISTINCT.match(inside)
        if distinct:
            inside = inside[distinct.end() :].strip()
            inside = inside[1:-1] if inside.startswith("(") and inside.endswith(")") else inside
        if name == "count" and (inside in ("*", "1", "") or inside.endswith(".*")):
            return Item(fn="count", dataset=self._counted(inside), source=GIVEN)
        return self._called(name, self._ref(inside), distinct is not None)

    def _called(self, name: str, ref: Ref, distinct: bool) -> Item:
        if name in _GRAINS:
            if self.field(ref).family not in DATED:
                raise Rejected(f"{name} of what is no date")
            return Item(ref, grain=name, source=GIVEN)
        if name in ("sum", "avg") and not _is_measured(self.field(ref)):
            raise Rejected(f"{name} of what is no number")
        return Item(ref, name, distinct, source=GIVEN)

    def _counted(self, inside: str) -> str:
        """The dataset whose rows are counted."""
        table, dot, _ = inside.rpartition(".")
        if dot:
            return self._aliases.get(table.casefold()) or self._names.dataset(table)
        if not self._tables:
            raise Rejected("no table")
        return self._tables[0]

    def _metric(self, name: str) -> Item:
        metric = self._vocabulary.metrics.get(name)
        if metric is None:
            raise Rejected(f"no metric {name[:80]!r}")
        return Item(metric=metric.name, dataset=metric.dataset, source=GIVEN)

    def _ref(self, text: str) -> Ref:
        key, arrow, goal = text.partition("->")
        return self._by_key(self._named(key), self._named(goal)) if arrow else self._named(text)

    def _named(self, text: str) -> Ref:
        alias, dot, column = text.strip().partition(".")
        if dot and alias.casefold() in self._aliases:
            text = f"{self._aliases[alias.casefold()]}.{column}"
        return self._names.field(text, self._tables)

    def follows(self, one: Ref, other: Ref) -> bool:
        """Whether two fields are the ends of a key; the plan's tables are then joined along it."""
        for key, goal in ((one, other), (other, one)):
            name = self._key(key, goal.dataset, self.field(goal).column)
            if name and goal.dataset in self._tables:
                self.ways.setdefault(goal.dataset, name)
                return True
        return False

    def _key(self, key: Ref, goal: str, column: str = "") -> str:
        """Name of the relationship by which a key leads to a dataset, or to a column of it; empty: none."""
        for entry in self._vocabulary.model.relationships:
            told = entry.relationship
            ends = (entry.from_dataset, tuple(told.from_columns[:1]), entry.to_dataset)
            if ends == (key.dataset, (self.field(key).column,), goal) and column in ("", *told.to_columns[:1]):
                return told.name
        return ""

    def _by_key(self, key: Ref, goal: Ref) -> Ref:
        """A field of the dataset that a key leads to. A second key to the same dataset leads to a second copy of it."""
        if name := self._key(key, goal.dataset):
            first = self.ways.setdefault(goal.dataset, name)
            return goal if first == name else goal._replace(role=name)
        raise Rejected(f"{key.dataset}.{key.field} does not lead to {goal.dataset}")


def _is_measured(field: semantics_pb2.Field) -> bool:
    """Whether a field holds numbers, be it as text."""
    if field.family in NUMERIC or field.role == semantics_pb2.FIELD_ROLE_MEASURE:
        return True
    numbers = sum(each.value.replace(".", "", 1).lstrip("-").isdigit() for each in field.values)
    return 2 * numbers > len(field.values)
