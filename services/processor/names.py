"""What the tables, fields, metrics and filters of a plan are called by people."""

import re
from collections.abc import Iterable, Iterator

from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.processor.language import Language

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def readable(identifier: str) -> str:
    """`data_hora_entrega` → `data hora entrega`; for what no model has a word for."""
    return _CAMEL.sub(" ", identifier).replace("_", " ").strip().lower() or identifier


def best_term(terms: Iterable[semantics_pb2.Term], language: Language) -> str:
    """The word that people of this language use: a model's, a comment's or the name's before a lexicon's."""
    best, best_rank = "", 99
    for place, term in enumerate(terms):
        fits = not term.locale or term.locale[:2].lower() == language
        lexicon = term.origin == semantics_pb2.TERM_ORIGIN_LEXICON
        rank = (0 if fits and term.locale else 1 if fits else 3) + (2 if lexicon else 0)
        # The readable name stands first and is everybody's; only a synonym in the asker's language wins.
        if place == 0 and not lexicon:
            rank = min(rank, 1)
        if rank < best_rank:
            best, best_rank = term.text, rank
    return best


def selects(query: plan_pb2.Query) -> Iterator[plan_pb2.Select]:
    """Every select of a query that yields its rows: sides of set operations, and subqueries read from."""
    body = query.WhichOneof("body")
    if body == "set_operation":
        yield from selects(query.set_operation.left)
        yield from selects(query.set_operation.right)
    elif body == "select":
        yield query.select
        for relation in relations(query.select):
            if relation.WhichOneof("body") == "query":
                yield from selects(relation.query)


def relations(select: plan_pb2.Select) -> list[plan_pb2.Relation]:
    """The relations of one select, the one that the others hang on first."""
    found = [getattr(select, "from")] if select.HasField("from") else []
    found.extend(join.relation for join in select.joins)
    return found


def grain(select: plan_pb2.Select, slice_: semantics_pb2.SemanticSlice) -> str | None:
    """Alias of the relation whose rows the joined rows are, one for one; None where they are rows of no one relation."""
    alias: str = getattr(select, "from").alias
    known = {each.relationship.name: each.relationship for each in slice_.relationships}
    for join in select.joins:
        relationship = known.get(join.relationship)
        if relationship is None or join.relation.WhichOneof("body") != "table":
            return None
        referring = join.side == plan_pb2.JOIN_SIDE_REFERRING or (
            join.side == plan_pb2.JOIN_SIDE_UNSPECIFIED and relationship.from_table == join.relation.table.name
        )
        repeats = not (relationship.from_unique if referring else relationship.to_unique)
        if not repeats:
            continue
        # Two sides that each repeat the rows make pairs; an outer join adds rows that are none of the joined ones.
        if join.to_alias != alias or join.kind == plan_pb2.JOIN_KIND_LEFT:
            return None
        alias = join.relation.alias
    return alias


def title(thing: semantics_pb2.Dataset | semantics_pb2.Field | semantics_pb2.Metric, language: Language) -> str:
    """What answers in a language call a thing: its title, else the best of its words; empty where it has none."""
    told = (term.text for term in thing.titles if term.locale[:2].lower() == language)
    return next(told, "") or best_term(thing.terms, language)


class Names:
    """The words for one plan in one language."""

    def __init__(self, plan: plan_pb2.QueryPlan, slice_: semantics_pb2.SemanticSlice, language: Language) -> None:
        self.language = language
        self._slice = slice_
        self._tables: dict[str, plan_pb2.TableRef] = {}
        self._datasets: dict[str, semantics_pb2.Dataset] = {}
        self._fields: dict[tuple[str, str], semantics_pb2.Field] = {}
        self.main = ""
        for dataset in slice_.datasets:
            self._datasets[dataset.table.name.lower()] = dataset
        for select in selects(plan.query):
            for relation in relations(select):
                self.add(relation)
        first = next(selects(plan.query), None)
        self._grain = None if first is None else grain(first, slice_)

    def add(self, relation: plan_pb2.Relation) -> None:
        """Makes a relation's alias known; the first table is the plan's main one."""
        if relation.WhichOneof("body") != "table":
            return
        self._tables[relation.alias] = relation.table
        self.main = self.main or relation.alias

    def tables(self) -> list[str]:
        """The tables that the plan reads, as the database spells them, each once."""
        names = (f"{ref.schema}.{ref.name}" if ref.schema else ref.name for ref in self._tables.values())
        return list(dict.fromkeys(names))

    def dataset(self, alias: str) -> semantics_pb2.Dataset | None:
        """The dataset that an alias stands for, where the slice has it."""
        ref = self._tables.get(alias or self.main)
        return None if ref is None else self._datasets.get(ref.name.lower())

    def thing(self, alias: str = "") -> str:
        """What one row of a relation is: `entregas`."""
        ref = self._tables.get(alias or self.main)
        if ref is None:
            return ""
        return self.thing_of(ref)

    def row(self) -> str:
        """What one row of the plan is, before any grouping: of customers with their orders, an order. Empty where the
        joined tables do not make that one thing."""
        return self.thing(self._grain) if self._grain else ""

    def is_key(self, alias: str, name: str) -> bool:
        """Whether a column identifies the rows of its relation, by itself."""
        dataset, field = self.dataset(alias), self.field(alias, name)
        return dataset is not None and field is not None and list(dataset.key_fields) == [field.name]

    def thing_of(self, ref: plan_pb2.TableRef) -> str:
        """What one row of a table is."""
        dataset = self._datasets.get(ref.name.lower())
        return (title(dataset, self.language) if dataset else "") or readable(ref.name)

    def field(self, alias: str, name: str) -> semantics_pb2.Field | None:
        """The field of that name, or that stands for the column of that name."""
        dataset = self.dataset(alias)
        if dataset is None:
            return None
        key = (dataset.name, name)
        if key not in self._fields:
            for each in dataset.fields:
                self._fields.setdefault((dataset.name, each.column), each)
                self._fields[dataset.name, each.name] = each
        return self._fields.get(key)

    def field_label(self, alias: str, name: str) -> str:
        """What a field or column is called."""
        found = self.field(alias, name)
        return (title(found, self.language) if found else "") or readable(name)

    def metric(self, name: str) -> semantics_pb2.Metric | None:
        """The metric of that name, where the slice has it."""
        return next((each for each in self._slice.metrics if each.name == name), None)

    def metric_label(self, name: str) -> str:
        """What a metric is called."""
        found = self.metric(name)
        return (title(found, self.language) if found else "") or readable(name)

    def entity_label(self, name: str) -> str:
        """What an entity is called: the name itself, as people say it."""
        return name

    @property
    def currency(self) -> str:
        """ISO 4217 code of amounts, or empty."""
        return self._slice.currency
