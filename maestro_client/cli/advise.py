"""`maestro advise`: indexes that the questions really asked lack, and what came of those that were made."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from google.protobuf import duration_pb2, json_format
from rich.console import Console
from rich.filesize import decimal

from maestro.context.v1 import context_pb2
from maestro.monitor.v1 import monitor_pb2 as pb
from maestro.monitor.v1 import monitor_pb2_grpc
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from maestro_client.cli.failure import CliError
from maestro_client.cli.session import with_channel
from mesh.channel import MeshChannel

_PATIENCE = 120.0
_METHODS = {
    "hypopg": "the planner's cost with the index as if it were there (HypoPG)",
    "cost bound": "a cost bound: EXPLAIN's cost of the scan, replaced by the planner's formula for the index",
}


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(advise)


def advise(
    source: Annotated[str, typer.Option(help="Source to advise on; needed only where there are several.")] = "",
    hours: Annotated[
        float | None, typer.Option(help="Only what was asked so long ago. Default: all.", min=0.01)
    ] = None,
    most: Annotated[int, typer.Option(help="Suggestions at most.", min=1, max=50)] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print the advice as one JSON object.")] = False,
) -> None:
    """Suggest indexes that the plans really asked lack, as DDL with reasons. Nothing is created."""
    name = source or _only_source()

    async def work(channel: MeshChannel) -> pb.AdviseResponse:
        request = pb.AdviseRequest(context=context_pb2.RequestContext(source=name), max_suggestions=most)
        if hours is not None:
            request.since_time.FromDatetime(datetime.now(UTC) - timedelta(hours=hours))
        stub = monitor_pb2_grpc.MonitorStub(channel)
        response: pb.AdviseResponse = await stub.Advise(request, timeout=_PATIENCE)
        return response

    advice = with_channel("monitor", work)
    if as_json:
        sys.stdout.write(json_format.MessageToJson(advice, ensure_ascii=False) + "\n")
        return
    _show(name, advice)


def _only_source() -> str:
    """The source that is meant where none is named."""

    async def work(channel: MeshChannel) -> scanner_pb2.ListSourcesResponse:
        stub = scanner_pb2_grpc.ScannerStub(channel)
        response: scanner_pb2.ListSourcesResponse = await stub.ListSources(scanner_pb2.ListSourcesRequest())
        return response

    sources = with_channel("scanner", work).sources
    meant = [each.name for each in sources if each.default_source] or [each.name for each in sources]
    if len(meant) != 1:
        raise CliError("there are several sources", f"Name one with --source: {', '.join(meant)}.")
    return str(meant[0])


def _show(source: str, advice: pb.AdviseResponse) -> None:
    out = Console(highlight=False)
    critical = _milliseconds(advice.critical)
    out.print(
        f"-- {source}: {advice.shapes} shapes of plan, {advice.calls:,} calls, {critical:,.0f} ms of their statements on "
        "the critical path",
        soft_wrap=True,
    )
    for number, each in enumerate(advice.suggestions, 1):
        _suggestion(out, number, each)
    if not advice.suggestions:
        out.print("-- no index is missing for what was asked")
    for applied in advice.applied:
        _applied(out, applied)
    for issue in advice.issues:
        out.print(f"-- {issue.message}", markup=False, soft_wrap=True, style="dim")


def _suggestion(out: Console, number: int, each: pb.IndexSuggestion) -> None:
    def say(text: str) -> None:
        out.print(text, markup=False, soft_wrap=True)

    say(f"\n-- {number}. would save about {_milliseconds(each.saved):,.0f} ms of it; about {decimal(each.size_bytes)}")
    for reason in each.reasons:
        say(f"--    {each.table}: {reason}")
    say(f"--    estimated by {_METHODS.get(each.method, each.method)}")
    for served in each.serves:
        say(
            f"--    {served.calls:,} calls, median {_milliseconds(served.median):,.1f} ms, cost {served.cost_before:,.0f} → "
            f"{served.cost_after:,.0f} ({served.cost_after / served.cost_before - 1:+.0%}): {_short(served.sql)}"
        )
    say(f"--    writes: {each.write_cost}")
    for overlap in each.overlaps:
        say(f"--    overlap: {overlap}")
    say(each.ddl)


def _applied(out: Console, applied: pb.AppliedSuggestion) -> None:
    def say(text: str) -> None:
        out.print(text, markup=False, soft_wrap=True)

    suggestion = applied.suggestion
    when = applied.applied_time.ToDatetime().isoformat(sep=" ", timespec="minutes")
    say(f"\n-- applied: {applied.index} on {suggestion.table} ({', '.join(suggestion.columns)}), seen {when} UTC")
    for each in applied.measured:
        predicted = f"predicted {each.predicted_change:+.0%} ({suggestion.method})"
        if each.HasField("measured_change"):
            measured = (
                f"measured {each.measured_change:+.0%}: median {_milliseconds(each.median_before):,.1f} ms "
                f"({each.calls_before:,} calls) → {_milliseconds(each.median_after):,.1f} ms ({each.calls_after:,} calls)"
            )
        else:
            measured = f"not asked since (median before {_milliseconds(each.median_before):,.1f} ms)"
        say(f"--    {predicted}, {measured}: {_short(each.sql)}")


def _short(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= 160 else text[:157] + "..."


def _milliseconds(duration: duration_pb2.Duration) -> float:
    return duration.seconds * 1000.0 + duration.nanos / 1e6
