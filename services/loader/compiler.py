"""From a plan to a statement, stage by stage: resolve → normalise → access → page → emit.

A compiled statement is kept by the shape of the plan and the versions of what was known, so that a repeated question
pays for its values only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.loader import access, facts
from services.loader.algebra import Query, outputs
from services.loader.bindings import Moment
from services.loader.catalog import Knowledge
from services.loader.choices import Choices
from services.loader.emit import emit
from services.loader.emit.parameters import Parameter
from services.loader.forks import Forks
from services.loader.meaning import Meaning
from services.loader.normalise import normalise
from services.loader.paging import Paging, paged
from services.loader.pins import Pins, value_of
from services.loader.resolve import queries
from services.loader.resolve.names import Names
from services.loader.shape import Shape, Values
from services.loader.statement_log import StatementLog
from services.loader.types import Type


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be compiled. variant: "head", "after" (a later page), "count" or "all"."""

    source: str
    dialect: int
    plan: plan_pb2.QueryPlan
    catalog: catalog_pb2.CatalogSlice
    semantics: semantics_pb2.SemanticSlice


@dataclass(frozen=True, slots=True)
class Shown:
    """One column of the result."""

    name: str
    label: str
    unit: str
    type: Type
    measure: bool


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement, ready to be bound."""

    sql: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Shown, ...]
    """Those that are shown; hidden ones follow them in the rows."""
    choices: tuple[tuple[str, str, str, str], ...]
    """(table, index, choice, reason)."""
    warnings: tuple[tuple[str, str], ...]
    """(code, message)."""
    paging: Paging
    tables: tuple[str, ...]
    single: bool
    """At most one row can come back, through a unique index: always cheap."""
    indexed: tuple[str, ...] = ()
    """table.column of what is known to begin an index, of the tables that are read."""
    undecided: tuple[tuple[str, float], ...] = ()
    """Forks that were taken and of which the planner has not been asked whether they pay, each with the share of the
    cost at which it is left."""

    def bind(self, values: Values, moment: Moment) -> list[Any]:
        """What is bound, in the order of the parameters. Raises Fault PLAN_INVALID."""
        return [each.value(values, moment) for each in self.parameters]


@dataclass(slots=True)
class _Variants:
    """Statements of one shape, each with the answers that it was compiled on."""

    found: list[tuple[dict[Any, Hashable], Compiled]] = field(default_factory=list)

    def match(self, values: Values) -> Compiled | None:
        for asked, compiled in self.found:
            if all(question(value_of(slot, values)) == answer for (slot, question), answer in asked.items()):
                return compiled
        return None


class Compiler:
    """Compiles, and keeps at most `capacity` shapes."""

    def __init__(self, capacity: int = 2000, log: StatementLog | None = None) -> None:
        self._capacity = capacity
        self._log = log or StatementLog()
        self._kept: OrderedDict[tuple[Hashable, ...], _Variants] = OrderedDict()

    def compile(self, task: Task, shape: Shape, variant: str) -> Compiled:
        """The statement for a plan whose shape was taken. Raises the faults of missing knowledge, and PLAN_INVALID."""
        key = self._key(task, shape, variant)
        variants = None if key is None else self._kept.get(key)
        if key is not None and variants is not None:
            self._kept.move_to_end(key)
            found = variants.match(shape.values)
            if found is not None:
                return found
        asked, compiled = self._compiled(task, shape, variant)
        if key is not None:
            variants = self._kept.setdefault(key, _Variants())
            variants.found.insert(0, (asked, compiled))
            del variants.found[32:]
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return compiled

    def without(self, task: Task, shape: Shape, variant: str, off: frozenset[str]) -> Compiled:
        """The statement without some of the forks that the kept one took."""
        return self._compiled(task, shape, variant, off)[1]

    def _compiled(
        self, task: Task, shape: Shape, variant: str, off: frozenset[str] = frozenset()
    ) -> tuple[dict[Any, Hashable], Compiled]:
        asked, made = compile_plan(task, shape, variant, off)
        if self._log.on:
            slots = [each.slot or f"={each.fixed}" for each in made.parameters]
            self._log.write("compiled", sql=made.sql, variant=variant, slots=slots, indexed=made.indexed)
        return asked, made

    def settle(self, task: Task, shape: Shape, variant: str, before: Compiled, chosen: Compiled) -> None:
        """Keeps the chosen statement instead of the one before, with nothing left to decide."""
        variants = self._kept.get(self._key(task, shape, variant) or ())
        for at, (asked, compiled) in enumerate(variants.found if variants is not None else ()):
            if compiled is before and variants is not None:
                variants.found[at] = (asked, replace(chosen, undecided=()))

    @staticmethod
    def _key(task: Task, shape: Shape, variant: str) -> tuple[Hashable, ...] | None:
        """None where knowledge comes without a version by which it could be recognised."""
        for version, content in (
            (task.catalog.version, task.catalog.tables),
            (task.semantics.version, task.semantics.datasets),
        ):
            if content and version in ("", "none"):
                return None
        blind = not task.catalog.tables
        return (
            shape.text,
            variant,
            task.source,
            task.dialect,
            "" if blind else task.catalog.version,
            task.semantics.version,
        )


Observer = Callable[[str, Any], None]


def compile_plan(
    task: Task,
    shape: Shape,
    variant: str,
    off: frozenset[str] = frozenset(),
    observe: Observer = lambda stage, made: None,
) -> tuple[dict[Any, Hashable], Compiled]:
    """The statement, and what it assumed of the values. off: forks not to take. observe: is told what each
    stage made."""
    knowledge = Knowledge(task.catalog, task.source, task.dialect)
    names = Names(knowledge, Meaning(task.semantics), shape)
    pins = Pins(shape.values)
    choices, forks = Choices(), Forks(off)
    query = queries.resolve(names, None, task.plan.query, "query")
    observe("resolve", query)
    query = normalise(query, names, pins, choices)
    observe("normalise", query)
    query = access.choose(query, names, pins, choices, forks)
    observe("access", query)
    query, paging = paged(query, names, variant, choices, forks)
    observe("page", query)
    sql, parameters = emit(query, knowledge)
    observe("emit", sql)
    return pins.asked, _compiled(sql, parameters, query, paging, choices, forks, knowledge)


def _compiled(
    sql: str,
    parameters: tuple[Parameter, ...],
    query: Query,
    paging: Paging,
    choices: Choices,
    forks: Forks,
    knowledge: Knowledge,
) -> Compiled:
    shown = tuple(
        Shown(each.name, each.label, each.unit, each.expression.type, facts.is_measure(query, each))
        for each in outputs(query)
        if not each.hidden
    )
    return Compiled(
        sql=sql,
        parameters=parameters,
        columns=shown,
        choices=tuple(choices.made),
        warnings=tuple(choices.warnings),
        paging=paging,
        tables=facts.tables_in(query),
        single=facts.is_single(query, knowledge),
        indexed=knowledge.indexed(facts.tables_in(query)),
        undecided=tuple(each for each in forks.met.items() if each[0] not in forks.off),
    )
