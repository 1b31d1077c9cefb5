"""Toys that answer each question with one number, behind the real query.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from maestro.analyzer.v1 import analyzer_pb2
from maestro.coordinator.v1 import coordinator_pb2
from maestro.mapper.v1 import mapper_pb2
from maestro.processor.v1 import processor_pb2
from maestro.provider.v1 import provider_pb2
from maestro.result.v1 import result_pb2
from maestro.scanner.v1 import scanner_pb2
from tests.services.orchestrator.toys import Toys, giving

WORKFLOWS = Path(__file__).resolve().parents[3] / "workflows"
ANSWERED, REFUSED = result_pb2.ANSWER_STATUS_ANSWERED, result_pb2.ANSWER_STATUS_REFUSED


def everything_is_fine(toys: Toys) -> None:
    """Makes the toys a mesh that answers each question with one number."""

    async def admit(request: Any) -> coordinator_pb2.AdmitResponse:
        response = coordinator_pb2.AdmitResponse(admission_id="a-1", workflow="query", context=request.context)
        response.context.source = response.context.source or "frete"
        response.context.as_of_time.FromJsonString("2025-06-18T15:00:00Z")
        return response

    async def analyze(request: Any) -> analyzer_pb2.AnalyzeResponse:
        response = analyzer_pb2.AnalyzeResponse(has_plan=True, confidence=0.9, context=request.context, locale="pt-BR")
        response.context.versions.semantics = "m-1"
        response.plan.question = request.question
        return response

    async def fetch(request: Any) -> provider_pb2.FetchResponse:
        response = provider_pb2.FetchResponse()
        response.head.total_rows = 1
        response.head.complete = True
        response.statements.add(sql="SELECT 1", purpose="main")
        return response

    async def compose(request: Any) -> processor_pb2.ComposeResponse:
        response = processor_pb2.ComposeResponse()
        response.answer.status = ANSWERED
        response.answer.text = "Uma entrega."
        response.answer.result.CopyFrom(request.head)
        response.answer.issues.extend(request.issues)
        response.answer.provenance.source = request.context.source
        response.answer.provenance.statements.extend(request.statements)
        return response

    async def reply(request: Any) -> processor_pb2.ComposeReplyResponse:
        response = processor_pb2.ComposeReplyResponse()
        response.answer.status = result_pb2.ANSWER_STATUS_ACKNOWLEDGED if request.acknowledgement else REFUSED
        response.answer.text = request.acknowledgement or "Não sei."
        response.answer.issues.extend(request.issues)
        return response

    catalog, mappings = scanner_pb2.GetSliceResponse(), mapper_pb2.GetSliceResponse()
    catalog.slice.version, mappings.slice.version = "c-1", "m-1"
    toys.on = {
        "coordinator.Admit": admit,
        "analyzer.Analyze": analyze,
        "scanner.GetSlice": giving(catalog),
        "mapper.GetSlice": giving(mappings),
        "provider.Fetch": fetch,
        "processor.Compose": compose,
        "processor.ComposeReply": reply,
    }
