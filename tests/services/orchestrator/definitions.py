"""Definitions that several tests run, and how they ended."""

from __future__ import annotations

from maestro.workflow.v1 import workflow_pb2

HEAD = """
input: maestro.analyzer.v1.AnalyzeRequest
output: maestro.memorizer.v1.ApplyCommandResponse
"""
SUCCEEDED, RETURNED = workflow_pb2.RUN_STATE_SUCCEEDED, workflow_pb2.RUN_STATE_RETURNED
FAILED, CANCELLED = workflow_pb2.RUN_STATE_FAILED, workflow_pb2.RUN_STATE_CANCELLED


def states(run: workflow_pb2.Run) -> dict[str, str]:
    names = {value: name.removeprefix("STEP_STATE_").lower() for name, value in workflow_pb2.StepState.items()}
    return {step.name: names[step.state] for step in run.steps}


CHAIN = (
    HEAD
    + """
steps:
  first: { call: coordinator.Admit, request: { context: "${input.context}", workflow: demo } }
  left: { call: scanner.GetCatalog, request: { context: "${first.context}" } }
  right: { call: mapper.GetModel, request: { context: "${first.context}" } }
  last:
    call: memorizer.ApplyCommand
    request: { action: "${left.catalog.source}", text: "${right.model.source}", locale: "${run.id}" }
result: { text: "${last.text}", facts: [ { id: "${run.workflow}" }, { text: "${run.steps.left.call}" } ] }
"""
)
