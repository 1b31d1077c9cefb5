"""`maestro up`, `down`, `status`, `run`: the mesh on this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.local.home import Home, Record
from maestro_client.cli import ask as ask_command
from maestro_client.cli.failure import CliError
from maestro_client.cli.health import Report, serving
from maestro_client.cli.launch import Launch
from maestro_client.cli.output import target_file
from maestro_client.cli.session import module_target
from mesh.modules import MODULES

_ROWS = typer.Option(help="Deliveries of the frete sample, where it is the source.", min=100)
_LISTEN = typer.Option(help="TCP address of the orchestrator. Default: its own port, or a free one where that is used.")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command(hidden=True)(run)


def up(
    rows: Annotated[int, _ROWS] = 20_000,
    listen: Annotated[str | None, _LISTEN] = None,
) -> None:
    """Start the mesh on this machine, in the background, and wait until it is healthy."""
    home = Home()
    console = Console(stderr=True, highlight=False)
    if record := home.read():
        console.print(f"already up: {record.target}", soft_wrap=True)
        return
    begun = time.monotonic()
    with Launch(home, rows=rows, listen=listen, follow=False) as launch:
        record = launch.wait(console)
    console.print(f"up in {time.monotonic() - begun:.1f} s", style="green")
    _tell(console, record)


def run(
    question: Annotated[str, typer.Argument(help="The question to ask first.")],
    once: Annotated[bool, typer.Option(help="Stop after the answer.")] = False,
    as_of: Annotated[str, typer.Option(help='Day that "today" means in that question.')] = "",
    rows: Annotated[int, _ROWS] = 20_000,
    listen: Annotated[str | None, _LISTEN] = None,
    output: Annotated[Path | None, typer.Option(help="File for all rows, as of `maestro ask`.", dir_okay=False)] = None,
) -> None:
    """Start the mesh, ask, and serve until Ctrl-C. What was already running is used and left running."""
    if output:
        target_file(output)  # before a mesh is started for nothing
    home = Home()
    console = Console(stderr=True, highlight=False)
    signal.signal(signal.SIGTERM, _interrupt)
    if record := home.read():
        console.print("a mesh is already up; using it", style="dim")
        _ask(question, as_of, output)
        _tell(console, record)
        return
    begun = time.monotonic()
    with Launch(home, rows=rows, listen=listen, follow=True) as launch:
        record = launch.wait(console)
        console.print(f"ready in {time.monotonic() - begun:.1f} s", style="green")
        _ask(question, as_of, output)
        if once:
            return
        _tell(console, record)
        if launch.joined:
            console.print("It was started by another command, which it ends with.", style="dim")
            return
        console.print("Ctrl-C stops it.", style="dim")
        try:
            launch.wait_until_it_ends()
        except KeyboardInterrupt:
            console.print("stopping", style="dim")
            return
    raise CliError("the mesh has ended", f"Its logs are in {home.logs}.")


def down() -> None:
    """Stop the mesh that `maestro up` or `maestro run` started on this machine."""
    home = Home()
    console = Console(stderr=True, highlight=False)
    record = home.read()
    if record is None:
        console.print("nothing is up")
        return
    os.kill(record.pid, signal.SIGTERM)
    with console.status("stopping"):
        for _ in range(300):
            if home.read() is None:
                console.print("down", style="green")
                return
            time.sleep(0.1)
    raise CliError(f"process {record.pid} does not end", f"Look into {home.logs}, then: kill -9 {record.pid}")


def status() -> None:
    """Show modules, processes and sources. Exit code 1 where one is not healthy."""
    home = Home()
    record = home.read()
    console = Console(highlight=False)
    reports = asyncio.run(serving({name: module_target(name) for name in MODULES}))
    table = Table("module", "state", "ms", "process", "target")
    for name, report in reports.items():
        pid = record.processes.get(name, "") if record else ""
        style = "green" if report.healthy else "red"
        table.add_row(name, f"[{style}]{report.state}[/]", _milliseconds(report), str(pid), module_target(name))
    console.print(table)
    if record:
        for name, address in record.sources.items():
            console.print(f"source {name}: {address}", soft_wrap=True)
        console.print(f"gRPC at {record.address or record.target}", soft_wrap=True)
        console.print(f"logs in {home.logs}", style="dim", soft_wrap=True)
    if not all(report.healthy for report in reports.values()):
        raise CliError("the mesh is not whole", "Start it with `maestro up`, or look into the logs.")


def _tell(console: Console, record: Record) -> None:
    console.print(f"sources: {', '.join(record.sources)}   gRPC: {record.address or record.target}", soft_wrap=True)
    console.print('ask:  maestro ask "quantas entregas estão atrasadas?"', style="dim", markup=False)


def _ask(question: str, as_of: str, output: Path | None) -> None:
    Console(highlight=False).print(f"\n? {question}", markup=False)
    try:
        ask_command.ask(question, as_of=as_of, output=output)
    except typer.Exit as end:
        if end.exit_code:
            raise CliError("the sample question was not answered", code=end.exit_code) from None


def _milliseconds(report: Report) -> str:
    return f"{report.seconds * 1000:.1f}" if report.healthy else ""


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
