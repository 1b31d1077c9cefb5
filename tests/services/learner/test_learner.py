"""The learner, called as others call it, over a real PostgreSQL."""

import asyncio

import pytest

from maestro.context.v1 import context_pb2
from maestro.learner.v1 import learner_pb2 as pb
from maestro.learner.v1 import learner_pb2_grpc
from maestro.result.v1 import result_pb2
from mesh.fault import Fault
from mesh.testing import start
from services.learner.__main__ import build
from tests.services.learner.plans import plan

RIGHT, WRONG = pb.VERDICT_RIGHT, pb.VERDICT_WRONG


def asking(caller="ana", request="", source="frete"):
    versions = context_pb2.Versions(semantics="abc")
    return context_pb2.RequestContext(
        caller=context_pb2.Caller(id=caller), request_id=request, source=source, versions=versions
    )


@pytest.fixture
def learner(mesh):
    return mesh.stub(learner_pb2_grpc.LearnerStub, "learner")


async def observe(learner, request, question, what, **who):
    message = pb.ObserveRequest(
        context=asking(request=request, **who),
        question=question,
        plan=what,
        status=result_pb2.ANSWER_STATUS_ANSWERED,
        confidence=0.7,
        row_count=1,
    )
    return (await learner.Observe(message)).recorded


async def feedback(learner, request, verdict, corrected=None, question="", **who):
    message = pb.GiveFeedbackRequest(
        context=asking(**who), answered_request_id=request, verdict=verdict, question=question
    )
    if corrected is not None:
        message.corrected_plan.CopyFrom(corrected)
    return (await learner.GiveFeedback(message)).recorded


async def learn(learner):
    return await learner.Learn(pb.LearnRequest(context=asking()))


async def active(learner):
    request = pb.ListPatternsRequest(context=asking(), state=pb.PATTERN_STATE_ACTIVE)
    return (await learner.ListPatterns(request)).patterns


async def test_a_confirmed_answer_becomes_a_pattern_and_a_contradicted_one_ceases_to_be(learner):
    assert await observe(learner, "r1", "Qual o valor total?", plan())
    assert not await observe(learner, "r1", "Qual o valor total?", plan())
    assert (await learn(learner)).activated == []  # an answer that nobody judged teaches nothing
    assert await feedback(learner, "r1", RIGHT)
    first = await learn(learner)
    (made,) = first.activated
    assert (made.kind, made.phrase, made.plan) == (pb.PATTERN_KIND_QUESTION, "qual o valor total", plan())
    assert (made.confirmations, made.contradictions, made.semantics_version) == (1, 0, "abc")
    again = await learn(learner)
    assert (again.activated, again.retired, again.version) == ([], [], first.version)
    await observe(learner, "r2", "qual o VALOR total", plan(), caller="bia")
    await feedback(learner, "r2", WRONG, caller="bia")
    after = await learn(learner)
    assert [each.id for each in after.retired] == [made.id]
    assert after.retired[0].state == pb.PATTERN_STATE_RETIRED
    assert after.version != first.version
    assert await active(learner) == []


async def test_a_correction_teaches_the_corrected_plan(learner):
    await observe(learner, "r1", "Qual o valor?", plan(column="peso"))
    await feedback(learner, "r1", WRONG, corrected=plan(column="valor"))
    learned = await learn(learner)
    assert [each.plan for each in learned.activated] == [plan(column="valor")]


async def test_who_corrects_himself_takes_the_first_word_back(learner):
    await observe(learner, "r1", "Qual o valor?", plan(column="peso"))
    await feedback(learner, "r1", RIGHT)
    await learn(learner)
    await feedback(learner, "r1", WRONG, corrected=plan(column="valor"))
    learned = await learn(learner)
    assert [each.plan for each in learned.activated] == [plan(column="valor")]
    assert [each.plan for each in learned.retired] == [plan(column="peso")]


async def test_feedback_on_what_is_not_on_record_may_bring_the_question(learner):
    assert not await feedback(learner, "nowhere", RIGHT, corrected=plan())
    assert (await learn(learner)).activated == []
    assert await feedback(learner, "elsewhere", RIGHT, corrected=plan(), question="Qual o valor?")
    assert len((await learn(learner)).activated) == 1


async def test_feedback_that_comes_before_its_observation_is_not_lost(learner):
    await feedback(learner, "r1", RIGHT)
    await observe(learner, "r1", "Qual o valor?", plan())
    assert len((await learn(learner)).activated) == 1


async def test_nobody_judges_the_answers_of_another(learner):
    await observe(learner, "r1", "Qual o valor?", plan())
    assert not await feedback(learner, "r1", RIGHT, caller="bia")
    assert (await learn(learner)).activated == []


async def test_a_pattern_that_was_taken_out_of_use_stays_out_until_it_is_confirmed_anew(learner):
    await observe(learner, "r1", "Qual o valor?", plan())
    await feedback(learner, "r1", RIGHT)
    (made,) = (await learn(learner)).activated
    gone = (await learner.RetirePattern(pb.RetirePatternRequest(context=asking(), pattern_id=made.id))).pattern
    assert gone.state == pb.PATTERN_STATE_RETIRED
    assert (await learn(learner)).activated == []
    await observe(learner, "r2", "Qual o valor?", plan())
    await feedback(learner, "r2", RIGHT)
    assert [each.id for each in (await learn(learner)).activated] == [made.id]


async def test_watchers_hear_of_every_change_at_every_replica(learner, mesh, database):
    env = {"MAESTRO_STATE": database, "MAESTRO_LEARN_INTERVAL": "0"}
    async with start({"learner": build}, env=env) as other:
        stub = other.stub(learner_pb2_grpc.LearnerStub, "learner")
        stream = stub.WatchPatterns(pb.WatchPatternsRequest(context=asking()))
        messages = aiter(stream)
        first = await anext(messages)
        assert not first.patterns
        await asyncio.sleep(0.2)  # the replica listens by then
        await feedback(learner, "x", RIGHT, corrected=plan(), question="Qual o valor?")
        learned = await learn(learner)
        second = await asyncio.wait_for(anext(messages), 5)
        assert second.version == learned.version
        assert [each.id for each in second.patterns] == [each.id for each in learned.activated]
        retire = pb.RetirePatternRequest(context=asking(), pattern_id=second.patterns[0].id)
        await learner.RetirePattern(retire)
        third = await asyncio.wait_for(anext(messages), 5)
        assert not third.patterns
        assert third.version == first.version
        await stream.aclose()


async def test_a_watcher_that_holds_the_current_version_is_not_told_it_again(learner):
    version = (await learn(learner)).version
    stream = learner.WatchPatterns(pb.WatchPatternsRequest(context=asking(), held_version=version))
    waiting = asyncio.ensure_future(anext(aiter(stream)))
    done, _ = await asyncio.wait({waiting}, timeout=0.3)
    assert not done
    await feedback(learner, "x", RIGHT, corrected=plan(), question="Qual o valor?")
    await learn(learner)
    assert len((await asyncio.wait_for(waiting, 5)).patterns) == 1
    await stream.aclose()


async def test_patterns_of_one_source_are_not_those_of_another(learner):
    await feedback(learner, "x", RIGHT, corrected=plan(), question="Qual o valor?", source="northwind")
    assert (await learn(learner)).activated == []
    other = await learner.Learn(pb.LearnRequest(context=asking(source="northwind")))
    assert len(other.activated) == 1
    assert await active(learner) == []


async def test_patterns_are_listed_in_pages(learner):
    for number in range(5):
        await feedback(learner, f"x{number}", RIGHT, corrected=plan(), question=f"Qual o valor de {number}?")
    await learn(learner)
    token, seen = "", []
    while True:
        page = await learner.ListPatterns(pb.ListPatternsRequest(context=asking(), page_size=2, page_token=token))
        seen.extend(each.phrase for each in page.patterns)
        token = page.next_page_token
        if not token:
            break
    assert sorted(seen) == [f"qual o valor de {number}" for number in range(5)]
    with pytest.raises(Fault) as caught:
        await learner.ListPatterns(pb.ListPatternsRequest(context=asking(), page_token="yesterday~x"))
    assert caught.value.reason == "PAGE_TOKEN_INVALID"


async def test_what_cannot_be_done_is_a_fault_with_a_reason(learner):
    with pytest.raises(Fault) as caught:
        await learner.RetirePattern(pb.RetirePatternRequest(context=asking(), pattern_id="none"))
    assert caught.value.reason == "PATTERN_UNKNOWN"
    for request, verdict in (("", RIGHT), ("r1", pb.VERDICT_UNSPECIFIED)):
        with pytest.raises(Fault) as caught:
            await feedback(learner, request, verdict)
        assert caught.value.reason == "INVALID_ARGUMENT"
    assert not await observe(learner, "", "sem pedido", plan())
    assert not await observe(learner, "r1", " ?! ", plan())


async def test_the_learner_learns_by_itself(database, mesh):
    env = {"MAESTRO_STATE": database, "MAESTRO_LEARN_INTERVAL": "0.2"}
    async with start({"learner": build}, env=env) as other:
        stub = other.stub(learner_pb2_grpc.LearnerStub, "learner")
        stream = stub.WatchPatterns(pb.WatchPatternsRequest(context=asking()))
        messages = aiter(stream)
        await anext(messages)
        await feedback(stub, "x", RIGHT, corrected=plan(), question="Qual o valor?")
        assert len((await asyncio.wait_for(anext(messages), 5)).patterns) == 1
        await stream.aclose()
