"""How the tables of a reading hang together."""

from services.analyzer.joins import Tree
from services.analyzer.reading import Reading, datasets
from services.analyzer.vocabulary import Vocabulary


class NotConnected(ValueError):
    """The datasets of a reading have no path between them."""


def tree_of(reading: Reading, vocabulary: Vocabulary) -> Tree:
    """The joins of a reading: the cheapest tree that uses the relationships it insists on."""
    wanted = datasets(reading)
    trees = vocabulary.graph.trees(reading.root, wanted, 8)
    for tree in trees:
        if tree.names.issuperset(reading.ways):
            return tree
    if not trees:
        raise NotConnected(", ".join(wanted))
    return trees[0]
