"""`maestro check`: is every connection of the running mesh there, proven by its effect?"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from google.protobuf import json_format
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.validator.v1 import validator_pb2
from maestro.workflow.v1 import workflow_pb2
from maestro_client.cli.failure import CliError
from maestro_client.cli.session import with_maestro
from maestro_client.client import Maestro


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(check)


def check(
    source: Annotated[str, typer.Option(help="Source to check with; needed only where there are several.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the proofs as one JSON object.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds that the check may take.")] = 120.0,
) -> None:
    """Cut every connection of the live mesh in turn and show what gets worse. Exit code 1 where nothing does."""
    console = Console(highlight=False)

    async def work(maestro: Maestro) -> pb.RunWorkflowResponse:
        request = pb.RunWorkflowRequest(context=maestro.context(source), workflow="validation")
        response: pb.RunWorkflowResponse = await maestro.stub.RunWorkflow(request, timeout=timeout)
        return response

    with Console(stderr=True).status("cutting connections"):
        response = with_maestro(work, timeout)
    if response.run.state != workflow_pb2.RUN_STATE_SUCCEEDED:
        raise CliError(f"the check could not be made: {_why(response.run)}", "See `maestro status`.")
    judgement = validator_pb2.JudgeProbesResponse()
    json_format.ParseDict(json_format.MessageToDict(response.output), judgement, ignore_unknown_fields=True)
    if as_json:
        sys.stdout.write(json_format.MessageToJson(judgement, ensure_ascii=False) + "\n")
    else:
        _show(console, judgement)
    without = [proof.connection for proof in judgement.proofs if not proof.has_effect]
    if without or not judgement.proofs:
        raise CliError(f"without effect: {', '.join(without) or 'nothing was proven'}")


def _show(console: Console, judgement: validator_pb2.JudgeProbesResponse) -> None:
    table = Table("", "connection", "evidence", "trace", show_lines=True)
    for proof in judgement.proofs:
        mark = "[green]✓[/]" if proof.has_effect else "[red]✗[/]"
        table.add_row(mark, escape(proof.connection), escape(proof.evidence), proof.trace_id[:16])
    console.print(table)


def _why(run: workflow_pb2.Run) -> str:
    failed = [step for step in run.steps if step.state == workflow_pb2.STEP_STATE_FAILED]
    if failed:
        return "; ".join(f"step {step.name} ({step.call}): {step.reason}" for step in failed)
    return run.error.message or workflow_pb2.RunState.Name(run.state)
