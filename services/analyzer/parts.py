"""The parts that a reading is put together of, each one choice of several."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from services.analyzer.reading import Compare, Condition, Reading
from services.analyzer.slot import Column, Test

FLOOR = 0.004
"""Least probability: nothing is impossible."""


def cost_of(probability: float) -> float:
    """Minus the logarithm of a probability, bounded."""
    return -math.log(min(max(probability, FLOOR), 1.0))


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown: the columns with their kinds; counted: the dataset whose rows are counted, or ""."""

    columns: tuple[tuple[Column, str], ...]
    counted: str = ""


@dataclass(frozen=True, slots=True)
class Tested:
    """Which conditions hold, each with its place."""

    tests: tuple[tuple[Test, str], ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is ordered by. column: None for no order. how: one of ORDERED; limit: 0 for all."""

    column: Column | None = None
    how: str = ""
    limit: int = 0
    limit_tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """The conditions of one combination by where they hold. rows: of the main block, on its rows; having: on its groups;
    negated, second: of the other block; inner: of a query whose value is compared with."""

    rows: tuple[Test, ...]
    having: tuple[Test, ...]
    negated: tuple[Test, ...]
    second: tuple[Test, ...]
    inner: tuple[Test, ...]

    @classmethod
    def of(cls, tested: Tested) -> "Placed":
        """The conditions, sorted out."""
        by_place: dict[str, list[Test]] = {"main": [], "negated": [], "second": [], "inner": []}
        for test, place in tested.tests:
            by_place[place].append(test)
        having = [test for test in by_place["main"] if on_groups(test)]
        rows = [test for test in by_place["main"] if not on_groups(test)]
        return cls(*map(tuple, (rows, having, by_place["negated"], by_place["second"], by_place["inner"])))

    def all(self) -> Iterable[Test]:
        """Every one of them."""
        return (*self.rows, *self.having, *self.negated, *self.second, *self.inner)


def on_groups(test: Test) -> bool:
    """Whether it is a condition on groups."""
    return test.kind in ("count", "aggregate")


def nested(condition: Condition) -> bool:
    """Whether it compares with a query's value."""
    return isinstance(condition, Compare) and isinstance(condition.right, Reading)


def wants_row(condition: Condition) -> bool:
    """Whether it compares with the value of one row, which only conditions of its own can single out."""
    return isinstance(condition, Compare) and isinstance(condition.right, Reading) and not condition.right.select[0].fn
