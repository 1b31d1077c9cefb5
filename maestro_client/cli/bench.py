"""`maestro bench`: how often the mesh is right, by question files with gold answers."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from maestro_client.cli import bench_show
from maestro_client.cli.failure import CliError

if TYPE_CHECKING:
    from bench.harness import Harness
    from bench.harness_record import Asked
    from bench.harness_set import Work

_FILE = typer.Argument(help="Question file (.jsonl), or a folder of them.")
_LANG = typer.Option(help="Only the questions of this language.", metavar="pt|en")
_LLM = typer.Option("--llm", help="Let the language model that MAESTRO_LLM_URL names propose plans as well.")
_DATABASES = typer.Option(
    help="Folder of the databases. Default: `database` beside the questions, or their own folder."
)
_POSTGRES = typer.Option(help="URL of a PostgreSQL database that holds each db_id as a schema.", metavar="URL")
_SAMPLE = typer.Option(help="So many questions, drawn at random. 0: all.", min=0)
_SEED = typer.Option(help="What the draw is made by.")
_TRIED = typer.Option(help="Readings of a question that are run until one is right.", min=1, max=64)
_BATCH = typer.Option(help="Databases that are held at a time.", min=1, max=500)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="Measure how often the mesh is right, and look at its failures.", no_args_is_help=True)
    group.command()(accuracy)
    group.command("show")(bench_show.show)
    app.add_typer(group, name="bench")


def accuracy(
    questions: Annotated[Path, _FILE],
    lang: Annotated[str, _LANG] = "",
    llm: Annotated[bool, _LLM] = False,
    databases: Annotated[Path | None, _DATABASES] = None,
    postgres: Annotated[str, _POSTGRES] = "",
    sample: Annotated[int, _SAMPLE] = 0,
    seed: Annotated[int, _SEED] = 1,
    tried: Annotated[int, _TRIED] = 64,
    batch: Annotated[int, _BATCH] = 40,
) -> None:
    """Ask a question file of the databases beside it, through a mesh of its own, and judge by the gold answers.

    Prints a table and, as its last line, one JSON object. Each failure can be looked at with `maestro bench show ID`.
    """
    from bench.harness import Harness, past_runs  # noqa: PLC0415  # half a second that other commands need not pay
    from bench.harness_record import Runs  # noqa: PLC0415  # as above

    console = Console(stderr=True, highlight=False)
    if llm and not os.environ.get("MAESTRO_LLM_URL", "").strip():
        raise CliError("--llm needs a language model", "Set MAESTRO_LLM_URL and MAESTRO_LLM_MODEL.")
    if lang not in ("", "pt", "en"):
        raise CliError(f"--lang {lang} is not known", "It is pt or en.")
    work = _work(questions, databases, lang, sample, seed, postgres, console)
    harness = Harness(work, postgres=postgres, tried=tried, batch=batch, llm=llm)
    signal.signal(signal.SIGTERM, _interrupt)
    path = Runs(past_runs()).begin()
    try:
        with path.open("w", encoding="utf-8") as file:
            _ask(harness, work, file, console)
    except KeyboardInterrupt:
        console.print(
            f"stopped after {len(harness.asked)} of {work.count} questions; those are kept: maestro bench show",
            style="yellow",
        )
        raise
    figures = harness.figures()
    for name, why in harness.not_ready.items():
        console.print(f"{name} could not be asked: {why}", style="yellow", markup=False, soft_wrap=True)
    for number, why in list(harness.gold_fails.items())[:3]:
        console.print(f"the gold query of {number} does not run: {why}", style="yellow", markup=False, soft_wrap=True)
    if not harness.asked:
        raise CliError("no question could be asked", "Look at the messages above, and at the gold queries.")
    path.with_suffix(".json").write_text(json.dumps(figures, ensure_ascii=False))
    Console(highlight=False).print(_table(figures, str(questions)))
    if any(not each.right for each in harness.asked):
        console.print("failures: maestro bench show", style="dim")
    typer.echo(json.dumps(figures, ensure_ascii=False))


def _work(
    questions: Path, databases: Path | None, lang: str, sample: int, seed: int, postgres: str, console: Console
) -> Work:
    from bench.harness_set import work  # noqa: PLC0415  # as above
    from bench.questions import QuestionError  # noqa: PLC0415  # as above

    if databases is not None and not databases.is_dir():
        raise CliError(f"there is no folder {databases}")
    try:
        found = work(questions, databases, lang, sample, seed, postgres=bool(postgres))
    except QuestionError as error:
        raise CliError(str(error), "docs/accuracy.md tells the form of question files.") from None
    except OSError as error:
        raise CliError(f"cannot read {questions}: {(error.strerror or str(error)).lower()}") from None
    if not found.count and not found.missing:
        where = f" in {lang}" if lang else ""
        raise CliError(f"{questions} holds no questions{where}", "A folder is searched for *.jsonl.")
    if not found.count:
        raise CliError(
            f"none of {len(found.missing)} databases was found, {next(iter(found.missing))} for one",
            "Name their folder with --databases.",
        )
    for name, count in found.missing.items():
        console.print(f"no database {name}: {count} questions are left out", style="yellow", markup=False)
    return found


def _ask(harness: Harness, work: Work, file: Any, console: Console) -> None:
    """Asks everything and shows how far it is."""
    right = asked = 0
    with Progress(
        TextColumn("asking"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[share]}"), TimeElapsedColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    ) as progress:  # fmt: skip
        task = progress.add_task("", total=work.count, share="", visible=False)

        def told(each: Asked | None) -> None:
            nonlocal right, asked
            if each is not None:
                asked += 1
                right += each.right
            share = f"{right / asked:.1%} right" if asked else ""
            progress.update(task, advance=1, share=share, visible=True)
            done = int(progress.tasks[0].completed)
            if not console.is_terminal and done % 50 == 0:
                console.print(f"{done} of {work.count}  {share}")

        harness.run(file, console, told)


def _table(figures: dict[str, Any], title: str) -> Table:
    table = Table("figure", "value", title=title, show_header=False)
    table.add_row("questions", f"{figures['questions']} of {figures['databases']} databases ({figures['dialect']})")
    table.add_row("execution accuracy", _percent(figures["execution_accuracy"]), style="bold")
    for name, held in figures["by_hardness"].items():
        table.add_row(f"  {name}", f"{_percent(held['accuracy'])}  of {held['n']}")
    for name, held in figures.get("by_language", {}).items():
        table.add_row(f"  {name}", f"{_percent(held['execution_accuracy'])}  of {held['n']}")
    table.add_row("answered without asking", _percent(figures["coverage"]))
    table.add_row("  of these right", _percent(figures["precision"]))
    table.add_row("oracle", "  ".join(f"@{k} {_percent(share)}" for k, share in figures["oracle"].items()))
    table.add_row("calibration error", str(figures["ece"]))
    table.add_row("analysis", f"p50 {figures['p50_ms']} ms, p95 {figures['p95_ms']} ms")
    table.add_row("outcomes", ", ".join(f"{name} {count}" for name, count in figures["outcomes"].items()))
    if wrong := figures["failures_by_clause"]:
        table.add_row("wrong in", ", ".join(f"{name} {count}" for name, count in wrong.items()))
    for name in ("ambiguous", "unanswerable", "model"):
        for key, value in figures.get(name, {}).items():
            table.add_row(f"{name}: {key.replace('_', ' ')}", str(value) if isinstance(value, int) else _percent(value))
    for name in ("gold_fails", "no_database"):
        if figures[name]:
            table.add_row(name.replace("_", " "), str(figures[name]), style="yellow")
    return table


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
