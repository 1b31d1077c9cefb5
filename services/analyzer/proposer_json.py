"""The JSON object in a language model's answer, whatever stands around it, within limits of size and depth."""

import json
import re
from collections.abc import Mapping
from typing import Any


class Rejected(ValueError):
    """An answer that is no plan for this source; the message says why, for the log."""


LONGEST = 16_000
"""Characters of an answer that are read."""
_DEEPEST = 24
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)


def decoded(answer: str) -> Mapping[str, Any]:
    """The first JSON object of an answer. Raises Rejected."""
    text = _THOUGHT.sub("", answer[:LONGEST])
    start = text.find("{")
    if start < 0:
        raise Rejected("no JSON object")
    text = text[start:]
    if _depth(text) > _DEEPEST:
        raise Rejected("nested too deeply")
    try:
        made, _ = json.JSONDecoder(parse_constant=_no_constant).raw_decode(text)
        text.encode()
        json.dumps(made, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:  # UnicodeEncodeError, of half a surrogate, is a ValueError
        raise Rejected(f"not JSON: {type(error).__name__}") from None
    if not isinstance(made, dict):
        raise Rejected("not an object")
    return made


def _depth(text: str) -> int:
    deepest = depth = 0
    for char in text:
        if char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def _no_constant(name: str) -> Any:
    raise ValueError(name)
