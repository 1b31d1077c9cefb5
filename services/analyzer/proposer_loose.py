"""Plans as language models write them, made plans as they are asked to write them: other names of keys, objects or texts
where lists are meant, aliases.

Only the form is changed here; whether names and values are real is told by proposer_form.py and what it asks. What cannot be
told is left as it is, for these to reject.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.analyzer.proposer_json import Rejected

_KEYS = {
    "group": ("groupby", "groups"), "order": ("orderby", "sort", "sortby"), "from": ("table", "tables", "join", "joins"),
    "select": ("columns", "fields", "show"), "where": ("filter", "filters", "conditions"), "limit": ("top",),
    "having": (), "distinct": ("unique",), "union": (), "intersect": ("intersection",), "except": ("minus",),
}  # fmt: skip
_MEANT = {other: key for key, others in _KEYS.items() for other in (key, *others)}
_LEFT = ("left", "column", "field", "col", "by", "expr", "expression", "name")
_OP = ("op", "operator", "comparison")
_RIGHT = ("right", "value", "values", "val")
_TABLE = ("table", "name", "from", "dataset")
_FUNCTION = ("agg", "aggregate", "function", "func", "fn")
_DOWN = frozenset({"desc", "descending", "down", "true", "-1"})
_WORDS = (
    "is not null", "is null", "is true", "is false", "not in", "not between", "not contains", "not starts", "not ends",
    "not like", "in", "between", "contains", "starts with", "starts", "ends with", "ends", "like",
)  # fmt: skip
_WRITTEN = re.compile(
    r"(?P<left>.+?)\s*(?:(?P<sign><=|>=|<>|!=|==|=|<|>)|\b(?P<word>" + "|".join(_WORDS) + r")\b)\s*(?P<right>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ALIAS = re.compile(r"(.+?)\s+as\s+[\"'`]?(\w+)[\"'`]?", re.IGNORECASE | re.DOTALL)
_JOINED = re.compile(r"\s*(?:,|\b(?:(?:inner|left|outer)\s+)*join\b)\s*", re.IGNORECASE)
_ORDERED = re.compile(r"(.+?)\s+(asc|desc|ascending|descending)", re.IGNORECASE | re.DOTALL)
_LONGEST = 300


def keys(made: Mapping[str, Any]) -> dict[str, Any]:
    """A plan with its keys as they are asked for. Raises Rejected where one means nothing."""
    if len(made) == 1 and isinstance(inner := next(iter(made.values())), dict) and set(made) & {"plan", "query"}:
        made = inner
    found: dict[str, Any] = {}
    for name, held in made.items():
        key = _MEANT.get(re.sub(r"[\W_]+", "", name.casefold()))
        if key is None:
            raise Rejected(f"unknown key {name[:40]!r}")
        if held in (None, [], {}, "", False):
            continue
        found[key] = [*_several(found[key]), *_several(held)] if key in found else held
    return found


def tables(held: Any) -> tuple[list[Any], dict[str, str]]:
    """Tables as they are written, and those that an alias stands for."""
    named: list[Any] = []
    aliases: dict[str, str] = {}
    for each in _several(held):
        written = _of(each, _TABLE) if isinstance(each, dict) else each
        if not isinstance(written, str) or len(written) > _LONGEST:
            named.append(written)
            continue
        if isinstance(each, dict) and isinstance(alias := _of(each, ("as", "alias")), str):
            aliases[alias.casefold()] = written
        for part in _JOINED.split(written):
            name = re.split(r"\s+on\s+", part, maxsplit=1, flags=re.IGNORECASE)[0]
            if found := _ALIAS.fullmatch(name):
                name = found[1]
                aliases[found[2].casefold()] = name
            named.append(name)
    return named, aliases


def items(held: Any) -> tuple[list[Any], dict[str, str], bool]:
    """Columns as they are written, those that a name was made for, and whether each is wanted only once."""
    found: list[Any] = []
    titles: dict[str, str] = {}
    distinct = False
    for each in _several(held):
        written = _called(each) if isinstance(each, dict) else each
        if isinstance(written, str) and len(written) <= _LONGEST:
            if told := _ALIAS.fullmatch(written.strip()):
                written = told[1]
                titles[told[2].casefold()] = written
            if written[:9].casefold() == "distinct ":
                written, distinct = written[9:], True
        found.append(written)
    return found, titles, distinct


def order(each: Any) -> tuple[Any, bool]:
    """An order key, and whether the greatest come first."""
    if isinstance(each, dict):
        by = each.get("by", _of(each, _LEFT))
        down = str(_of(each, ("desc", "descending", "direction", "dir", "order"))).casefold() in _DOWN
        by, told = order(_called(each) if by is None or _of(each, _FUNCTION) else by)
        return by, down or told
    if isinstance(each, list) and len(each) in (1, 2):
        return each[0], len(each) > 1 and str(each[1]).casefold() in _DOWN
    if isinstance(each, str) and len(each) <= _LONGEST and (found := _ORDERED.fullmatch(each.strip())):
        return found[1], found[2].casefold() in _DOWN
    return each, False


def conditions(held: Any) -> Sequence[Any]:
    """Conditions that all hold."""
    if isinstance(held, dict):
        if set(held) == {"and"}:
            return conditions(held["and"])
        if not held.keys() & {"or", "any", *_LEFT}:
            # {"column": value}
            return [[left, "in" if isinstance(right, list) else "=", right] for left, right in held.items()]
        return [held]
    if isinstance(held, list) and len(held) in (2, 3) and isinstance(held[0], str) and _is_op(held[1]):
        return [held]
    return _several(held)


def condition(each: Any) -> tuple[str, str, Any]:
    """(left, operator, right) of a condition, ("", "or" or "and", conditions). Raises Rejected."""
    if isinstance(each, str):
        return _read(each)
    if isinstance(each, list):
        if len(each) not in (2, 3) or not (isinstance(each[0], str) and isinstance(each[1], str)):
            raise Rejected("not a condition")
        return _plain(each[0], each[1], each[2] if len(each) > 2 else None)
    if not isinstance(each, dict):
        raise Rejected("not a condition")
    for key, op in (("or", "or"), ("any", "or"), ("and", "and"), ("all", "and")):
        if set(each) == {key}:
            return "", op, conditions(each[key])
    left = _called(each) if _of(each, _FUNCTION) else _of(each, _LEFT)
    return _plain(str(left), str(_of(each, _OP) or "="), _of(each, _RIGHT))


def _plain(left: str, op: str, right: Any) -> tuple[str, str, Any]:
    """Operators of SQL as those of the form."""
    op = " ".join(op.casefold().replace("_", " ").split())
    if right is None and op in ("=", "is", "!=", "<>", "is not"):
        return left, "is null" if op in ("=", "is") else "is not null", None
    op = {"is": "=", "is not": "!=", "starts with": "starts", "ends with": "ends", "not like": "not like"}.get(op, op)
    if op in ("like", "not like") and isinstance(right, str):
        ends = right.startswith("%"), right.endswith("%")
        kind = {(True, True): "contains", (True, False): "ends", (False, True): "starts"}.get(ends)
        if kind is None:
            return left, "=" if op == "like" else "!=", right
        return left, f"not {kind}" if op.startswith("not") else kind, right.strip("%")
    return left, op, right


def _read(text: str) -> tuple[str, str, Any]:
    """A condition that is written as one text."""
    found = _WRITTEN.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if found is None:
        raise Rejected("not a condition")
    op = (found["sign"] or found["word"]).casefold()
    return _plain(found["left"], op, _value(found["right"].strip(), op))


def _value(text: str, op: str) -> Any:
    if op in ("between", "not between"):
        return [_value(part, "=") for part in re.split(r"\s+and\s+", text, maxsplit=1, flags=re.IGNORECASE)]
    if op in ("in", "not in") and text[:1] in "([":
        return [_value(part.strip(), "=") for part in text[1:-1].split(",")]
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        return text[1:-1].replace(text[0] * 2, text[0])
    try:
        made = json.loads(text)
    except (ValueError, RecursionError):
        return text or None
    return made if isinstance(made, (str, int, float, bool, list)) else text


def _called(each: Mapping[str, Any]) -> Any:
    """{"agg": "count", "column": "x"} as "count(x)"."""
    fn, column = _of(each, _FUNCTION), _of(each, (*_LEFT, "on"))
    if not isinstance(fn, str) or not fn.strip():
        return column
    only = "distinct " if each.get("distinct") is True else ""
    return f"{fn}({only}{column if isinstance(column, str) else '*'})"


def _of(each: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((each[name] for name in names if name in each), None)


def _is_op(op: Any) -> bool:
    return isinstance(op, str) and (op.casefold() in _WORDS or op in ("=", "==", "!=", "<>", "<", "<=", ">", ">="))


def _several(held: Any) -> list[Any]:
    return [] if held is None else held if isinstance(held, list) else [held]
