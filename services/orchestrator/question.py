"""What is refused at the edge, before anything is asked of anybody."""

import re

from maestro.context.v1 import context_pb2
from maestro.orchestrator.v1 import orchestrator_pb2
from mesh.fault import Fault

LONGEST = 10_000
_LARGEST_PAGE = 1_000
_LARGEST_BATCH = 100_000
_LARGEST_PLAN = 262_144
"""Bytes of a plan. Every module walks through it, and while one is at it all other requests wait."""
# Control characters but for tab and line ends, and the code points that Unicode reserves for no character.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def check(request: orchestrator_pb2.RunQueryRequest) -> None:
    """Raises Fault QUESTION_EMPTY, QUESTION_TOO_LONG, QUESTION_NOT_TEXT or INVALID_ARGUMENT where a request
    cannot be run. A plan that is set but holds nothing counts as none, and is removed."""
    if request.HasField("plan") and not request.plan.ByteSize():
        request.ClearField("plan")
    text = request.question
    if len(text) > LONGEST:
        raise Fault(
            "QUESTION_TOO_LONG",
            f"The question has {len(text)} characters; at most {LONGEST} are read.",
            metadata={"length": str(len(text)), "limit": str(LONGEST)},
        )
    found = _NOT_TEXT.search(text)
    if found is not None:
        code = f"U+{ord(found[0]):04X}"
        raise Fault(
            "QUESTION_NOT_TEXT",
            f"The question holds control characters ({code} at {found.start()}): send plain text.",
        )
    if text.strip():
        if not any(map(str.isalnum, text)):
            raise Fault("QUESTION_NOT_TEXT", "The question holds no words: write what you want to know.")
    elif not request.HasField("plan"):
        raise Fault("QUESTION_EMPTY", "The question is empty: write what you want to know.")
    else:
        request.question = ""
    wrong = [*_context(request.context), *_range("page_size", request.page_size, _LARGEST_PAGE)]
    size = request.plan.ByteSize()
    if size > _LARGEST_PLAN:
        wrong.append(("plan", f"has {size} bytes; at most {_LARGEST_PLAN} are allowed"))
    if wrong:
        raise invalid(wrong)


def check_batch(batch_rows: int) -> None:
    """Raises Fault INVALID_ARGUMENT where a stream's batches would be too large."""
    wrong = _range("batch_rows", batch_rows, _LARGEST_BATCH)
    if wrong:
        raise invalid(wrong)


def invalid(wrong: list[tuple[str, str]]) -> Fault:
    """The fault of a request whose fields are at fault."""
    return Fault("INVALID_ARGUMENT", "; ".join(f"{path} {what}" for path, what in wrong) + ".", violations=wrong)


def _range(name: str, value: int, most: int) -> list[tuple[str, str]]:
    return [] if 0 <= value <= most else [(name, f"must be between 0 and {most}")]


def _context(context: context_pb2.RequestContext) -> list[tuple[str, str]]:
    limits = (
        ("context.source", context.source, 63),
        ("context.conversation_id", context.conversation_id, 128),
        ("context.request_id", context.request_id, 128),
        ("context.caller.id", context.caller.id, 256),
    )
    wrong = [
        (name, f"has {len(value)} characters; at most {most} are allowed")
        for name, value, most in limits
        if len(value) > most
    ]
    for name, count in (
        ("context.caller.roles", len(context.caller.roles)),
        ("context.caller.attributes", len(context.caller.attributes)),
    ):
        if count > 64:
            wrong.append((name, f"has {count} entries; at most 64 are allowed"))
    return wrong
