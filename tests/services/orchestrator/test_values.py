"""How values of a definition are built."""

from __future__ import annotations

from maestro.analyzer.v1 import analyzer_pb2
from maestro.coordinator.v1 import coordinator_pb2
from maestro.provider.v1 import provider_pb2
from tests.services.orchestrator.conftest import Staging
from tests.services.orchestrator.definitions import HEAD
from tests.services.orchestrator.toys import giving


async def test_an_enum_becomes_a_word(staging: Staging):
    text = (
        HEAD
        + """
steps:
  read: { call: analyzer.Analyze }
  apply: { call: memorizer.ApplyCommand, request: { action: "${read.command.action}", locale: "${read.outcome}" } }
  many: { call: mapper.LookUpValues, request: { texts: [ "${read.outcome}", b ] } }
result: {}
"""
    )
    async with staging(demo=text) as stage:
        read = analyzer_pb2.AnalyzeResponse(outcome=analyzer_pb2.OUTCOME_COMMAND)
        read.command.action = analyzer_pb2.MEMORY_ACTION_FORGET
        stage.toys.on["analyzer.Analyze"] = giving(read)
        await stage.run("demo")
        request = stage.toys.requests["memorizer.ApplyCommand"][0]
        assert (request.action, request.locale) == ("forget", "command")
        assert list(stage.toys.requests["mapper.LookUpValues"][0].texts) == ["command", "b"]


async def test_parts_of_a_message_are_merged_and_numbers_have_defaults(staging: Staging):
    text = (
        HEAD
        + """
steps:
  admit: { call: coordinator.Admit }
  scan:
    call: scanner.Scan
    request:
      context: [ "${admit.context}", { versions: { patterns: p }, caller: { attributes: { a: b } } } ]
  fetch: { call: provider.Fetch, when: "${input.explain}" }
  observe: { call: learner.Observe, request: { row_count: "${fetch.head.total_rows | -1}" } }
result: {}
"""
    )
    async with staging(demo=text) as stage:
        admitted = coordinator_pb2.AdmitResponse()
        admitted.context.source, admitted.context.versions.catalog = "frete", "c"
        stage.toys.on["coordinator.Admit"] = giving(admitted)
        await stage.run("demo", input={"question": "q"})
        context = stage.toys.requests["scanner.Scan"][0].context
        assert (context.source, context.versions.catalog, context.versions.patterns) == ("frete", "c", "p")
        assert dict(context.caller.attributes) == {"a": "b"}
        assert stage.toys.requests["learner.Observe"][0].row_count == -1


async def test_a_count_of_zero_is_a_number(staging: Staging):
    text = (
        HEAD
        + """
steps:
  fetch: { call: provider.Fetch }
  observe: { call: learner.Observe, request: { row_count: "${fetch.head.total_rows | -1}" } }
result: {}
"""
    )
    async with staging(demo=text) as stage:
        fetched = provider_pb2.FetchResponse()
        fetched.head.complete = True
        stage.toys.on["provider.Fetch"] = giving(fetched)
        await stage.run("demo", input={"question": "q"})
        assert stage.toys.requests["learner.Observe"][0].row_count == 0
