"""Probes: a query whole and cut; and what people say of answers."""

from __future__ import annotations

from typing import Any

from maestro.learner.v1 import learner_pb2
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.provider.v1 import provider_pb2
from maestro.validator.v1 import validator_pb2
from mesh.fault import Fault
from tests.services.orchestrator.answering import ANSWERED
from tests.services.orchestrator.conftest import Stage
from tests.services.orchestrator.toys import giving, raising


async def probe(stage: Stage, **fields: Any) -> validator_pb2.ProbeOutcome:
    request = orchestrator_pb2.RunProbeRequest(probe=validator_pb2.Probe(connection="a → b", **fields))
    request.context.source = "frete"
    outcome: validator_pb2.ProbeOutcome = (await stage.stub.RunProbe(request)).outcome
    return outcome


async def test_a_probe_runs_whole_and_cut_each_in_its_own_trace(stage: Stage):
    outcome = await probe(stage, question="quantas?", ablations=["catalog>fetch"])
    assert outcome.whole.status == outcome.cut.status == ANSWERED
    whole, cut = stage.toys.requests["provider.Fetch"]
    assert (whole.HasField("catalog"), cut.HasField("catalog")) == (True, False)
    assert whole.fresh
    assert whole.explain
    traces = {outcome.whole.provenance.trace_id, outcome.cut.provenance.trace_id}
    assert len(traces) == 2
    outer = {span.trace_id for span in stage.mesh.spans() if span.name.endswith("/RunProbe")}
    assert not traces & outer
    assert outcome.probe.question == "quantas?"
    assert "learner.Observe" not in stage.toys.begun


async def test_a_probe_s_prelude_is_asked_in_each_conversation_and_forgotten(stage: Stage):
    await probe(stage, prelude=["quantas do Aurora?"], question="e de SP?", ablations=["recall"])
    asked = [(each.question, each.context.conversation_id) for each in stage.toys.requests["analyzer.Analyze"]]
    assert [question for question, _ in asked] == ["quantas do Aurora?", "e de SP?"] * 2
    assert asked[0][1] == asked[1][1] != asked[2][1] == asked[3][1]
    order = [call for call in stage.toys.begun if call in ("memorizer.Remember", "memorizer.Recall")]
    assert order == ["memorizer.Recall", "memorizer.Remember"] + ["memorizer.Recall"] * 2 + ["memorizer.Remember"]
    forgotten = [each.context.conversation_id for each in stage.toys.requests["memorizer.ForgetConversation"]]
    assert forgotten == [asked[0][1], asked[2][1]]


async def test_versions_can_be_cut(stage: Stage):
    probing = validator_pb2.Probe(question="q")
    probing.cut_versions.patterns = "none"
    await stage.stub.RunProbe(orchestrator_pb2.RunProbeRequest(probe=probing))
    assert [each.context.versions.patterns for each in stage.toys.requests["analyzer.Analyze"]] == ["", "none"]


async def test_failures_of_a_probe_are_values(stage: Stage):
    async def fetch(request: Any) -> provider_pb2.FetchResponse:
        if not request.HasField("semantics"):
            raise Fault("TERM_UNRESOLVED", "Nothing is called x.", metadata={"term": "x"}, origin="loader")
        return provider_pb2.FetchResponse()

    stage.toys.on["provider.Fetch"] = fetch
    outcome = await probe(stage, question="q", ablations=["mappings>fetch"])
    assert outcome.whole.status == ANSWERED
    assert not outcome.HasField("cut")
    assert (outcome.cut_error.code, outcome.cut_error.module, outcome.cut_error.params["term"]) == (
        "TERM_UNRESOLVED",
        "loader",
        "x",
    )
    stage.toys.on["provider.Fetch"] = raising(Fault("SOURCE_UNAVAILABLE", "Down."))
    outcome = await probe(stage, question="q")
    assert (outcome.whole_error.code, outcome.cut_error.code) == ("SOURCE_UNAVAILABLE", "SOURCE_UNAVAILABLE")


async def test_feedback_goes_to_the_learner(stage: Stage):
    stage.toys.on["learner.GiveFeedback"] = giving(learner_pb2.GiveFeedbackResponse(recorded=True))
    request = orchestrator_pb2.GiveFeedbackRequest()
    request.feedback.answered_request_id = "r-1"
    assert (await stage.stub.GiveFeedback(request)).recorded
    assert stage.toys.requests["learner.GiveFeedback"][0].answered_request_id == "r-1"
