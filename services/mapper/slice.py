"""Slices: the definitions that a plan names, and what those name in turn.

A plan names physical tables in its relations; fields, metrics, named filters and entities belong to the dataset of the
relation whose alias they carry. A definition names its own dataset's columns and fields with an empty alias.
"""

from collections import OrderedDict

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


class _Cut:
    """One walk through one plan."""

    def __init__(self, held: HeldModel) -> None:
        self._held = held
        self._aliases: dict[str, HeldDataset | None] = {}
        self._fields: dict[str, dict[str, semantics.Field]] = {}
        self._datasets: dict[str, HeldDataset] = {}
        self._metrics: dict[str, semantics.Metric] = {}
        self._entities: dict[str, semantics.Entity] = {}
        self._relationships: dict[str, semantics.ModelRelationship] = {}

    def made(self, query: plan.Query) -> semantics.SemanticSlice:
        self._relate(query)
        self._walk(query, None)
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
        return made

    def _relate(self, message: Message) -> None:
        """Finds the dataset behind every alias first: a filter may stand before the join that it filters."""
        for descriptor, value in message.ListFields():
            if descriptor.message_type is None:
                continue
            for part in value if descriptor.is_repeated else (value,):
                if isinstance(part, plan.Relation):
                    self._relation(part)
                self._relate(part)

    def _relation(self, relation: plan.Relation) -> None:
        held = None
        if relation.WhichOneof("body") == "table":
            held = self._held.by_table.get((relation.table.schema, relation.table.name))
            if held is not None:
                self._datasets.setdefault(held.proto.name, held)
        self._aliases[relation.alias] = held

    def _walk(self, message: Message, around: HeldDataset | None) -> None:
        """around: the dataset that an empty alias means here."""
        if isinstance(message, plan.Select):
            around = self._aliases.get(getattr(message, "from").alias)
        elif isinstance(message, plan.ColumnRef):
            self._column(message, around)
            return
        elif isinstance(message, plan.FieldRef):
            self._field(message.alias, message.field, around, "field")
            return
        elif isinstance(message, plan.NamedFilterRef):
            self._field(message.alias, message.name, around, "filter")
            return
        elif isinstance(message, plan.MetricRef):
            self._metric(message, around)
            return
        elif isinstance(message, plan.EntityRef):
            self._entity(message, around)
            return
        elif isinstance(message, plan.Join) and message.relationship:
            self._join(message.relationship)
        elif isinstance(message, (plan.Origin, plan.Literal)):
            return
        for descriptor, value in message.ListFields():
            if descriptor.message_type is None:
                continue
            for part in value if descriptor.is_repeated else (value,):
                self._walk(part, around)

    def _dataset(self, alias: str, around: HeldDataset | None) -> HeldDataset | None:
        return self._aliases.get(alias) if alias else around

    def _column(self, reference: plan.ColumnRef, around: HeldDataset | None) -> None:
        """Columns need no definition, but their label and unit go with the slice where the model knows them."""
        held = self._dataset(reference.alias, around)
        field = held.by_column.get(reference.column) if held else None
        if held and field:
            self._take(held, field)

    def _take(self, held: HeldDataset, field: semantics.Field) -> None:
        taken = self._fields.setdefault(held.proto.name, {})
        if field.name in taken:
            return
        taken[field.name] = held.thin(field.name)
        self._datasets.setdefault(held.proto.name, held)
        for part in (field.expression, field.predicate):
            self._walk(part, held)

    def _field(self, alias: str, name: str, around: HeldDataset | None, kind: str) -> None:
        held = self._dataset(alias, around)
        field = held.fields.get(name) if held else None
        if held is None or field is None:
            raise self._unresolved(name, kind, alias, held.fields if held else ())
        self._take(held, field)

    def _metric(self, reference: plan.MetricRef, around: HeldDataset | None) -> None:
        metric = self._held.metrics.get(reference.metric)
        if metric is None:
            raise self._unresolved(reference.metric, "metric", reference.alias, self._held.metrics)
        if reference.metric in self._metrics:
            return
        self._metrics[reference.metric] = metric
        held = self._held.datasets[metric.dataset]
        self._datasets.setdefault(metric.dataset, held)
        for part in (metric.expression, metric.filter):
            self._walk(part, held)
        time_field = held.fields.get(metric.time_field or held.proto.default_time_field)
        if time_field is not None:
            self._take(held, time_field)

    def _entity(self, reference: plan.EntityRef, around: HeldDataset | None) -> None:
        entity = self._held.entities.get(reference.name)
        held = self._dataset(reference.alias, around)
        if entity is None:
            raise self._unresolved(reference.name, "entity", reference.alias, self._held.entities)
        conditions = {condition.dataset: condition for condition in entity.filters}
        if held is None or held.proto.name not in conditions:
            raise self._unresolved(reference.name, "entity", reference.alias, conditions)
        self._entities[reference.name] = entity
        self._walk(conditions[held.proto.name].predicate, held)

    def _join(self, name: str) -> None:
        entry = self._held.relationships.get(name)
        if entry is None:
            raise self._unresolved(name, "relationship", "", self._held.relationships)
        if name not in self._relationships:
            self._relationships[name] = entry
            for dataset in (entry.from_dataset, entry.to_dataset):
                held = self._held.datasets[dataset]
                self._datasets.setdefault(dataset, held)
                for column in (*entry.relationship.from_columns, *entry.relationship.to_columns):
                    field = held.by_column.get(column)
                    if field is not None and field.text_date_format:
                        self._take(held, field)

    def _unresolved(self, name: str, kind: str, alias: str, known: object) -> Fault:
        near = nearest(name, list(known))  # type: ignore[call-overload]  # dicts and tuples of names alike
        held = self._aliases.get(alias)
        where = f" in {held.proto.name}" if held else ""
        hint = f"; the nearest is {near[0]!r}" if near else ""
        return Fault(
            "TERM_UNRESOLVED",
            f"There is no {kind} {name!r}{where}{hint}.",
            metadata={
                "term": name,
                "kind": kind,
                "dataset": held.proto.name if held else "",
                "nearest": ", ".join(near),
            },
        )
