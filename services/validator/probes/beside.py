"""Facts that stand beside a result and that nobody asked for: enricher → processor.

A count for each value of a column is answered either way; what part of the whole the largest group is, only with the
enricher.
"""

from collections.abc import Iterator

from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes.connections import ENRICHER_PROCESSOR
from services.validator.probes.material import Material, column, count

_FEWEST, _MOST = 3, 30
"""Values of a column that groups rows: of fewer and of many groups there is little to be said."""
_PROBES = 3


def fact_probes(material: Material) -> Iterator[validator_pb2.Probe]:
    """Counts by a column of few values, of the largest tables that have one."""
    made = 0
    for dataset, _ in material.datasets():
        field = next((each for each in dataset.fields if _groups(each)), None)
        if field is None:
            continue
        plan = count(dataset.table)
        plan.intent = plan_pb2.INTENT_GROUPS
        select = plan.query.select
        by = column(field.column)
        select.projections.insert(0, plan_pb2.Projection(name="value", expression=by))
        select.group_by.append(by)
        yield validator_pb2.Probe(connection=ENRICHER_PROCESSOR, plan=plan, ablations=["enrich"], expectation="answer")
        made += 1
        if made == _PROBES:
            return


def _groups(field: semantics_pb2.Field) -> bool:
    dimension = field.role == semantics_pb2.FIELD_ROLE_DIMENSION
    known = field.distinct or (len(field.values) if field.values_complete else 0)
    return bool(field.column) and dimension and _FEWEST <= known <= _MOST
