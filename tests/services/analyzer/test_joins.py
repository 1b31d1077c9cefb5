"""The cheapest ways to join."""

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.joins import JoinGraph
from tests.services.analyzer.models import freight

GRAPH = JoinGraph(freight())


def test_neighbours_are_known_both_ways() -> None:
    (edge,) = list(GRAPH.neighbours("controle_portaria"))
    assert (edge.goal, edge.forward) == ("embarques", True)
    assert ("controle_portaria", False) in {(each.goal, each.forward) for each in GRAPH.neighbours("embarques")}


def test_several_paths_come_cheapest_first() -> None:
    paths = GRAPH.paths("fretes", "transportadoras")
    assert [len(path) for path in paths] == [1, 2]
    assert [edge.name for edge in paths[0]] == ["fretes.transportadora_id->transportadoras.id"]


def test_trees_connect_all_wanted() -> None:
    tree = GRAPH.trees("fretes", ["controle_portaria", "transportadoras"])[0]
    assert tree.datasets == {"fretes", "embarques", "controle_portaria", "transportadoras"}
    assert tree.cost == 3
    assert tree.multiplies  # an embarque has several entries at the gate


def test_alternatives_are_other_trees() -> None:
    trees = GRAPH.trees("fretes", ["embarques", "transportadoras"])
    assert len({tree.edges for tree in trees}) == len(trees) >= 2


def test_what_nothing_connects_has_no_tree() -> None:
    model = freight()
    del model.relationships[:]
    assert JoinGraph(model).trees("fretes", ["embarques"]) == []
    assert JoinGraph(model).distance("fretes", "embarques") == float("inf")


def test_paths_are_the_same_whatever_was_asked_for_before() -> None:
    fresh, used = JoinGraph(freight()), JoinGraph(freight())
    used.paths("fretes", "transportadoras", 1)
    assert used.paths("fretes", "transportadoras", 8) == fresh.paths("fretes", "transportadoras", 8)
    assert len(fresh.paths("fretes", "transportadoras", 1)) == 1


def large_schema(size: int) -> JoinGraph:
    """A ring with a few short cuts, so that paths of every length are there."""
    made = semantics_pb2.SemanticModel()
    for number in range(size):
        for other in {(number + 1) % size, (number * 7 + 3) % size} - {number}:
            each = made.relationships.add(from_dataset=f"t{number}", to_dataset=f"t{other}")
            each.relationship.name = f"{number}-{other}"
    return JoinGraph(made)


def test_in_a_large_schema_distances_are_known_up_to_three_steps() -> None:
    large = large_schema(300)
    steps = {"t0": 0}
    for step in range(1, 4):
        around = {edge.goal for at in list(steps) for edge in large.neighbours(at)}
        steps.update({goal: step for goal in sorted(around) if goal not in steps})
    for name in (f"t{number}" for number in range(300)):
        assert large.distance("t0", name) == steps.get(name, float("inf"))
        assert JoinGraph.distance(large, name, "t0") == large.distance("t0", name)


def test_in_a_large_schema_trees_are_the_cheapest_over_all_starts() -> None:
    large = large_schema(300)
    wanted = ["t0", "t1", "t2", "t24", "t7"]
    trees = large.trees("t3", wanted)
    assert trees
    for tree in trees:
        assert set(wanted) <= tree.datasets
        joined = {"t3"}
        for edge in tree.edges:
            assert edge.source in joined
            assert edge.goal not in joined
            joined.add(edge.goal)
    first = trees[0]
    for goal in wanted:
        before = [edge for edge in first.edges if edge.goal != goal]
        assert first.cost <= sum(edge.cost for edge in before) + large.distance("t3", goal)


def test_in_a_large_schema_the_cheapest_path_is_found_without_looking_everywhere() -> None:
    size = 300
    large = large_schema(size)
    costs = {"t0": 0}
    for steps in range(1, 6):
        around = {edge.goal for at in list(costs) for edge in large.neighbours(at)}
        costs.update({goal: steps for goal in sorted(around) if goal not in costs})
    for goal, cost in costs.items():
        paths = large.paths("t0", goal) if cost else ()
        assert [len(path) for path in paths] == sorted(len(path) for path in paths)
        assert not cost or len(paths[0]) == cost
    assert not large.paths("t0", next(f"t{number}" for number in range(size) if f"t{number}" not in costs))
