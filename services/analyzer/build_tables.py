"""The tables of one block of a plan: its relations, its joins, and the aliases that they go by."""

import re

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.joins import Edge
from services.analyzer.reading import Reading, Ref, refs
from services.analyzer.trees import tree_of
from services.analyzer.vocabulary import Vocabulary

NO_LETTERS = re.compile(r"\W+")


class Tables:
    """Of a reading. number: of its block, from 1; aliases of later blocks carry it, so that each is unique in the plan."""

    def __init__(self, reading: Reading, vocabulary: Vocabulary, number: int) -> None:
        self._reading = reading
        self._vocabulary = vocabulary
        self._number = number
        self._taken: dict[str, str] = {}

    def relations(self, select: plan.Select) -> None:
        """Writes the relations of a select and what joins them. Raises NotConnected."""
        reading = self._reading
        tree = tree_of(reading, self._vocabulary)
        self._relation(select.__getattribute__("from"), tree.root, "")
        for edge in tree.edges:
            join = select.joins.add(kind=plan.JOIN_KIND_INNER)
            self.join(join, edge, self.alias(edge.source))
        for ref in self._roles():
            self._role_join(select, ref)

    def _roles(self) -> list[Ref]:
        found = {(ref.dataset, ref.role): ref for ref in refs(self._reading) if ref.role}
        return list(found.values())

    def _role_join(self, select: plan.Select, ref: Ref) -> None:
        """A further copy of a dataset, joined by the named relationship."""
        entry = next(each for each in self._vocabulary.model.relationships if each.relationship.name == ref.role)
        join = select.joins.add(kind=plan.JOIN_KIND_INNER, relationship=ref.role)
        join.to_alias = self.alias(entry.from_dataset)
        join.side = plan.JOIN_SIDE_REFERRED
        self._relation(join.relation, ref.dataset, ref.role)

    def _relation(self, relation: plan.Relation, dataset: str, role: str) -> None:
        relation.alias = self.alias(dataset, role)
        relation.table.CopyFrom(self._vocabulary.datasets[dataset].table)

    def join(self, join: plan.Join, edge: Edge, to_alias: str, alias: str = "") -> None:
        """Writes a join along an edge, to what has an alias already. alias: of the new relation, instead of its own."""
        join.relationship = edge.name
        join.to_alias = to_alias
        join.side = plan.JOIN_SIDE_REFERRED if edge.forward else plan.JOIN_SIDE_REFERRING
        self._relation(join.relation, edge.goal, "")
        if alias:
            join.relation.alias = alias

    def alias(self, dataset: str, role: str = "") -> str:
        """The alias of a dataset in this block."""
        key = f"{dataset}\x00{role}"
        if key not in self._taken:
            base = NO_LETTERS.sub("_", dataset)
            if role:
                base += f"_{sum(taken.startswith(base) for taken in self._taken.values()) + 1}"
            self._taken[key] = base if self._number == 1 else f"{base}_q{self._number}"
        return self._taken[key]
