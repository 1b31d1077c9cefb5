"""Slices: the definitions that a plan names, and what those name in turn.

A plan names physical tables in its relations; fields, metrics, named filters and entities belong to the dataset of the
relation whose alias they carry. A definition names its own dataset's columns and fields with an empty alias.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.message import Message

from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from mesh.fault import Fault
from services.mapper.model import HeldDataset, HeldModel
from services.mapper.nearest import nearest

_REMEMBERED = 512


class Slicer:
    """Cuts slices of one model, and remembers the last ones: questions repeat, and so do plans."""

    def __init__(self, held: HeldModel) -> None:
        self._held = held
        self._made: OrderedDict[bytes, semantics.SemanticSlice] = OrderedDict()

    def cut(self, wanted: plan.QueryPlan) -> semantics.SemanticSlice:
        """The slice for a plan. Raises Fault TERM_UNRESOLVED where the plan names what its dataset does not have."""
        key = wanted.query.SerializeToString(deterministic=True)
        found = self._made.get(key)
        if found is None:
            found = _Cut(self._held).made(wanted.query)
            self._made[key] = found
            if len(self._made) > _REMEMBERED:
                self._made.popitem(last=False)
        else:
            self._made.move_to_end(key)
        return found


Aliases = dict[str, HeldDataset | None]


class _Cut:
    """One walk through one plan."""

    def __init__(self, held: HeldModel) -> None:
        self._held = held
        self._fields: dict[str, dict[str, semantics.Field]] = {}
        self._datasets: dict[str, HeldDataset] = {}
        self._metrics: dict[str, semantics.Metric] = {}
        self._entities: dict[str, semantics.Entity] = {}
        self._relationships: dict[str, semantics.ModelRelationship] = {}
        self._references: dict[type[Message], Callable[[Any, HeldDataset | None, Aliases], None]] = {
            plan.ColumnRef: self._column,
            plan.FieldRef: lambda each, around, aliases: self._field(each.alias, each.field, around, aliases, "field"),
            plan.NamedFilterRef: lambda each, around, aliases: self._field(
                each.alias, each.name, around, aliases, "filter"
            ),
            plan.MetricRef: self._metric,
            plan.EntityRef: self._entity,
            plan.Origin: _nothing,
            plan.Literal: _nothing,
        }

    def made(self, query: plan.Query) -> semantics.SemanticSlice:
        """The slice of a query."""
        self._walk(query, None, self._related(query))
        model = self._held.model
        made = semantics.SemanticSlice(
            version=model.version,
            catalog_version=model.catalog_version,
            time_zone=model.time_zone,
            currency=model.currency,
            relationships=self._relationships.values(),
            metrics=self._metrics.values(),
            entities=self._entities.values(),
        )
        for name, held in self._datasets.items():
            part = made.datasets.add()
            part.CopyFrom(held.bare)
            part.fields.extend(self._fields.get(name, {}).values())
        made.tables.extend(_tables(made))
        return made

    def _related(self, message: Message) -> Aliases:
        """The dataset behind every alias; found first, because a filter may stand before the join that it filters."""
        aliases: Aliases = {}
        waiting: list[Message] = [message]
        while waiting:
            at = waiting.pop()
            if isinstance(at, plan.Relation):
                aliases[at.alias] = self._relation(at)
            waiting += _parts(at)
        return aliases

    def _relation(self, relation: plan.Relation) -> HeldDataset | None:
        if relation.WhichOneof("body") != "table":
            return None
        held = self._held.by_table.get((relation.table.schema, relation.table.name))
        if held is not None:
            self._datasets.setdefault(held.proto.name, held)
        return held

    def _walk(self, message: Message, around: HeldDataset | None, aliases: Aliases) -> None:
        """around: the dataset that an empty alias means here."""
        reference = self._references.get(type(message))
        if reference is not None:
            reference(message, around, aliases)
            return
        if isinstance(message, plan.Select):
            around = aliases.get(getattr(message, "from").alias)
        elif isinstance(message, plan.Join) and message.relationship:
            self._join(message.relationship)
        for part in _parts(message):
            self._walk(part, around, aliases)

    def _define(self, held: HeldDataset, *parts: Message) -> None:
        """Walks a definition: an empty alias means its dataset, and the aliases in it are its own."""
        for part in parts:
            self._walk(part, held, self._related(part))

    def _column(self, reference: plan.ColumnRef, around: HeldDataset | None, aliases: Aliases) -> None:
        """Columns need no definition, but their label and unit go with the slice where the model knows them."""
        held = aliases.get(reference.alias) if reference.alias else around
        field = held.by_column.get(reference.column) if held else None
        if held and field:
            self._take(held, field)

    def _take(self, held: HeldDataset, field: semantics.Field) -> None:
        taken = self._fields.setdefault(held.proto.name, {})
        if field.name in taken:
            return
        taken[field.name] = held.thin(field.name)
        self._datasets.setdefault(held.proto.name, held)
        if not field.column or field.HasField("predicate"):
            self._define(held, field.expression, field.predicate)

    def _field(self, alias: str, name: str, around: HeldDataset | None, aliases: Aliases, kind: str) -> None:
        held = aliases.get(alias) if alias else around
        field = held.fields.get(name) if held else None
        if held is None or field is None:
            raise _unresolved(name, kind, held, held.fields if held else ())
        self._take(held, field)

    def _metric(self, reference: plan.MetricRef, around: HeldDataset | None, aliases: Aliases) -> None:
        metric = self._held.metrics.get(reference.metric)
        if metric is None:
            raise _unresolved(reference.metric, "metric", None, self._held.metrics)
        if reference.metric in self._metrics:
            return
        self._metrics[reference.metric] = metric
        held = self._held.datasets[metric.dataset]
        self._datasets.setdefault(metric.dataset, held)
        self._define(held, metric.expression, metric.filter)
        time_field = held.fields.get(metric.time_field or held.proto.default_time_field)
        if time_field is not None:
            self._take(held, time_field)

    def _entity(self, reference: plan.EntityRef, around: HeldDataset | None, aliases: Aliases) -> None:
        entity = self._held.entities.get(reference.name)
        held = aliases.get(reference.alias) if reference.alias else around
        if entity is None:
            raise _unresolved(reference.name, "entity", None, self._held.entities)
        conditions = {condition.dataset: condition for condition in entity.filters}
        if held is None or held.proto.name not in conditions:
            raise _unresolved(reference.name, "entity", held, ())
        self._entities[reference.name] = entity
        self._define(held, conditions[held.proto.name].predicate)

    def _join(self, name: str) -> None:
        entry = self._held.relationships.get(name)
        if entry is None:
            raise _unresolved(name, "relationship", None, self._held.relationships)
        if name in self._relationships:
            return
        self._relationships[name] = entry
        for dataset in (entry.from_dataset, entry.to_dataset):
            self._datasets.setdefault(dataset, self._held.datasets[dataset])


def _nothing(message: Message, around: HeldDataset | None, aliases: Aliases) -> None:
    """Holds no reference."""


def _parts(message: Message) -> list[Message]:
    """The messages that a message holds."""
    found: list[Message] = []
    for descriptor, value in message.ListFields():
        if descriptor.message_type is not None:
            if descriptor.is_repeated:
                found += value
            else:
                found.append(value)
    return found


def _unresolved(name: str, kind: str, held: HeldDataset | None, known: Iterable[str]) -> Fault:
    near = nearest(name, known)
    dataset = held.proto.name if held else ""
    where = f" in {dataset}" if held else ""
    return Fault(
        "TERM_UNRESOLVED",
        f"There is no {kind} {name!r}{where}" + (f"; the nearest is {near[0]!r}." if near else "."),
        metadata={"term": name, "kind": kind, "dataset": dataset, "nearest": ", ".join(near)},
    )


def _tables(made: semantics.SemanticSlice) -> list[plan.TableRef]:
    """Tables that definitions go through ("without an appointment" looks into another table), each once."""
    found: dict[tuple[str, str], plan.TableRef] = {}
    waiting: list[Message] = [*made.metrics, *made.entities]
    waiting += [field for dataset in made.datasets for field in dataset.fields]
    while waiting:
        message = waiting.pop()
        if isinstance(message, plan.TableRef):
            found[message.schema, message.name] = message
            continue
        for descriptor, value in message.ListFields():
            if descriptor.message_type is not None:
                waiting.extend(value if descriptor.is_repeated else (value,))
    return [found[key] for key in sorted(found)]
