"""The cheapest ways to join."""

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
