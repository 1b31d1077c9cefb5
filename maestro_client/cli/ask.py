"""`maestro ask`: a question, its answer, and how it was got."""

from __future__ import annotations

import datetime
import math
import sys
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf import json_format
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro.result.v1 import result_pb2
from maestro.workflow.v1 import workflow_pb2
from maestro_client.answer import Answer
from maestro_client.cli.failure import CliError
from maestro_client.cli.output import target_file, write_result
from maestro_client.cli.session import with_maestro
from maestro_client.client import Maestro

_TINY = 0.0001
_SHOWN_ROWS = 50
# Seconds for an answer, and for all its rows where they go to a file.
_TIMEOUT, _FILE_TIMEOUT = 30.0, 600.0


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(ask)


def ask(
    question: Annotated[
        str, typer.Argument(help='The question, in Portuguese or English; "-" reads it from standard input.')
    ],
    source: Annotated[str, typer.Option(help="Source to ask; needed only where there are several.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as one JSON object.")] = False,
    conversation: Annotated[str, typer.Option(help='Conversation to continue, so that "e de SP?" is understood.')] = "",
    as_of: Annotated[str, typer.Option(help='Day or moment that "today" means, ISO 8601. Default: now.')] = "",
    explain: Annotated[bool, typer.Option(help="Show SQL, index choices, confidence and step times.")] = False,
    stream: Annotated[bool, typer.Option(help="Show each step as it runs, then the rows as they come.")] = False,
    locale: Annotated[str, typer.Option(help="Language of the answer, such as pt-BR. Default: the question's.")] = "",
    timeout: Annotated[
        float | None, typer.Option(help="Seconds that it may take. Default: 30; with --output 600.", min=0.001)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="File for all rows, written as they come: .parquet, .csv, .xlsx or .arrow.", dir_okay=False),
    ] = None,
) -> None:
    """Ask a question. Exit code 0: answered; 4: asked back; 5: cannot be answered."""
    if stream and output:
        raise typer.BadParameter("--stream prints the rows, --output writes them to a file: choose one.")
    file = target_file(output) if output else None
    text = sys.stdin.read() if question == "-" else question

    async def work(maestro: Maestro) -> Answer:
        context = maestro.context(source, as_of=_moment(as_of), locale=locale, conversation=conversation)
        request = pb.RunQueryRequest(context=context, question=text, page_size=100, explain=explain)
        if file:
            return await write_result(maestro, request, file)
        if stream:
            return await _streamed(maestro, request, quiet=as_json)
        return await maestro.run(request, all_rows=False)

    answer = with_maestro(work, timeout or (_FILE_TIMEOUT if output else _TIMEOUT))
    if as_json:
        sys.stdout.write(json_format.MessageToJson(answer.message, ensure_ascii=False) + "\n")
    else:
        show(answer, explain=explain, rows=not (stream or output))
    raise typer.Exit({"clarification": 4, "refused": 5}.get(answer.status, 0))


async def _streamed(maestro: Maestro, request: pb.RunQueryRequest, *, quiet: bool) -> Answer:
    """Shows progress on standard error and rows on standard output as they come; gives the answer."""
    console = Console(stderr=True, quiet=quiet, highlight=False)
    out = Console(highlight=False, quiet=quiet)
    answer: Answer | None = None
    async for event in maestro.stream(request):
        if isinstance(event, pb.Progress):
            console.print(_step_line(event), style="dim")
        elif isinstance(event, result_pb2.ResultHead):
            console.print("\t".join(each.label or each.name for each in event.columns), markup=False, soft_wrap=True)
        elif isinstance(event, bytes):
            batch = Answer(result_pb2.Answer(), batches=[event])
            for row in batch.tuples():
                out.print("\t".join(_cell(value) for value in row), markup=False, soft_wrap=True)
        else:
            answer = event
    if answer is None:
        raise CliError("the mesh ended the stream without an answer", "Look at it with `maestro status`.")
    return answer


def _step_line(event: pb.Progress) -> str:
    step = event.step
    state = workflow_pb2.StepState.Name(step.state).removeprefix("STEP_STATE_").lower()
    took = f" {step.elapsed.ToTimedelta().total_seconds() * 1000:.1f} ms" if step.HasField("elapsed") else ""
    reason = f" ({step.reason})" if step.reason else ""
    return f"[{event.done}/{event.total}] {step.name}: {state}{took}{reason}"


def show(answer: Answer, *, explain: bool, rows: bool = True) -> None:
    """Prints an answer for a person."""
    console = Console(highlight=False)
    console.print(answer.text, markup=False, soft_wrap=True)
    listed = list(answer.tuples()) if rows else []
    if listed and (len(listed) > 1 or len(listed[0]) > 1):
        console.print(_table(answer, listed))
        if len(listed) > _SHOWN_ROWS or not answer.message.result.complete:
            total = answer.total_rows if answer.total_rows >= 0 else "?"
            console.print(f"({min(len(listed), _SHOWN_ROWS)} / {total})", style="dim")
    for number, choice in enumerate(answer.choices, 1):
        console.print(f"  {number}. {choice}", markup=False)
    for suggestion in answer.message.suggestions:
        console.print(f"  → {suggestion}", markup=False, style="dim")
    if explain:
        _explain(console, answer)
    elif answer.trace_id:
        console.print(f"{_cached(answer)}trace {answer.trace_id}", style="dim")


def _table(answer: Answer, rows: list[tuple[Any, ...]]) -> Table:
    table = Table()
    for column in answer.message.result.columns:
        table.add_column(escape(column.label or column.name), justify="right" if column.measure else "left")
    for row in rows[:_SHOWN_ROWS]:
        table.add_row(*(escape(_cell(value)) for value in row))
    return table


def _explain(console: Console, answer: Answer) -> None:
    provenance = answer.message.provenance
    elapsed = provenance.elapsed.ToTimedelta().total_seconds() * 1000
    console.print(
        f"confidence {answer.message.confidence:.2f}   {elapsed:.1f} ms   {_cached(answer)}trace {answer.trace_id}",
        style="dim",
    )
    for statement in provenance.statements:
        took = statement.elapsed.ToTimedelta().total_seconds() * 1000
        console.print(
            f"\n-- {statement.purpose}: {statement.row_count} rows, {took:.1f} ms, cost {statement.estimated_cost:g}"
        )
        console.print(statement.sql, markup=False, soft_wrap=True)
        console.print(f"-- parameters: {list(statement.parameters)}", markup=False, soft_wrap=True)
        for choice in statement.choices:
            console.print(
                f"-- {choice.table}: {choice.index or 'no index'}: {choice.choice} ({choice.reason})",
                markup=False,
                soft_wrap=True,
            )
    for assumption in provenance.assumptions:
        console.print(f"assumed {assumption.kind}: {assumption.subject} → {assumption.chosen}", markup=False)
    for note in provenance.step_notes:
        console.print(f"step {note.step} {note.state}: {note.reason}", markup=False, style="dim")
    for issue in answer.message.issues:
        console.print(f"{issue.code}: {issue.message}", markup=False, style="dim")


def _cached(answer: Answer) -> str:
    """How old the rows are, where they come from the cache."""
    cache = answer.message.provenance.cache
    return f"from the cache, {cache.age.ToTimedelta().total_seconds():.1f} s old   " if cache.hit else ""


def _cell(value: Any) -> str:
    """A value for people: fractions to four places; files and programs get all of them."""
    if isinstance(value, (float, Decimal)) and math.isfinite(value):
        if value and abs(float(value)) < _TINY:
            return f"{float(value):g}"
        text = f"{value:.4f}"
        return text.rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def _moment(text: str) -> datetime.date | datetime.datetime | None:
    if not text:
        return None
    try:
        return datetime.date.fromisoformat(text) if len(text) == 10 else datetime.datetime.fromisoformat(text)
    except ValueError:
        raise CliError(
            f"--as-of {text!r} is not a day or moment", "Write it as 2025-11-21 or 2025-11-21T14:30:00-03:00."
        ) from None
