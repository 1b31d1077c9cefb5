"""`maestro trace`: where the time of one question went."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from maestro.monitor.v1 import monitor_pb2 as pb
from maestro.monitor.v1 import monitor_pb2_grpc
from maestro_client.cli.session import with_channel
from mesh.channel import MeshChannel

_WIDTH = 48


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(trace)


def trace(
    trace_id: Annotated[str, typer.Argument(help="Trace, or its first digits. Without: the newest traces.")] = "",
) -> None:
    """Show the waterfall of a trace: every call, step and statement, and the critical path."""

    async def work(channel: MeshChannel) -> pb.GetTraceResponse | pb.ListTracesResponse:
        stub = monitor_pb2_grpc.MonitorStub(channel)
        if trace_id:
            one: pb.GetTraceResponse = await stub.GetTrace(pb.GetTraceRequest(trace_id=trace_id))
            return one
        many: pb.ListTracesResponse = await stub.ListTraces(pb.ListTracesRequest())
        return many

    response = with_channel("monitor", work)
    console = Console(highlight=False)
    if isinstance(response, pb.GetTraceResponse):
        console.print(waterfall(response))
        console.print("━ on the critical path: shortening it would have shortened the whole", style="dim")
        return
    table = Table("trace", "when", "ms", "what")
    for root in response.roots:
        when = root.start_time.ToDatetime().isoformat(timespec="seconds")
        table.add_row(root.trace_id, when, f"{_milliseconds(root):.1f}", f"{root.module}: {root.name}")
    console.print(table)


def waterfall(response: pb.GetTraceResponse) -> Table:
    """A row a span: indented name, module, time, and a bar at its place in the whole."""
    spans = list(response.spans)
    critical = set(response.critical_path)
    begin = min(_start(span) for span in spans)
    whole = max(_start(span) + _milliseconds(span) for span in spans) - begin or 1.0
    depth = _depths(spans)
    table = Table("span", "module", "ms", "", box=None, pad_edge=False)
    for span in _tree_order(spans):
        at = int((_start(span) - begin) / whole * _WIDTH)
        length = max(1, round(_milliseconds(span) / whole * _WIDTH))
        bar = " " * at + ("━" if span.span_id in critical else "─") * length
        name = Text("  " * depth[span.span_id] + span.name, style="" if span.ok else "red")
        table.add_row(name, span.module, f"{_milliseconds(span):.2f}", Text(bar[: _WIDTH + 1]))
    return table


def _tree_order(spans: list[pb.Span]) -> list[pb.Span]:
    known = {span.span_id for span in spans}
    children: dict[str, list[pb.Span]] = {}
    for span in spans:
        parent = span.parent_span_id if span.parent_span_id in known else ""
        children.setdefault(parent, []).append(span)
    ordered: list[pb.Span] = []
    waiting = sorted(children.get("", []), key=_start, reverse=True)
    while waiting:
        span = waiting.pop()
        ordered.append(span)
        waiting.extend(sorted(children.get(span.span_id, []), key=_start, reverse=True))
    return ordered


def _depths(spans: list[pb.Span]) -> dict[str, int]:
    parents = {span.span_id: span.parent_span_id for span in spans}
    depths: dict[str, int] = {}
    for span in spans:
        depth, at = 0, span.parent_span_id
        while at in parents and depth < len(spans):
            depth, at = depth + 1, parents[at]
        depths[span.span_id] = depth
    return depths


def _start(span: pb.Span) -> float:
    return span.start_time.seconds * 1000 + span.start_time.nanos / 1e6


def _milliseconds(span: pb.Span) -> float:
    return span.elapsed.seconds * 1000 + span.elapsed.nanos / 1e6
