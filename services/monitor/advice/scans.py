"""The places of a planner's plan where rows of a table are read, and what they are read for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.monitor.advice.conditions import Condition, Kind, column_of, conditions

_SCANS = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan")
# Nodes that pass rows on as they come, one for one.
_TRANSPARENT = ("Gather", "Gather Merge", "Hash", "Materialize", "Memoize", "Subquery Scan")


@dataclass(slots=True)
class Scan:
    """One reading of a table.

    cost: the planner's, of all its repetitions; loops: how many those are. rows: that come out of one. order: (column,
    descending, NULLs first) that the rows are sorted by afterwards; limit: how many of them are wanted then, 0: all;
    sorting: what that costs. partners: for columns by which it is joined, the rows of the other side. sequential: read from end to end.
    """

    table: str
    alias: str
    cost: float
    loops: float
    rows: float
    sequential: bool
    conditions: list[Condition]
    order: list[tuple[str, bool, bool]] = field(default_factory=list)
    limit: float = 0
    sorting: float = 0
    partners: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement as the planner would run it. cost: of the whole."""

    cost: float
    scans: list[Scan]


def explained(text: str) -> Explained:
    """Reads the JSON form of EXPLAIN. Raises ValueError where it is none."""
    try:
        root = json.loads(text)[0]["Plan"]
        return Explained(float(root["Total Cost"]), list(_scans(root, 1.0, 1.0)))
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"no plan of PostgreSQL: {error}") from None


def _scans(node: dict[str, Any], loops: float, workers: float) -> Iterator[Scan]:
    kind = node["Node Type"]
    children = node.get("Plans", [])
    if kind in _SCANS:
        yield _scan(node, loops, workers)
    if kind in ("Gather", "Gather Merge"):
        planned = float(node.get("Workers Planned", 0))
        # As the planner reckons: the leader helps the less the more workers there are.
        workers = planned + max(0.0, 1.0 - 0.3 * planned)
    below: list[list[Scan]] = []
    for number, child in enumerate(children):
        below.append(list(_scans(child, loops * _repetitions(node, child, number), workers)))
    if kind == "Limit" and children:
        _ordered(node, children[0], below[0])
    if kind in ("Hash Join", "Merge Join"):
        _joined(node, children, below)
    for found in below:
        yield from found


def _scan(node: dict[str, Any], loops: float, workers: float) -> Scan:
    tests: list[Condition] = []
    for name in ("Filter", "Index Cond", "Recheck Cond"):
        if name in node:
            tests += conditions(node[name])
    if node["Node Type"] == "Bitmap Heap Scan" and "Recheck Cond" not in node:
        tests.append(Condition(Kind.OTHER))
    parallel = workers if node.get("Parallel Aware") else 1.0
    return Scan(
        table=node["Relation Name"],
        alias=node.get("Alias", node["Relation Name"]),
        cost=float(node["Total Cost"]) * loops,
        loops=loops,
        rows=float(node["Plan Rows"]) * parallel,
        sequential=node["Node Type"] == "Seq Scan",
        conditions=tests,
    )


def _repetitions(node: dict[str, Any], child: dict[str, Any], number: int) -> float:
    """How often a child is run for one run of its parent."""
    if child.get("Parent Relationship") == "SubPlan":
        # The planner does not say; what the parent costs tells.
        return max(1.0, float(node["Total Cost"]) / max(float(child["Total Cost"]), 0.01)) // 1.0
    if node["Node Type"] == "Nested Loop" and number == 1 and child["Node Type"] not in ("Materialize", "Memoize"):
        return max(1.0, float(node["Plans"][0]["Plan Rows"]))
    return 1.0


def _ordered(limit: dict[str, Any], node: dict[str, Any], scans: list[Scan]) -> None:
    """Notes the order of a scan whose rows are sorted for their first ones alone."""
    keys: list[str] = []
    while True:
        if node["Node Type"] == "Sort":
            keys = node.get("Sort Key", [])
        elif node["Node Type"] not in _TRANSPARENT:
            break
        if len(node.get("Plans", [])) != 1:
            break
        node = node["Plans"][0]
    if not keys or len(scans) != 1 or node["Node Type"] not in _SCANS:
        return
    order = [_sort_key(each) for each in keys]
    if all(each is not None for each in order):
        scans[0].order = [each for each in order if each is not None]
        scans[0].limit = float(limit["Plan Rows"])
        scans[0].sorting = max(0.0, float(limit["Total Cost"]) * scans[0].loops - scans[0].cost)


def _sort_key(text: str) -> tuple[str, bool, bool] | None:
    nulls_first = text.endswith(" NULLS FIRST")
    said = nulls_first or text.endswith(" NULLS LAST")
    text = text.removesuffix(" NULLS FIRST").removesuffix(" NULLS LAST")
    descending = text.endswith(" DESC")
    column = column_of(text.removesuffix(" DESC"))
    if column is None or column[2]:
        return None
    return column[1], descending, nulls_first if said else descending


def _joined(node: dict[str, Any], children: list[dict[str, Any]], below: list[list[Scan]]) -> None:
    """Notes by which columns tables that are read from end to end are joined, and with how many rows."""
    if len(children) != 2:
        return
    tests = conditions(node.get("Hash Cond") or node.get("Merge Cond") or "")
    for number, scans in enumerate(below):
        if len(scans) != 1 or not scans[0].sequential:
            continue
        others = float(children[1 - number]["Plan Rows"])
        for test in tests:
            column = test.column if test.alias == scans[0].alias else ""
            if test.partner == scans[0].alias and test.kind is Kind.PARTNER:
                column = _other_side(node, scans[0].alias)
            if column and test.kind is Kind.PARTNER and not test.cast:
                scans[0].partners[column] = min(others, scans[0].partners.get(column, others))


def _other_side(node: dict[str, Any], alias: str) -> str:
    """The column of an alias in a join condition, whichever side it is on."""
    for part in (node.get("Hash Cond") or node.get("Merge Cond") or "").replace("(", " ").replace(")", " ").split():
        column = column_of(part)
        if column is not None and column[0] == alias:
            return column[1]
    return ""
