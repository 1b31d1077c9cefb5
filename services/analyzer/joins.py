"""Which way tables hang together: the graph of relationships and the cheapest trees that connect a set of datasets."""

import heapq
import itertools
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from maestro.catalog.v1 import catalog_pb2
from maestro.semantics.v1 import semantics_pb2

_KEPT = 4096
"""Trees that are remembered."""
_STARTS = 256
"""Datasets from which distances are remembered."""
_LONGEST, _LONGEST_OF_LARGE = 5, 3
"""Edges of the longest path; of a schema of more than `_LARGE` tables, in which everything is near everything."""
_LARGE = 200
_FEW = 3
"""Ways to join that are looked at in a large schema."""
_FAR = float("inf")


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A relationship walked from one dataset to another.

    forward: from the referring to the referred dataset (many rows to one). cost: 1 for a declared key, more where the
    relationship is only inferred.
    """

    name: str
    source: str
    goal: str
    forward: bool
    cost: float

    @property
    def reversed(self) -> "Edge":
        """The same relationship walked the other way."""
        return Edge(self.name, self.goal, self.source, not self.forward, self.cost)


@dataclass(frozen=True)
class Tree:
    """Edges that connect datasets, each beginning at the root or at the goal of one before it."""

    root: str
    edges: tuple[Edge, ...]

    @cached_property
    def cost(self) -> float:
        """Sum of the edges' costs."""
        return sum(edge.cost for edge in self.edges)

    @cached_property
    def datasets(self) -> frozenset[str]:
        """All datasets in it."""
        return frozenset({self.root, *(edge.goal for edge in self.edges)})

    @cached_property
    def names(self) -> frozenset[str]:
        """The relationships that it uses."""
        return frozenset(edge.name for edge in self.edges)

    @cached_property
    def multiplies(self) -> bool:
        """Whether a row of the root may occur several times in the join."""
        return any(not edge.forward for edge in self.edges)


class JoinGraph:
    """The relationships of a model as a graph over its datasets."""

    def __init__(self, model: semantics_pb2.SemanticModel) -> None:
        self._edges: dict[str, list[Edge]] = defaultdict(list)
        self._self: dict[str, list[Edge]] = defaultdict(list)
        self._paths: dict[tuple[str, str, int, int], tuple[tuple[Edge, ...], ...]] = {}
        self._distances: OrderedDict[str, dict[str, float]] = OrderedDict()
        self._trees: dict[tuple[str, frozenset[str], int], list[Tree]] = {}
        for each in model.relationships:
            edge = Edge(each.relationship.name, each.from_dataset, each.to_dataset, True, _cost(each.relationship))
            if each.from_dataset == each.to_dataset:
                self._self[each.from_dataset].append(edge)
            else:
                self._edges[edge.source].append(edge)
                self._edges[edge.goal].append(edge.reversed)
        for edges in self._edges.values():
            edges.sort(key=lambda edge: (edge.cost, edge.goal, edge.name))

    @cached_property
    def parallel(self) -> frozenset[frozenset[str]]:
        """Pairs of datasets that several relationships join."""
        pairs: dict[frozenset[str], int] = defaultdict(int)
        for edges in self._edges.values():
            for edge in edges:
                if edge.forward:
                    pairs[frozenset({edge.source, edge.goal})] += 1
        return frozenset(pair for pair, count in pairs.items() if count > 1)

    def neighbours(self, dataset: str) -> Sequence[Edge]:
        """Edges that begin at a dataset, cheapest first."""
        return self._edges.get(dataset, ())

    def loops(self, dataset: str) -> Sequence[Edge]:
        """Relationships of a dataset with itself."""
        return self._self.get(dataset, ())

    def paths(self, start: str, goal: str, limit: int = 4, longest: int = _LONGEST) -> tuple[tuple[Edge, ...], ...]:
        """The cheapest simple paths, at most `limit`, each of at most `longest` edges; empty where there is none."""
        key = (start, goal, limit, longest)
        if key not in self._paths:
            self._paths[key] = self._search(start, goal, limit, longest)
        return self._paths[key]

    def distance(self, start: str, goal: str) -> float:
        """Cost of the cheapest path; infinite where there is none, or none that is not too long."""
        if start == goal:
            return 0.0
        # Every edge can be walked both ways.
        held = self._distances.get(start)
        if held is None and goal in self._distances:
            start, goal = goal, start
            held = self._distances[start]
        if held is None:
            held = self._distances[start] = self._around(start)
            if len(self._distances) > _STARTS:
                self._distances.popitem(last=False)
        return held.get(goal, float("inf"))

    def _around(self, start: str) -> dict[str, float]:
        """The cost of the cheapest path to everything that is not too far."""
        costs = {start: 0.0}
        border = {start: 0.0}
        for _ in range(_LONGEST if len(self._edges) <= _LARGE else _LONGEST_OF_LARGE):
            further: dict[str, float] = {}
            for at, cost in border.items():
                for edge in self._edges.get(at, ()):
                    total = cost + edge.cost
                    if total < min(costs.get(edge.goal, _FAR), further.get(edge.goal, _FAR)):
                        further[edge.goal] = total
            costs.update(further)
            border = further
        return costs

    def _search(self, start: str, goal: str, limit: int, longest: int) -> tuple[tuple[Edge, ...], ...]:
        ahead = self._ahead(goal)
        order = itertools.count()
        heap: list[tuple[float, int, float, str, tuple[Edge, ...]]] = [(0.0, next(order), 0.0, start, ())]
        found: list[tuple[Edge, ...]] = []
        visits: dict[str, int] = defaultdict(int)
        while heap and len(found) < limit:
            _, _, cost, at, path = heapq.heappop(heap)
            if at == goal:
                if path:
                    found.append(path)
                continue
            # Each dataset is expanded a few times only, so that dense schemas stay cheap.
            visits[at] += 1
            if visits[at] > limit + 1 or len(path) == longest:
                continue
            seen = {start, *(edge.goal for edge in path)}
            left = longest - len(path) - 1
            for edge in self._edges.get(at, ()):
                near = ahead is None or edge.goal in ahead
                if edge.goal in seen or not (near or left > _LONGEST_OF_LARGE):
                    continue
                rest = 0.0 if ahead is None else ahead.get(edge.goal, _LONGEST_OF_LARGE + 1.0)
                total = cost + edge.cost
                heapq.heappush(heap, (total + rest, next(order), total, edge.goal, (*path, edge)))
        return tuple(found)

    def _ahead(self, goal: str) -> dict[str, float] | None:
        """In a large schema, what it costs from each dataset near the goal to reach it: searches go towards it, and leave
        out what is too far from it. None in a small one."""
        if len(self._edges) <= _LARGE:
            return None
        self.distance(goal, "")
        return self._distances[goal]

    def trees(self, root: str, wanted: Iterable[str], limit: int = 4) -> list[Tree]:
        """Cheap trees that connect the root with every wanted dataset, cheapest first; empty where none does.

        Datasets join the tree nearest first, each by its few cheapest paths from any dataset of the tree (the classic
        shortest-path heuristic for Steiner trees, kept k-best).
        """
        if len(self._edges) > _LARGE:
            limit = min(limit, _FEW)
        key = (root, frozenset(wanted), limit)
        held = self._trees.get(key)
        if held is None:
            if len(self._trees) >= _KEPT:
                self._trees.clear()
            held = self._trees[key] = self._grown(root, key[1], limit)
        return held

    def _grown(self, root: str, wanted: frozenset[str], limit: int) -> list[Tree]:
        beam = [Tree(root, ())]
        goals = sorted(wanted - {root}, key=lambda goal: (self.distance(root, goal), goal))
        for goal in goals:
            grown: dict[tuple[Edge, ...], Tree] = {}
            for tree in beam:
                if goal in tree.datasets:
                    grown[tree.edges] = tree
                    continue
                for extended in self._extensions(tree, goal, limit):
                    grown.setdefault(tuple(sorted(extended.edges)), extended)
            beam = sorted(grown.values(), key=lambda tree: (tree.cost, tree.edges))[:limit]
            if not beam:
                return []
        return beam

    def _extensions(self, tree: Tree, goal: str, limit: int) -> Iterable[Tree]:
        options: list[tuple[float, tuple[Edge, ...]]] = []
        present = tree.datasets
        for start in sorted(present):
            for path in self.paths(start, goal, limit):
                if not any(edge.goal in present for edge in path):
                    options.append((sum(edge.cost for edge in path), path))
        options.sort()
        for _, path in options[:limit]:
            yield Tree(tree.root, (*tree.edges, *path))


def _cost(relationship: catalog_pb2.Relationship) -> float:
    if relationship.origin == catalog_pb2.RELATIONSHIP_ORIGIN_INFERRED:
        return 1.2 + (1.0 - relationship.confidence) + (2.0 if relationship.list_valued else 0.0)
    return 1.0
