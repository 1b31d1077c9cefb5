"""Whether PostgreSQL does the very same thing for two statements, by what EXPLAIN says of them."""

import json
import re
from typing import Any

_GUESSES = {"Startup Cost", "Total Cost", "Plan Rows", "Plan Width", "Alias", "Parallel Aware", "Async Capable"}
_SPELLING = re.compile(r"::[a-z]+( with(out)? time zone)?(\[\])?|[()\"]|\b[a-z_]\w*\.(?=[a-z_])")
"""Types, parentheses, and the aliases of columns."""


def work_of(explained: str) -> str:
    """What is done, node by node, of an EXPLAIN in JSON: without estimates and names, and without a limit of what is one
    row anyway. Equal for two statements where the database does the same for both."""
    return json.dumps(_done(json.loads(explained)), sort_keys=True)


def reads_index(explained: str) -> bool:
    """Whether the planner means to read an index."""
    return any(f'"{each} Scan"' in explained for each in ("Index", "Index Only", "Bitmap Index"))


def _done(node: Any) -> Any:
    if isinstance(node, list):
        return [_done(each) for each in node]
    if isinstance(node, str):
        return _SPELLING.sub("", node)
    if not isinstance(node, dict):
        return node
    inner = (node.get("Plans") or [{}])[0]
    if node.get("Node Type") == "Limit" and inner.get("Strategy") == "Plain":
        return _done({**inner, "Parent Relationship": node.get("Parent Relationship")})
    return {name: _done(each) for name, each in node.items() if name not in _GUESSES and each is not None}
