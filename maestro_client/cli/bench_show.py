"""`maestro bench show`: a question of a past run, from its words to the clauses in which its reading is wrong."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from maestro_client.cli.failure import CliError

_ID = typer.Argument(help="Identifier of a question. Without it the failures of the run are listed.")
_RUN = typer.Option(help="Name of a run. Default: the newest that holds the question.")
_MOST = typer.Option(help="Links and readings that are shown.", min=1)


def show(
    question: Annotated[str, _ID] = "",
    run: Annotated[str, _RUN] = "",
    most: Annotated[int, _MOST] = 30,
) -> None:
    """Show what became of a question: stages, links, candidates, gold and given rows, differing clauses."""
    from bench.harness import past_runs  # noqa: PLC0415  # half a second that other commands need not pay
    from bench.harness_record import Runs  # noqa: PLC0415  # as above

    runs = Runs(past_runs())
    console = Console(highlight=False)
    try:
        if not question:
            _list(runs.read(run), run or next((path.stem for path in runs.newest()), ""), console)
            return
        found = runs.find(question, run)
    except FileNotFoundError:
        which = f"no run {run}" if run else "no run yet"
        raise CliError(f"there is {which}", "Make one: maestro bench accuracy FILE") from None
    if found is None:
        raise CliError(f"no run holds a question {question}", "`maestro bench show` lists the failures of the newest.")
    name, line = found
    _show(line, name, most, console)


def _list(lines: Any, run: str, console: Console) -> None:
    table = Table("id", "database", "outcome", "sure", "wrong in", "question", title=f"failures of {run}")
    for line in lines:
        told = line["question"]
        if line["right"] and not told.get("ambiguous"):
            continue
        sure = f"{line['probability']:.2f}"
        table.add_row(
            *(Text(str(cell)) for cell in (
                told.get("id", ""), told["db_id"], line["outcome"], sure, ", ".join(line["clauses"]), told["question"],
            ))
        )  # fmt: skip
    console.print(table)


def _show(line: dict[str, Any], run: str, most: int, console: Console) -> None:
    told = line["question"]
    console.print(f"? {told['question']}", style="bold", markup=False)
    _say(console, "run", f"{run}   {told['db_id']}   {told.get('lang', '')}   {told.get('hardness', '')}")
    _say(console, "outcome", f"{line['outcome']}, {line['probability']:.2f} sure, {line['milliseconds']:.1f} ms")
    place = line["place"]
    _say(console, "right", "the first" if place == 0 else f"number {place + 1}" if place > 0 else "none of those tried")
    _say(console, "wrong in", ", ".join(line["clauses"]))
    for issue in line["issues"]:
        _say(console, "issue", issue)
    _say(console, "asked back", line["clarification"])
    for number, choice in enumerate(line["choices"]):
        _say(console, "choice", f"{choice}  → right readings {line['shown'][number]}")
    _say(console, "failed", line["error"])
    for sql in told.get("gold_sqls") or [told.get("gold_sql", "")]:
        _say(console, "gold SQL", " ".join(str(sql).split()))
    _say(console, "gold reading", line["gold"])
    _say(console, "given reading", line["first"])
    _say(console, "given SQL", " ".join(line["sql"].split()))
    _rows(console, "gold rows", line["gold_rows"], line["gold_count"])
    _rows(console, "given rows", line["given_rows"], line["given_count"])
    _stages(console, line["stages"], most)
    _candidates(console, line["candidates"], most)


def _say(console: Console, name: str, text: str) -> None:
    if text:
        console.print(Text.assemble((f"{name:14}", "dim"), text), soft_wrap=True)


def _rows(console: Console, title: str, rows: list[list[Any]], count: int) -> None:
    table = Table(title=f"{title}: {'unknown' if count < 0 else count}", title_justify="left", show_header=False)
    for row in rows[:10]:
        table.add_row(*(Text("NULL" if value is None else str(value)) for value in row))
    if len(rows) > 10 or count > len(rows):
        table.add_row("…")
    console.print(table)


def _stages(console: Console, stages: dict[str, Any], most: int) -> None:
    if words := stages.get("normalize"):
        _say(console, "language", f"{words['language']} ({words['certainty']:.2f})")
        _say(console, "words", " ".join(words["words"]))
        for name in ("corrections", "numbers", "periods"):
            if words[name]:
                _say(console, name, str(words[name]))
    if cues := stages.get("cues"):
        _say(console, "cues", ", ".join(f"{each['words']} {each['op']}" for each in cues))
    if values := {text: found for text, found in stages.get("values", {}).items() if found}:
        for text, found in values.items():
            _say(console, "value", f"{text} → {'; '.join(found[:4])}")
    if links := stages.get("link"):
        table = Table("words", "means", "score", "by", "via", title=f"links: {len(links)}", title_justify="left")
        for each in islice(sorted(links, key=lambda each: -each["score"]), most):
            means = f"{each['kind']} {each['target']}"
            cells = (each["words"], means, f"{each['score']:.2f}", each["by"], each["via"])
            table.add_row(*(Text(cell) for cell in cells))
        console.print(table)
    for reading in stages.get("propose", []):
        _say(console, "model", reading)


def _candidates(console: Console, candidates: list[dict[str, Any]], most: int) -> None:
    if not candidates:
        return
    table = Table(
        "", "sure", "score", "right", "by", "reading", title=f"readings: {len(candidates)}", title_justify="left"
    )
    for number, each in enumerate(candidates[:most], 1):
        right = {True: "yes", False: "no"}.get(each["right"], "")
        cells = (
            str(number), f"{each['probability']:.2f}", f"{each['score']:.2f}", right, each["proposer"],
            each.get("reading", ""),
        )  # fmt: skip
        table.add_row(*(Text(cell) for cell in cells), style="green" if right == "yes" else "")
    console.print(table)
