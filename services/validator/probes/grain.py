"""A sum over rows that a join multiplies, which only the keys of the catalog can tell: scanner → loader.

With the keys, the loader counts each row once; without them it adds what the join yields, and the sum is wrong.
"""

from collections.abc import Iterator

from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes.connections import SCANNER_LOADER
from services.validator.probes.material import Material, column, count

P, S = plan_pb2, semantics_pb2


def grain_probe(material: Material) -> validator_pb2.Probe | None:
    """One such sum, over the largest table that refers to one with a measure; None where there is none."""
    for plan in _plans(material):
        return validator_pb2.Probe(
            connection=SCANNER_LOADER, plan=plan, ablations=["catalog>fetch"], expectation="answer"
        )
    return None


def _plans(material: Material) -> Iterator[plan_pb2.QueryPlan]:
    tables = {dataset.name: table for dataset, table in material.datasets()}
    datasets = {dataset.name: dataset for dataset, _ in material.datasets()}
    sizes = {name: table.row_estimate for name, table in tables.items()}
    ordered = sorted(
        material.model.relationships,
        key=lambda each: (-sizes.get(each.from_dataset, -1), each.relationship.name),
    )
    for each in ordered:
        known = each.relationship
        one, many = datasets.get(each.to_dataset), datasets.get(each.from_dataset)
        usable = known.to_unique and not known.from_unique and not known.list_valued
        if one is None or many is None or one is many or not usable or not tables[one.name].primary_key:
            continue
        measure = next((field for field in one.fields if _measure(field)), None)
        if measure is None:
            continue
        plan = count(one.table)
        select = plan.query.select
        plan.intent = P.INTENT_VALUE
        aggregate = select.projections[0].expression.aggregate
        aggregate.function = P.AGGREGATE_FUNCTION_SUM
        aggregate.operand.CopyFrom(column(measure.column))
        join = select.joins.add(kind=P.JOIN_KIND_INNER, to_alias="t", relationship=known.name)
        join.relation.alias = "j"
        join.relation.table.CopyFrom(many.table)
        yield plan


def _measure(field: semantics_pb2.Field) -> bool:
    return field.role == S.FIELD_ROLE_MEASURE and bool(field.column)
