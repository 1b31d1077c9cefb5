"""When two requests are for the same rows."""

from __future__ import annotations

import hashlib

from maestro.context.v1 import context_pb2
from maestro.provider.v1 import provider_pb2 as pb

# An AsOf with moment = true, as it stands inside of an encoded Expression. Should other fields happen to look like it,
# the key only becomes narrower than it need be.
_MOMENT = b"\x6a\x02\x08\x01"


def fetch_key(request: pb.FetchRequest) -> bytes:
    """Equal for requests that must get equal rows, and only for those: source, rights, limits, day, zone, query, page,
    and the knowledge that the query is built with. Who asks, in which words and language, does not matter.
    """
    query = request.plan.query.SerializeToString(deterministic=True)
    definitions = request.semantics.SerializeToString(deterministic=True)
    context = request.context
    moment = context.as_of_time
    # Whatever refers to "today" changes at midnight only, which comes at some quarter of an hour in every zone; a plan
    # that says "now" changes with each request.
    instant = f"{moment.seconds}.{moment.nanos}" if _MOMENT in query + definitions else str(moment.seconds // 900)
    parts = (
        context.source.encode(),
        _rights(context.caller),
        context.limits.SerializeToString(deterministic=True),
        context.time_zone.encode(),
        instant.encode(),
        request.catalog.version.encode(),
        b"catalog" if request.HasField("catalog") else b"",
        definitions,
        query,
        str(request.page_size).encode(),
        request.page_token.encode(),
        b"explain" if request.explain else b"",
    )
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()


def _rights(caller: context_pb2.Caller) -> bytes:
    """What row policies may refer to; two callers with the same rights see the same rows."""
    return repr((sorted(caller.roles), sorted(caller.attributes.items()))).encode()
