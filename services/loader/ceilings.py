"""What a statement may cost, checked before it runs."""

from collections import OrderedDict
from dataclasses import dataclass

from mesh.fault import Fault
from services.loader.compiler import Compiled
from services.loader.source import Estimate

_NAMED = 6
"""Columns that a message names."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's limits, narrowed by the caller's. timeout: seconds. max_cost: 0 for none."""

    max_rows: int
    max_bytes: int
    max_cost: float
    timeout: float


class Ceilings:
    """Asks the planner where a statement could be too dear.

    A statement of which all estimates so far stayed far below the ceiling is not estimated every time: values move an
    estimate, but by the sizes of the same tables. Every hundredth run is estimated again.
    """

    _FAR = 100.0
    _AGAIN = 100

    def __init__(self, capacity: int = 2000) -> None:
        self._capacity = capacity
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()
        """SQL → (highest estimate, runs since)."""

    def has_to_estimate(self, compiled: Compiled, limits: Limits) -> bool:
        """Whether the planner has to be asked before this statement runs."""
        if not limits.max_cost or compiled.single:
            return False
        highest, runs = self._seen.get(compiled.sql, (float("inf"), 0))
        if highest * self._FAR > limits.max_cost or runs >= self._AGAIN:
            return True
        self._seen[compiled.sql] = (highest, runs + 1)
        return False

    def check(self, compiled: Compiled, estimate: Estimate, limits: Limits) -> None:
        """Raises Fault COST_CEILING where the estimate is above the ceiling."""
        before = self._seen.get(compiled.sql, (0.0, 0))[0]
        self._seen[compiled.sql] = (max(before, estimate.cost), 0)
        self._seen.move_to_end(compiled.sql)
        while len(self._seen) > self._capacity:
            self._seen.popitem(last=False)
        if limits.max_cost and estimate.cost > limits.max_cost:
            raise Fault(
                "COST_CEILING",
                f"The query would cost about {estimate.cost:,.0f}; at most {limits.max_cost:,.0f} is allowed. "
                f"{_advice(compiled)}",
                metadata={
                    "estimate": f"{estimate.cost:.0f}",
                    "ceiling": f"{limits.max_cost:.0f}",
                    "indexed": ", ".join(compiled.indexed[:_NAMED]),
                },
            )


def _advice(compiled: Compiled) -> str:
    """What would make the statement cheap."""
    unserved = [reason for _, index, choice, reason in compiled.choices if not index and choice == "whole table"]
    why = f"A whole table is read: {unserved[0]}. " if unserved else ""
    if not compiled.indexed:
        return f"{why}Narrow the period, or ask for fewer rows."
    return f"{why}Narrow the period, or filter by a column that an index begins with: {', '.join(compiled.indexed[:_NAMED])}."
