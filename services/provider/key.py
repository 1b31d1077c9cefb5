"""What makes two fetches the same: only then may one's result be given to the other."""

from collections import OrderedDict
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from maestro.plan.v1 import plan_pb2
from maestro.provider.v1 import provider_pb2
from maestro.semantics.v1 import semantics_pb2

# How much of the moment of a request a plan refers to.
_NOT, _DAY, _MOMENT = 0, 1, 2


def key_of(request: provider_pb2.FetchRequest) -> bytes | None:
    """All that a result depends on: the source, the caller's rights, the plan, the page, knowledge, limits, what the
    scanner saw of the tables' contents, and of the moment only its day, or itself, where the plan or a definition refers
    to it.

    None where nothing can be the same: the plan refers to the moment, and the request does not say it. It is no digest:
    to look up some ten KB costs a fifth of what digesting them does, and cannot mistake one request for another.
    """
    context = request.context
    query, needed = _read(request)
    if needed and not context.HasField("as_of_time"):
        return None
    caller = context.caller
    parts = [
        context.source,
        context.time_zone,
        repr(sorted(caller.roles)),
        repr(sorted(caller.attributes.items())),
        request.catalog.version if request.catalog.tables else "",
        request.semantics.version,
        f"{request.page_size} {request.explain} {request.without_total}",
        request.page_token,
        _moment(request, needed),
    ]
    pieces = [
        "\0".join(parts).encode(),
        context.limits.SerializeToString(deterministic=True),
        query,
        # The version is of the structure. Counts of changes, rows and statistics differ after a scan that found the
        # table written to, and what was fetched before is not served again.
        *(table.SerializeToString(deterministic=True) for table in request.catalog.tables),
    ]
    # With their lengths, so that no two requests are one because a part of one looks like the end of another.
    return b"".join([b"%d " % len(each) for each in pieces] + pieces)


# What was read of a plan, by its bytes and those of the definitions: reading it through costs more than the rest.
_known: OrderedDict[tuple[bytes, bytes], tuple[bytes, int]] = OrderedDict()
_MOST_KNOWN = 500


def _read(request: provider_pb2.FetchRequest) -> tuple[bytes, int]:
    """(the query without what does not change a result, how much of the moment it refers to)."""
    seen = (
        request.plan.query.SerializeToString(deterministic=True),
        request.semantics.SerializeToString(deterministic=True),
    )
    found = _known.get(seen)
    if found is not None:
        _known.move_to_end(seen)
        return found
    query = plan_pb2.Query()
    query.CopyFrom(request.plan.query)
    needed = max(_stripped(query), _semantics_need(request.semantics))
    found = _known[seen] = query.SerializeToString(deterministic=True), needed
    if len(_known) > _MOST_KNOWN:
        _known.popitem(last=False)
    return found


def _moment(request: provider_pb2.FetchRequest, needed: int) -> str:
    stamp = request.context.as_of_time
    zone = request.context.time_zone or request.semantics.time_zone
    if needed == _NOT:
        return ""
    if needed == _DAY and zone:
        try:
            return stamp.ToDatetime(tzinfo=UTC).astimezone(ZoneInfo(zone)).date().isoformat()
        except (KeyError, ValueError, OSError):
            pass
    return f"{stamp.seconds}.{stamp.nanos}"


def _semantics_need(semantics: semantics_pb2.SemanticSlice) -> int:
    definitions: list[Any] = [each.filter for each in semantics.metrics]
    definitions += [each.expression for each in semantics.metrics]
    for dataset in semantics.datasets:
        for field in dataset.fields:
            if not field.column:
                definitions += [field.expression, field.predicate]
    definitions += [each.predicate for entity in semantics.entities for each in entity.filters]
    return max((_needs(each) for each in definitions), default=_NOT)


def _needs(message: Any) -> int:
    if isinstance(message, plan_pb2.AsOf):
        return _MOMENT if message.moment else _DAY
    found = _NOT
    for field, value in message.ListFields():
        if field.message_type is not None and field.name != "origin":
            for each in value if field.is_repeated else (value,):
                found = max(found, _needs(each))
    return found


def _stripped(message: Any) -> int:
    """Takes away what does not change a result: where in the question each slot came from. Gives how much of the moment
    is referred to."""
    if isinstance(message, plan_pb2.AsOf):
        return _MOMENT if message.moment else _DAY
    found = _NOT
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.name == "origin":
            message.ClearField("origin")
            continue
        for each in value if field.is_repeated else (value,):
            found = max(found, _stripped(each))
    return found
