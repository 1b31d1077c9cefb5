"""A plan that means nothing without the model: mapper → loader."""

from collections.abc import Iterator

from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes.connections import MAPPER_LOADER
from services.validator.probes.material import Material, count

P = plan_pb2
_MOST = 3


def term_probes(material: Material) -> list[validator_pb2.Probe]:
    """At most three, of different kinds: a named filter, a metric, an entity, a field, as the model has them."""
    found: dict[str, plan_pb2.QueryPlan] = {}
    for kind, plan in _plans(material):
        found.setdefault(kind, plan)
    return [
        validator_pb2.Probe(connection=MAPPER_LOADER, plan=plan, ablations=["mappings>fetch"], expectation="fault")
        for plan in list(found.values())[:_MOST]
    ]


def _plans(material: Material) -> Iterator[tuple[str, plan_pb2.QueryPlan]]:
    datasets = {dataset.name: dataset for dataset, _ in material.datasets()}
    fields = [(dataset, field) for dataset in datasets.values() for field in dataset.fields]
    for dataset, field in fields:
        if field.HasField("predicate"):
            plan = count(dataset.table)
            plan.query.select.where.named_filter.CopyFrom(P.NamedFilterRef(alias="t", name=field.name))
            yield "filter", plan
    for metric in material.model.metrics:
        if metric.dataset in datasets:
            yield "metric", _metric(metric, datasets[metric.dataset])
    for entity in material.model.entities:
        place = next((each.dataset for each in entity.filters if each.dataset in datasets), None)
        if place is not None:
            plan = count(datasets[place].table)
            plan.query.select.where.entity.CopyFrom(P.EntityRef(alias="t", name=entity.name))
            yield "entity", plan
    for dataset, field in fields:
        if field.column or field.HasField("expression"):
            plan = count(dataset.table)
            test = plan.query.select.where.null_test
            test.operand.field.CopyFrom(P.FieldRef(alias="t", field=field.name))
            test.negated = True
            yield "field", plan


def _metric(metric: semantics_pb2.Metric, dataset: semantics_pb2.Dataset) -> plan_pb2.QueryPlan:
    plan = count(dataset.table)
    plan.intent = P.INTENT_VALUE
    plan.query.select.projections[0].expression.metric.CopyFrom(P.MetricRef(alias="t", metric=metric.name))
    return plan
