"""The statement that would create a candidate. It is printed, and never run."""

from __future__ import annotations

import hashlib
import re

from maestro.catalog.v1 import catalog_pb2
from services.monitor.advice.candidates import Candidate, Key

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_LONGEST = 63  # bytes of a name in PostgreSQL


def create(candidate: Candidate) -> str:
    """CREATE INDEX, in the form that does not keep writers waiting."""
    return f"CREATE INDEX CONCURRENTLY {quoted(name_of(candidate))} ON {_body(candidate)}"


def hypothetical(candidate: Candidate) -> str:
    """As hypopg_create_index takes it."""
    return f"CREATE INDEX ON {_body(candidate)}"


def name_of(candidate: Candidate) -> str:
    """A name that says what it is of."""
    name = f"idx_{candidate.table}_{'_'.join(each.column for each in candidate.keys)}"
    if len(name.encode()) <= _LONGEST:
        return name
    return f"idx_{candidate.table.encode()[:40].decode(errors='ignore')}_{identifier(candidate)[:12]}"


def identifier(candidate: Candidate) -> str:
    """16 hex digits; equal for equal candidates."""
    return hashlib.sha256(_body(candidate).encode()).hexdigest()[:16]


def as_index(candidate: Candidate) -> catalog_pb2.Index:
    """The candidate as the catalog would tell of it."""
    method = catalog_pb2.INDEX_METHOD_GIN if candidate.method == "gin" else catalog_pb2.INDEX_METHOD_BTREE
    made = catalog_pb2.Index(name=name_of(candidate), method=method, valid=True, size_bytes=-1, scans=-1)
    for each in candidate.keys:
        made.keys.add(
            column=each.column,
            descending=each.descending,
            nulls_first=each.nulls_first,
            operator_class=each.operator_class,
        )
    return made


def quoted(name: str) -> str:
    """An identifier, in quotes where it needs them."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def _body(candidate: Candidate) -> str:
    table = ".".join(quoted(each) for each in (candidate.schema, candidate.table) if each)
    using = "" if candidate.method == "btree" else f" USING {candidate.method}"
    return f"{table}{using} ({', '.join(_key(each) for each in candidate.keys)})"


def _key(key: Key) -> str:
    text = quoted(key.column)
    if key.operator_class:
        text += f" {key.operator_class}"
    if key.descending:
        text += " DESC"
    if key.nulls_first != key.descending:
        text += " NULLS FIRST" if key.nulls_first else " NULLS LAST"
    return text
