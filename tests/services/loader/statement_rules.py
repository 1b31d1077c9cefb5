"""What no statement of the loader may hold, found by parsing it: not by trusting who wrote it.

A statement is checked with what the log says of it: the slots that its parameters are bound to, and the columns that are
known to begin an index.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

WRITES = (
    exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.TruncateTable, exp.Copy, exp.Into,
    exp.Command, exp.Set, exp.Lock, exp.Attach, exp.Detach, exp.Pragma,
)  # fmt: skip
WRITING_CALLS = re.compile(
    r"nextval|setval|set_config|lo_\w+|pg_(advisory|terminate|cancel|reload|rotate|switch|create|drop|sleep|read|ls|"
    r"write|file)\w*|dblink\w*|query_to_xml\w*|load_extension|writefile|readfile",
    re.IGNORECASE,
)
COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
CALENDAR = {"year", "date", "date_trunc", "timestamp_trunc", "ts_or_ds_to_timestamp", "date_format", "make_date"}
"""Functions whose comparison with a constant is a range of the column."""
PARTS = {"year", "epoch", "=year", "=epoch"}
"""Parts of a moment that are a range when compared; a month or a weekday is none."""
MOMENTS = {exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPTZ}
NUMBERS = {exp.DataType.Type.INT, exp.DataType.Type.BIGINT, exp.DataType.Type.DECIMAL, exp.DataType.Type.DOUBLE}
EDGES = {"left", "substring", "substr"}


@dataclass(frozen=True)
class Known:
    """What the log tells of a statement. slots: by the parameter's number. variant: as in services.loader.paging."""

    slots: tuple[str, ...] = ()
    indexed: frozenset[str] = frozenset()
    variant: str = "head"


def faults(sql: str, system: str, known: Known) -> list[str]:
    """What is wrong with a statement; [] where nothing is."""
    # Two numbered parameters in a row are taken for a dollar-quoted string.
    named = re.sub(r"\$(\d+)(?!\w|\$)", r":p\1", sql)
    try:
        trees = sqlglot.parse(named, read="postgres" if system == "postgresql" else "sqlite")
    except SqlglotError as error:
        return [f"cannot be parsed: {str(error)[:120]}"]
    if len(trees) != 1 or trees[0] is None:
        return ["is not one statement"]
    tree = trees[0]
    return [*_writes(tree), *_literals(tree), *_offsets(tree, known), *_functions(tree, known)]


def _writes(tree: exp.Expression) -> Iterator[str]:
    if not isinstance(tree, exp.Query):
        yield f"is no SELECT but {type(tree).__name__}"
    for node in tree.walk():
        if isinstance(node, WRITES):
            yield f"writes: {type(node).__name__}"
        name = _name(node)
        if name and WRITING_CALLS.fullmatch(name):
            yield f"calls {name}"


def _literals(tree: exp.Expression) -> Iterator[str]:
    for node in tree.find_all(exp.Literal, exp.National, exp.RawString, exp.HexString, exp.ByteString):
        # The precision of a type is no value.
        if not isinstance(node.parent, exp.DataTypeParam | exp.DataType | exp.Placeholder | exp.Parameter):
            yield f"holds the literal {node.sql()}"


def _offsets(tree: exp.Expression, known: Known) -> Iterator[str]:
    for node in tree.find_all(exp.Offset):
        slot = _slot(node.expression, known)
        if not re.fullmatch(r"v\d+", slot):
            yield f"an OFFSET that no plan asked for: {node.sql()} ({slot or 'no parameter'})"
        elif known.variant.startswith("after") and node.parent is tree:
            yield f"a later page by OFFSET: {node.sql()}"


def _functions(tree: exp.Expression, known: Known) -> Iterator[str]:
    for scope in traverse_scope(tree):
        tables = {alias: source for alias, source in scope.sources.items() if isinstance(source, exp.Table)}
        for node in _conditions(scope):
            for side, others in _sides(node):
                if not all(_constant(each) for each in others):
                    continue
                column = _ranged(side, known)
                table = tables.get(column.table) if column is not None else None
                if column is not None and table is not None and f"{table.name}.{column.name}" in known.indexed:
                    yield f"a function on an indexed column where a range would do: {node.sql()}"


def _conditions(scope: Scope) -> Iterator[exp.Expression]:
    """Comparisons that decide which rows are read: those of WHERE and of joins, not those of what is shown."""
    select = scope.expression
    roots = [select.args.get("where"), *(each.args.get("on") for each in select.args.get("joins") or ())]
    for root in roots:
        if root is None:
            continue
        for node in root.walk(prune=lambda each: isinstance(each, exp.Query | exp.Case)):
            if isinstance(node, COMPARED):
                yield node


def _sides(node: exp.Expression) -> Iterator[tuple[exp.Expression, list[exp.Expression]]]:
    if isinstance(node, exp.Between):
        yield node.this, [node.args["low"], node.args["high"]]
    elif isinstance(node, exp.In):
        if node.args.get("query") is None:
            yield node.this, node.expressions
    else:
        yield node.this, [node.expression]
        yield node.expression, [node.this]


def _constant(node: exp.Expression) -> bool:
    return node.find(exp.Column) is None and node.find(exp.Query) is None


def _ranged(node: exp.Expression, known: Known) -> exp.Column | None:
    """The one column inside functions that keep its order, so that a comparison with a constant is a range of it."""
    node = node.unnest()
    if not isinstance(node, exp.Func | exp.Cast | exp.Add | exp.Sub) or isinstance(node, exp.Case | exp.AggFunc):
        return None
    columns = list(node.find_all(exp.Column))
    if len(columns) != 1:
        return None
    name = _name(node)
    if isinstance(node, exp.Cast):
        # A number made of a text column has an order of its own.
        keeps = node.to.this in MOMENTS or (node.to.this in NUMBERS and not isinstance(node.this.unnest(), exp.Column))
    elif isinstance(node, exp.Extract) or name == "date_part":
        part = node.this
        keeps = (_slot(part, known) or part.name).lower() in PARTS
    elif isinstance(node, exp.TimeToStr):
        shown = _slot(node.args.get("format"), known)
        keeps = not shown.startswith("=") or shown[1:].upper().startswith(("%Y", "YYYY"))
    elif name in EDGES:
        start = node.args.get("start")
        keeps = start is None or _slot(start, known) == "=1"
    elif isinstance(node, exp.Add | exp.Sub):
        # A binary fraction is not exact: taken to the other side it may fall on the other side of a bound.
        keeps = not any(each.to.this == exp.DataType.Type.DOUBLE for each in node.find_all(exp.Cast))
    else:
        keeps = name in CALENDAR
    inner = next((each for each in node.iter_expressions() if each.find(exp.Column) is not None), None)
    if not keeps or inner is None:
        return None
    inner = inner.unnest()
    return inner if isinstance(inner, exp.Column) else _ranged(inner, known)


def _name(node: exp.Expression) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    return node.sql_name().lower() if isinstance(node, exp.Func) else ""


def _slot(node: exp.Expression | None, known: Known) -> str:
    """The slot of a parameter, perhaps cast; "" for anything else."""
    found = None if node is None else node.find(exp.Placeholder)
    number = re.fullmatch(r"p(\d+)", found.name) if found is not None else None
    at = int(number.group(1)) - 1 if number else -1
    return known.slots[at] if 0 <= at < len(known.slots) else ""


def read(path: Path) -> Iterator[tuple[dict[str, object], Known | None]]:
    """Every distinct statement of a log that was sent, with what was known when it was made; None where nobody made it."""
    made: dict[str, list[Known]] = {}
    sent: dict[tuple[str, str], dict[str, object]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["event"] == "compiled":
            known = Known(tuple(entry["slots"]), frozenset(entry["indexed"]), entry["variant"])
            made.setdefault(entry["sql"], []).append(known)
        else:
            sent.setdefault((entry["system"], entry["sql"]), entry)
    for (_, sql), entry in sent.items():
        yield from ((entry, each) for each in dict.fromkeys(made.get(sql, ()))) if sql in made else [(entry, None)]


def all_faults(path: Path) -> Iterable[tuple[str, str]]:
    """(fault, statement) of all statements of a log."""
    for entry, known in read(path):
        sql = str(entry["sql"])
        if known is None:
            yield "was not made from a plan", sql
            continue
        for each in faults(sql, str(entry["system"]), known):
            yield each, sql
