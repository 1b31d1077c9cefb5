"""The telemetry schema: every attribute that a span or a metric of the mesh may carry, declared before it is
emitted.

rpc.*, db.*, error.* and server.* follow the OpenTelemetry semantic conventions; maestro.* are our own. An
attribute that is not here is an error in tests, and dropped with a log line in production.
docs/reference/telemetry.md is made of this.
"""

import logging
from typing import Final

_log = logging.getLogger(__name__)

Value = str | bool | int | float | tuple[str, ...]

# name: (type, what it says)
ATTRIBUTES: Final[dict[str, tuple[type, str]]] = {
    # RPC
    "rpc.system.name": (str, "Always `grpc`."),
    "rpc.method": (str, "Service and method, `maestro.scanner.v1.Scanner/GetCatalog`."),
    "rpc.response.status_code": (str, "The gRPC status of a call that failed, `NOT_FOUND`."),
    "error.type": (str, "The ErrorReason of a failed call without its prefix, or the class of an exception."),
    # Database
    "db.system.name": (str, "`postgresql` or `sqlite`."),
    "db.namespace": (str, "The database, and the schema where it matters."),
    "db.operation.name": (str, "`SELECT`, `EXPLAIN`, `COPY` …"),
    "db.collection.name": (str, "The table, where there is one."),
    "db.query.text": (str, "The statement, with placeholders instead of values."),
    "db.query.summary": (str, "The statement in a few words, `SELECT entregas`."),
    "db.response.returned_rows": (int, "Rows that came back."),
    "db.response.status_code": (str, "The SQLSTATE of a statement that failed."),
    # Maestro
    "maestro.module": (str, "The module that emitted the span."),
    "maestro.source": (str, "The source that was asked."),
    "maestro.workflow": (str, "The workflow that runs."),
    "maestro.workflow.version": (str, "The content hash of its definition."),
    "maestro.run": (str, "The id of the run."),
    "maestro.step": (str, "The step of the workflow."),
    "maestro.step.call": (str, "What the step calls, `scanner.GetCatalog`."),
    "maestro.step.attempt": (int, "Which attempt it is, from 1."),
    "maestro.step.outcome": (str, "`done`, `skipped`, `failed`, `cancelled` or `compensated`."),
    "maestro.step.items": (int, "How many items a step fans out over."),
    "maestro.step.optional": (bool, "Whether the run goes on without it."),
    "maestro.conversation": (str, "The conversation that a question belongs to."),
    "maestro.locale": (str, "The asker's language, `pt-BR`."),
    "maestro.question.chars": (int, "How long the question is, in characters."),
    "maestro.catalog.version": (str, "The content hash of the catalog that was used."),
    "maestro.model.version": (str, "The content hash of the semantic model that was used."),
    "maestro.patterns.version": (str, "The content hash of the patterns that were used."),
    "maestro.plan.hash": (str, "The content hash of the query plan."),
    "maestro.plan.confidence": (float, "How sure the analyzer is of its reading, 0 to 1."),
    "maestro.patterns.used": (tuple, "Ids of the learned patterns that shaped the plan."),
    "maestro.terms.resolved": (int, "Terms of the question that found a meaning."),
    "maestro.terms.unresolved": (int, "Terms of the question that found none."),
    "maestro.memories.recalled": (int, "Memories that came with the question."),
    "maestro.index": (tuple, "Indexes that the statement used."),
    "maestro.query.cost": (float, "The planner's estimate, in its own units."),
    "maestro.rows": (int, "Rows that were served."),
    "maestro.bytes": (int, "Bytes that were served."),
    "maestro.batches": (int, "Batches that were served."),
    "maestro.cache": (str, "`hit`, `miss`, `shared` (another caller's) or `bypass`."),
    "maestro.queue.wait": (float, "Seconds spent waiting for a place."),
    "maestro.issues": (int, "Issues that were found."),
    "maestro.issues.codes": (tuple, "Their codes."),
    "maestro.check": (str, "The check that ran."),
    "maestro.purpose": (str, "What a statement was for: `main`, `count`, `lookup` …"),
    "maestro.tables": (int, "Tables that were read or described."),
    "maestro.facts": (int, "Facts that enrichment added."),
}


class UndeclaredAttributeError(ValueError):
    """An attribute was emitted that the schema does not hold, or with a type that it does not declare."""


class _Schema:
    """strict: whether an undeclared attribute raises, as in tests, or is dropped with a log line."""

    def __init__(self) -> None:
        self.strict = False
        self.told: set[str] = set()


schema: Final = _Schema()


def accepts(name: str, value: Value) -> bool:
    """Whether an attribute may be emitted. Where the schema is strict, raises UndeclaredAttributeError if it
    may not; elsewhere says so in the log, once for each name."""
    declared = ATTRIBUTES.get(name)
    if declared is not None:
        kind = declared[0]
        if type(value) is kind or (kind is float and type(value) is int):
            return True
        wrong = f"attribute {name!r} is declared as {kind.__name__}, not {type(value).__name__}"
    else:
        wrong = f"attribute {name!r} is not declared in mesh/attributes.py"
    if schema.strict:
        raise UndeclaredAttributeError(wrong)
    if name not in schema.told:
        schema.told.add(name)
        _log.warning("%s: dropped", wrong)
    return False
