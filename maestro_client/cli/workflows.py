"""`maestro workflows`: the definitions that are loaded, their runs, and whether a file is right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.workflow.v1 import workflow_pb2
from maestro_client.cli.failure import CliError
from maestro_client.cli.session import with_maestro
from maestro_client.client import Maestro


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(workflows)


def workflows(
    check: Annotated[Path | None, typer.Option(help="Check this definition instead.", dir_okay=False)] = None,
    runs: Annotated[bool, typer.Option(help="List the newest runs instead.")] = False,
) -> None:
    """List the workflows and their steps."""
    if check is not None:
        _check(check)
    elif runs:
        _runs()
    else:
        _list()


def _list() -> None:
    async def work(maestro: Maestro) -> pb.ListWorkflowsResponse:
        response: pb.ListWorkflowsResponse = await maestro.stub.ListWorkflows(pb.ListWorkflowsRequest())
        return response

    table = Table("workflow", "version", "steps", show_lines=True)
    for loaded in with_maestro(work).workflows:
        calls = (f"{name} ({loaded.workflow.steps[name].call or 'return'})" for name in loaded.order)
        table.add_row(loaded.workflow.name, loaded.version, " → ".join(calls))
    Console(highlight=False).print(table)


def _runs() -> None:
    async def work(maestro: Maestro) -> pb.ListRunsResponse:
        response: pb.ListRunsResponse = await maestro.stub.ListRuns(pb.ListRunsRequest())
        return response

    table = Table("run", "workflow", "state", "ms", "subject")
    for run in with_maestro(work).runs:
        state = workflow_pb2.RunState.Name(run.state).removeprefix("RUN_STATE_").lower()
        elapsed = run.elapsed.ToTimedelta().total_seconds() * 1000
        table.add_row(run.id, run.workflow, state, f"{elapsed:.1f}", run.subject[:60])
    Console(highlight=False).print(table)


def _check(path: Path) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(f"{path} cannot be read: {error}") from None

    async def work(maestro: Maestro) -> pb.ValidateWorkflowResponse:
        request = pb.ValidateWorkflowRequest(text=text, file_name=path.name)
        response: pb.ValidateWorkflowResponse = await maestro.stub.ValidateWorkflow(request)
        return response

    issues = with_maestro(work).issues
    console = Console(highlight=False)
    for issue in issues:
        console.print(f"{issue.path} {issue.message}", markup=False, soft_wrap=True)
    if issues:
        raise CliError(f"{path.name}: {len(issues)} wrong")
    console.print(f"{path.name}: right", style="green")
