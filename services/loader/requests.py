"""The parts that all requests of the loader have in common."""

from datetime import UTC, datetime
from typing import Any

from maestro.context.v1 import context_pb2
from mesh.fault import Fault
from mesh.sources import SourceUrl
from services.loader.bindings import Moment, zone
from services.loader.ceilings import Limits
from services.loader.compiler import Task
from services.loader.settings import LoaderSettings


def task_of(request: Any, source: str, dialect: int) -> Task:
    """What is to be compiled. Raises Fault PLAN_INVALID where there is no plan."""
    if not request.plan.HasField("query"):
        raise Fault("PLAN_INVALID", "plan.query: it is empty.", violations=[("plan.query", "it is empty")])
    return Task(source, dialect, request.plan, request.catalog, request.semantics)


def moment_of(request: Any, source: SourceUrl, settings: LoaderSettings) -> Moment:
    """When and where the request is: in its own zone, else the model's, else the source's, else the setting's."""
    context: context_pb2.RequestContext = request.context
    modelled = request.semantics.time_zone if hasattr(request, "semantics") else ""
    name = context.time_zone or modelled or source.time_zone or settings.time_zone
    where = zone(name)
    known = context.HasField("as_of_time")
    moment = context.as_of_time.ToDatetime(tzinfo=UTC) if known else datetime.now(UTC)
    return Moment(moment.astimezone(where), where, name)


def limits_of(
    context: context_pb2.RequestContext, source: SourceUrl, settings: LoaderSettings, *, streaming: bool = False
) -> Limits:
    """The operator's limits, those of the source before the general ones, narrowed by the caller's. streaming: for a
    statement that gives all its rows, which takes as long as they are taken."""
    asked = context.limits
    rows, size = source.max_rows or settings.max_rows, source.max_bytes or settings.max_bytes
    cost = settings.max_cost if source.max_cost is None else source.max_cost
    timeout = source.statement_timeout or (settings.stream_timeout if streaming else settings.statement_timeout)
    if asked.max_cost > 0:
        cost = min(cost, asked.max_cost) if cost else asked.max_cost
    if asked.statement_timeout_ms > 0:
        timeout = min(timeout, asked.statement_timeout_ms / 1000)
    return Limits(
        max_rows=min(asked.max_rows, rows) if asked.max_rows > 0 else rows,
        max_bytes=min(asked.max_bytes, size) if asked.max_bytes > 0 else size,
        max_cost=cost,
        timeout=timeout,
    )
