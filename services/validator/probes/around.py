"""What flows around a question rather than through it: the day that it means (orchestrator → coordinator), and what the
monitor hears of it (orchestrator → monitor, provider → monitor).

The coordinator settles the day and zone of a request that names none, and refuses those that are none. The monitor is told by
every process; of a run that tells it nothing it can say neither where its time went nor which index would have helped.
"""

from collections.abc import Iterator

from maestro.catalog.v1 import catalog_pb2
from maestro.context.v1 import context_pb2
from maestro.plan.v1 import plan_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes.connections import ORCHESTRATOR_COORDINATOR, ORCHESTRATOR_MONITOR, PROVIDER_MONITOR
from services.validator.probes.material import Material, column, count, ref

P = plan_pb2
NOWHERE = "Nowhere/Nowhere"
_ASKED = {"pt": "Quantos registros há em {0}?", "en": "How many rows of {0} are there?"}
_TIMES = (catalog_pb2.TYPE_FAMILY_DATE, catalog_pb2.TYPE_FAMILY_TIMESTAMP)


def around_probes(material: Material) -> Iterator[validator_pb2.Probe]:
    """What lies before today, asked without saying which day it is; a zone that does not exist; a count that is traced and
    one that is not, once for each who tells the monitor."""
    tables = material.tables()
    for table in tables:
        time = next((each for each in table.columns if each.family in _TIMES), None)
        if time is not None:
            plan = count(ref(table))
            comparison = P.Comparison(
                operator=P.COMPARISON_OPERATOR_LESS, left=column(time.name), right=P.Expression(as_of=P.AsOf())
            )
            plan.query.select.where.CopyFrom(P.Predicate(comparison=comparison))
            yield _admitted(plan=plan, context=context_pb2.RequestContext())
            break
    if not tables:
        return
    context = context_pb2.RequestContext(time_zone=NOWHERE)
    yield _admitted(question=_ASKED[material.language].format(tables[0].name), context=context)
    for connection in (ORCHESTRATOR_MONITOR, PROVIDER_MONITOR):
        yield validator_pb2.Probe(
            connection=connection, plan=count(ref(tables[0])), untraced=True, expectation="record"
        )


def _admitted(
    context: context_pb2.RequestContext, question: str = "", plan: plan_pb2.QueryPlan | None = None
) -> validator_pb2.Probe:
    return validator_pb2.Probe(
        connection=ORCHESTRATOR_COORDINATOR, question=question, plan=plan, context=context, ablations=["admit"],
        expectation="moment",
    )  # fmt: skip
