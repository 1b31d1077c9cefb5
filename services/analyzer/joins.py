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
"""Trees that are remembered, and pairs of datasets with the paths between them."""
_STARTS, _GOALS = 256, 64
"""Datasets from which distances are remembered, and those that paths were looked for to."""
_LONGEST, _LONGEST_OF_LARGE = 5, 3
"""Edges of the longest path; of a schema of more than `_LARGE` tables, in which everything is near everything."""
_LARGE = 200
_FEW = 3
"""Ways to join that are looked at in a large schema."""
_FAR = float("inf")
_ROUNDING = 1e-9


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


@dataclass(frozen=True, slots=True)
class _Ahead:
    """How far from a goal datasets near it are. costs: of the cheapest path; within: those that so many steps reach it from,
    by steps."""

    costs: dict[str, float]
    within: Sequence[frozenset[str]]


class JoinGraph:
    """The relationships of a model as a graph over its datasets."""

    def __init__(self, model: semantics_pb2.SemanticModel) -> None:
        self._edges: dict[str, list[Edge]] = defaultdict(list)
        self._self: dict[str, list[Edge]] = defaultdict(list)
        self._paths: dict[tuple[str, str, int, int], tuple[tuple[Edge, ...], ...]] = {}
        self._distances: OrderedDict[str, dict[str, float]] = OrderedDict()
        self._goals: OrderedDict[str, _Ahead] = OrderedDict()
        self._nearest: dict[str, dict[str, list[tuple[int, Edge]]]] = {}
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
        held = self._paths.get(key)
        if held is None:
            if len(self._paths) >= _KEPT:
                self._paths.clear()
            held = self._paths[key] = self._search(start, goal, limit, longest)
        return held

    def distance(self, start: str, goal: str) -> float:
        """Cost of the cheapest path; infinite where there is none, or none that is not too long."""
        if start == goal:
            return 0.0
        # Every edge can be walked both ways.
        if start not in self._distances and goal in self._distances:
            start, goal = goal, start
        held = self._costs(start)
        best = held.get(goal, _FAR)
        if len(self._edges) > _LARGE:
            # The last step is made from the goal: around it there is less than that far from the start.
            beside = self._beside(goal)
            for name in held.keys() & beside.keys():
                best = min(best, held[name] + beside[name][0][1].cost)
        return best

    def _costs(self, start: str) -> dict[str, float]:
        """The cost of the cheapest path to everything that is not too far; in a large schema to what is one step nearer."""
        held = self._distances.get(start)
        if held is None:
            steps = _LONGEST if len(self._edges) <= _LARGE else _LONGEST_OF_LARGE - 1
            held = self._distances[start] = self._around(start, steps)[0]
            if len(self._distances) > _STARTS:
                self._distances.popitem(last=False)
        return held

    def _around(self, start: str, steps: int) -> tuple[dict[str, float], dict[str, int]]:
        """What can be reached in so many steps: the cost of the cheapest path, and the fewest steps."""
        costs, hops = {start: 0.0}, {start: 0}
        border = {start: 0.0}
        for step in range(1, steps + 1):
            further: dict[str, float] = {}
            for at, cost in border.items():
                for edge in self._edges.get(at, ()):
                    total, goal = cost + edge.cost, edge.goal
                    if total < costs.get(goal, _FAR) and total < further.get(goal, _FAR):
                        further[goal] = total
                        hops.setdefault(goal, step)
            costs.update(further)
            border = further
        return costs, hops

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
            for edge in self._onwards(at, ahead, longest - len(path) - 1):
                if edge.goal not in seen:
                    total = cost + edge.cost
                    rest = 0.0 if ahead is None else ahead.costs.get(edge.goal, _LONGEST_OF_LARGE + 1.0)
                    heapq.heappush(heap, (total + rest, next(order), total, edge.goal, (*path, edge)))
        return tuple(found)

    def _onwards(self, at: str, ahead: "_Ahead | None", left: int) -> Iterable[Edge]:
        """Edges from a dataset, cheapest first, after which so many steps that are left may lead to the goal."""
        if ahead is None or left >= len(ahead.within):
            return self._edges.get(at, ())
        beside = self._beside(at)
        return [
            edge for _, edge in sorted(pair for name in beside.keys() & ahead.within[left] for pair in beside[name])
        ]

    def _beside(self, dataset: str) -> dict[str, list[tuple[int, Edge]]]:
        """The edges from a dataset by where they lead, cheapest first, each with its place among all."""
        held = self._nearest.get(dataset)
        if held is None:
            held = defaultdict(list)
            for place, edge in enumerate(self._edges.get(dataset, ())):
                held[edge.goal].append((place, edge))
            self._nearest[dataset] = held
        return held

    def _ahead(self, goal: str) -> "_Ahead | None":
        """In a large schema, how far from the goal other datasets are: searches go towards it, and leave out what is too
        far from it. None in a small one."""
        if len(self._edges) <= _LARGE:
            return None
        held = self._goals.get(goal)
        if held is None:
            costs, hops = self._around(goal, _LONGEST_OF_LARGE)
            steps = range(_LONGEST_OF_LARGE + 1)
            within = [frozenset(name for name, hop in hops.items() if hop <= step) for step in steps]
            held = self._goals[goal] = _Ahead(costs, within)
            if len(self._goals) > _GOALS:
                self._goals.popitem(last=False)
        return held

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
        for least, start in sorted((self._least(start, goal), start) for start in present):
            if len(options) >= limit and options[limit - 1][0] < least - _ROUNDING:
                break
            for path in self.paths(start, goal, limit):
                if not any(edge.goal in present for edge in path):
                    options.append((sum(edge.cost for edge in path), path))
            options.sort()
        for _, path in options[:limit]:
            yield Tree(tree.root, (*tree.edges, *path))

    def _least(self, start: str, goal: str) -> float:
        """What any path costs at least."""
        if len(self._edges) <= _LARGE:
            return self.distance(start, goal)
        # Two steps from each end; what does not meet there is five steps away, of which each costs 1 or more.
        one, other = self._costs(start), self._costs(goal)
        return min((one[name] + other[name] for name in one.keys() & other.keys()), default=_LONGEST + 0.0)


def _cost(relationship: catalog_pb2.Relationship) -> float:
    if relationship.origin == catalog_pb2.RELATIONSHIP_ORIGIN_INFERRED:
        return 1.2 + (1.0 - relationship.confidence) + (2.0 if relationship.list_valued else 0.0)
    return 1.0
