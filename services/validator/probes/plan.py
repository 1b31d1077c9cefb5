"""All probes of a mesh, made from its live catalog and model."""

from datetime import UTC, date, datetime

from maestro.context.v1 import context_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes.around import around_probes
from services.validator.probes.beside import fact_probes
from services.validator.probes.connections import LOADER_PROVIDER
from services.validator.probes.faults import fault_probes
from services.validator.probes.faulty_model import faulty_model
from services.validator.probes.grain import grain_probe
from services.validator.probes.indexed import index_probes
from services.validator.probes.likeness import likeness_probes
from services.validator.probes.material import Material, count, ref
from services.validator.probes.named import term_probes
from services.validator.probes.talk import talk_probes
from services.validator.probes.teaching import pattern_probe, taught_plan, unknown_question


def plan_probes(request: validator_pb2.PlanProbesRequest) -> validator_pb2.PlanProbesResponse:
    """One or more probes for each connection that this source allows to prove; what is missing, JudgeProbes says."""
    material = Material(request.catalog, request.model, request.context.locale)
    response = validator_pb2.PlanProbesResponse()
    response.probes.extend(index_probes(material, _today(request.context)))
    grain = grain_probe(material)
    if grain is not None:
        response.probes.append(grain)
    response.probes.extend(term_probes(material))
    tables = material.tables()
    if tables:
        response.probes.add(
            connection=LOADER_PROVIDER, plan=count(ref(tables[0])), ablations=["fetch"], expectation="fault"
        )
    response.probes.extend(fact_probes(material))
    response.probes.extend(talk_probes(material))
    taught = taught_plan(material)
    if taught is not None:
        response.probes.append(pattern_probe(material))
        response.unknown_question = unknown_question(material)
        response.taught_plan.CopyFrom(taught)
    response.probes.extend(around_probes(material))
    response.probes.extend(likeness_probes(material))
    response.probes.extend(fault_probes(material))
    response.faulty_model = faulty_model(material)
    return response


def _today(context: context_pb2.RequestContext) -> date:
    moment = context.as_of_time.ToDatetime(tzinfo=UTC) if context.HasField("as_of_time") else datetime.now(UTC)
    return moment.date()
