"""`--output`: all rows of an answer into a file, with a display of how far it is."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.workflow.v1 import workflow_pb2
from maestro_client.answer import Answer
from maestro_client.cli.failure import CliError
from maestro_client.client import Event, Maestro
from maestro_client.files import NotAFileError, ResultFile
from maestro_client.files.saving import Saved, save


def target_file(path: Path) -> ResultFile:
    """The file that is to be written; nothing is there yet. Raises CliError where it cannot be."""
    try:
        return ResultFile(path)
    except NotAFileError as error:
        raise CliError(str(error), "For example: --output result.parquet") from None


async def write_result(maestro: Maestro, request: pb.RunQueryRequest, file: ResultFile) -> Answer:
    """Asks, and writes the rows as they come. Raises Fault, or CliError where the file cannot be written."""
    console = Console(stderr=True, highlight=False)
    task = asyncio.current_task()
    assert task is not None
    # Ctrl-C cancels by itself; an end that was asked for in another way has to clean up as well.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        with _Display(console, file) as display:
            saved = await save(maestro.stream(request), file, display.tell)
    except NotAFileError as error:
        raise CliError(str(error)) from None
    except OSError as error:
        raise CliError(f"{file.path} cannot be written: {error.strerror or error}") from None
    except asyncio.CancelledError:
        console.print(f"interrupted: {file.path} was not written", soft_wrap=True, markup=False)
        raise KeyboardInterrupt from None
    _say(console, saved)
    return saved.answer


def _say(console: Console, saved: Saved) -> None:
    if saved.path is None:
        return
    console.print(f"{saved.path}: {saved.rows:,} rows, {decimal(saved.size)}", soft_wrap=True, markup=False)
    for note in saved.notes:
        console.print(note, style="yellow", soft_wrap=True, markup=False)


class _Display:
    """The step that runs; then rows and bytes. On a terminal only."""

    def __init__(self, console: Console, file: ResultFile) -> None:
        self._file = file
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TextColumn("{task.fields[detail]}", style="dim"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("asking", total=None, detail="")

    def __enter__(self) -> _Display:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, event: Event) -> None:
        """Shows an event of the stream."""
        if isinstance(event, bytes):
            detail = f"{self._file.rows:,} rows, {decimal(self._file.size)}"
            self._progress.update(self._task, description=f"writing {escape(self._file.path.name)}", detail=detail)
        elif isinstance(event, pb.Progress) and event.step.state == workflow_pb2.STEP_STATE_RUNNING:
            detail = f"{event.done} of {event.total} steps"
            self._progress.update(self._task, description=event.step.name, detail=detail)
