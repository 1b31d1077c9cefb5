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

    def thing_of(self, ref: plan_pb2.TableRef) -> str:
        """What one row of a table is."""
        dataset = self._datasets.get(ref.name.lower())
        return (best_term(dataset.terms, self.language) if dataset else "") or readable(ref.name)

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
        return (best_term(found.terms, self.language) if found else "") or readable(name)

    def metric(self, name: str) -> semantics_pb2.Metric | None:
        """The metric of that name, where the slice has it."""
        return next((each for each in self._slice.metrics if each.name == name), None)

    def metric_label(self, name: str) -> str:
        """What a metric is called."""
        found = self.metric(name)
        return (best_term(found.terms, self.language) if found else "") or readable(name)

    def entity_label(self, name: str) -> str:
        """What an entity is called: the name itself, as people say it."""
        return name

    @property
    def currency(self) -> str:
        """ISO 4217 code of amounts, or empty."""
        return self._slice.currency
