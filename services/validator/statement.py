"""Checks on SQL: one read-only statement, everything bound, about what the plan is about and nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from services.validator.issues import Issue, error
from services.validator.ranges import constant
from services.validator.tokens import Token, tokens
from services.validator.visit import Seen, visit

_READS = frozenset({"SELECT", "WITH", "VALUES", "EXPLAIN", "TABLE"})
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "DROP", "ALTER", "CREATE", "TRUNCATE"})
_DANGEROUS = frozenset(
    [
        "pg_sleep",
        "pg_sleep_for",
        "pg_sleep_until",
        "pg_terminate_backend",
        "pg_cancel_backend",
        "pg_reload_conf",
        "pg_read_file",
        "pg_read_binary_file",
        "pg_ls_dir",
        "lo_import",
        "lo_export",
        "lo_create",
        "lo_unlink",
        "dblink",
        "dblink_exec",
        "nextval",
        "setval",
        "set_config",
        "pg_advisory_lock",
        "pg_notify",
        "query_to_xml",
        "xpath_table",
        "load_extension",
        "writefile",
        "readfile",
        "edit",
        "fts3_tokenizer",
    ]
)
# Functions whose own grammar has the word FROM.
_OWN_FROM = frozenset({"EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION"})
# Constants that say how, not what: units of time, formats, escapes, zones, empty text.
_STRUCTURE = re.compile(
    r"(?:hours?|days?|weeks?|months?|quarters?|years?|isodow|dow|epoch|start of (?:day|month|year)|utc|"
    r"weekday \d|"
    r"[+-]?\d+ (?:days?|months?|years?|hours?|minutes?|seconds?)|%[%YmdHMSWwjfs0-9: T.-]*|[YMDHSI24:/ .-]+|"
    r"[A-Z][A-Za-z_]+/[A-Za-z_/]+|.{0,2}|[gimnx]+|\[\^?[\w\\-]+\]\+?|\\\w)"
)


def check_statement(
    plan: plan_pb2.QueryPlan, statement: result_pb2.Statement, catalog: catalog_pb2.CatalogSlice
) -> list[Issue]:
    """What is wrong with a statement."""
    found = _tokens(statement.sql)
    if not [token for token in found if token.kind != "comment"]:
        return [error("statement.empty", "statement.sql", "The statement is empty.")]
    seen = visit(plan)
    return [
        *_reading(found),
        *_bound(found, statement, seen),
        *_tables(found, seen, catalog),
        *_filters(found, seen, catalog),
    ]


def check_sending(plan: plan_pb2.QueryPlan, statement: result_pb2.Statement) -> list[Issue]:
    """What forbids to send a statement, whatever the database is: it writes, or a constant is not bound."""
    found = _tokens(statement.sql)
    if not [token for token in found if token.kind != "comment"]:
        return [error("statement.empty", "statement.sql", "The statement is empty.")]
    return [*_read_only(statement.sql), *_bound(found, statement, visit(plan))]


@lru_cache(maxsize=512)
def _tokens(sql: str) -> list[Token]:
    """The tokens of a statement; the same text comes again and again, because its constants are parameters."""
    return tokens(sql)


@lru_cache(maxsize=512)
def _read_only(sql: str) -> tuple[Issue, ...]:
    return tuple(_reading(_tokens(sql)))


def _reading(found: list[Token]) -> Iterator[Issue]:
    if any(token.kind == "comment" for token in found):
        yield error("statement.comment", "statement.sql", "The statement holds a comment: nothing that we build does.")
    found = [token for token in found if token.kind != "comment"]
    body = found[:-1] if found[-1].text == ";" else found
    if any(token.text == ";" and token.kind == "sign" for token in body):
        yield error("statement.several", "statement.sql", "There is more than one statement.")
    first = next((token for token in body if token.text != "("), body[0])
    if first.upper not in _READS:
        message = f'A statement that begins with "{first.text}" does not read.'
        yield error("statement.not_read_only", "statement.sql", message, detail=first.text)
    for before, token, after in zip([None, *body], body, [*body[1:], None], strict=False):
        follows = before is None or before.text in ("(", ";") or before.upper == "AS"
        if token.upper in _WRITES and follows and (after is None or after.text != "("):
            yield error("statement.not_read_only", "statement.sql", f"{token.upper} writes.", detail=token.upper)
        if token.upper == "INTO":
            yield error("statement.not_read_only", "statement.sql", "INTO writes a table.", detail="INTO")
        if token.upper == "FOR" and after is not None and after.upper in ("UPDATE", "SHARE", "NO", "KEY"):
            yield error("statement.not_read_only", "statement.sql", "The statement locks rows.", detail="FOR")
        if token.name in _DANGEROUS and after is not None and after.text == "(":
            message = f"{token.name} does more than read."
            yield error("statement.not_read_only", "statement.sql", message, detail=token.name)


def _bound(found: list[Token], statement: result_pb2.Statement, seen: Seen) -> Iterator[Issue]:
    places = [token.text for token in found if token.kind == "parameter"]
    numbered = [int(text[1:]) for text in places if text[0] in "$?:" and text[1:].isdigit()]
    counts = {len(places), len(set(places)), max(numbered, default=-1)}
    if len(statement.parameters) not in counts:
        message = f"The statement has {len(places)} places for {len(statement.parameters)} parameters."
        yield error("statement.parameters", "statement.parameters", message, detail=str(len(places)))
    texts, numbers = set(), set()
    for part in seen.expressions:
        value = constant(part.node)
        if isinstance(value, Decimal):
            numbers.add(value)
        elif value is not None:
            texts.add(value.strip().lower())
    texts |= {part.node.pattern.text.lower() for part in seen.predicates if part.node.pattern.text}
    for token in found:
        if token.kind == "string":
            told = token.text.strip("%").lower() in texts and len(token.text) > 1
            if told or not _STRUCTURE.fullmatch(token.text):
                message = "A constant stands in the text instead of a parameter."
                yield error("statement.literal", "statement.sql", message, detail=token.text[:50])
        elif token.kind == "number" and _number(token.text) in numbers - {0, 1}:
            message = "A constant of the plan stands in the text instead of a parameter."
            yield error("statement.literal", "statement.sql", message, detail=token.text)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _tables(found: list[Token], seen: Seen, catalog: catalog_pb2.CatalogSlice) -> Iterator[Issue]:
    """Each table that is read belongs to the plan or its slice, and the tables that the plan needs are
    read."""
    known = {source.table.name.lower() for source in seen.sources if source.table is not None}
    known |= {table.name.lower() for table in catalog.tables}
    read = _read(found)
    for name in sorted(read - known - _defined(found)):
        message = f'The statement reads "{name}", which the plan does not name.'
        yield error("statement.table_unknown", "statement.sql", message, table=name, detail=name)
    keys = _key_columns(catalog)
    for source in seen.sources:
        if source.table is None or source.table.name.lower() in read:
            continue
        # A join that only connects, or only repeats a key, may be left out.
        named = {
            part.node.column.column.lower()
            for part in seen.expressions
            if part.node.WhichOneof("kind") == "column" and part.scope.find(part.node.column.alias) is source
        }
        if named - keys.get(source.table.name.lower(), set()) and catalog.version:
            message = f'The plan reads "{source.table.name}", the statement does not.'
            yield error("statement.table_missing", "statement.sql", message, table=source.table.name)


def _defined(found: list[Token]) -> set[str]:
    """Names of WITH queries: `name AS (`, `name (columns) AS (`."""
    names = set()
    for place, token in enumerate(found[:-2]):
        after, then = found[place + 1], found[place + 2]
        opens = then.text == "(" or then.upper in ("MATERIALIZED", "NOT")
        if after.upper != "AS" or not opens:
            continue
        if token.name:
            names.add(token.name)
        elif token.text == ")":
            start = max((at for at in range(place) if found[at].text == "("), default=0)
            names.add(found[start - 1].name)
    return names


@dataclass(slots=True)
class Block:
    """One SELECT of a statement: the tables that it reads itself, and the functions that it calls."""

    tables: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    distinct: bool = False


def blocks(sql: str) -> list[Block]:
    """The selects of a statement, subqueries apart from the queries around them."""
    found = _tokens(sql)
    stack, made = [Block()], []
    made.append(stack[0])
    opened: list[bool] = []
    for place, token in enumerate(found):
        after = found[place + 1] if place + 1 < len(found) else None
        if token.text == "(" and token.kind == "sign":
            query = after is not None and after.upper in ("SELECT", "WITH")
            opened.append(query)
            if query:
                stack.append(Block())
                made.append(stack[-1])
        elif token.text == ")" and token.kind == "sign":
            if opened and opened.pop() and len(stack) > 1:
                stack.pop()
        elif token.upper in ("FROM", "JOIN"):
            stack[-1].tables |= _named(found, place + 1)
        elif token.upper == "DISTINCT":
            stack[-1].distinct = True
        elif token.name and after is not None and after.text == "(":
            stack[-1].calls.add(token.name)
    return made


def _read(found: list[Token]) -> set[str]:
    """Names behind FROM and JOIN, and behind the commas of a FROM list."""
    read: set[str] = set()
    opened: list[str] = []
    listing: dict[int, bool] = {}
    for place, token in enumerate(found):
        before = found[place - 1] if place else None
        if token.text == "(" and token.kind == "sign":
            opened.append(before.upper if before is not None else "")
            listing[len(opened)] = False
        elif token.text == ")" and token.kind == "sign":
            if opened:
                opened.pop()
        elif token.upper in ("FROM", "JOIN"):
            distinct = before is not None and before.upper == "DISTINCT" and _is_distinct(found, place)
            if not (opened and opened[-1] in _OWN_FROM) and not distinct:
                listing[len(opened)] = True
                read |= _named(found, place + 1)
        elif token.upper in ("WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "ON", "UNION", "EXCEPT", "SELECT"):
            listing[len(opened)] = False
        elif token.text == "," and listing.get(len(opened)):
            read |= _named(found, place + 1)
    return read


def _is_distinct(found: list[Token], place: int) -> bool:
    return any(token.upper == "IS" for token in found[max(0, place - 3) : place])


def _named(found: list[Token], place: int) -> set[str]:
    while place < len(found) and found[place].upper in ("LATERAL", "ONLY"):
        place += 1
    parts = []
    while place < len(found) and found[place].name:
        parts.append(found[place].name)
        if place + 1 < len(found) and found[place + 1].text == ".":
            place += 2
            continue
        place += 1
        break
    function = place < len(found) and found[place].text == "("
    return {parts[-1]} if parts and not function else set()


def _key_columns(catalog: catalog_pb2.CatalogSlice) -> dict[str, set[str]]:
    """Columns by table that a relationship equates with another table's."""
    keys: dict[str, set[str]] = {}
    for each in catalog.relationships:
        keys.setdefault(each.from_table.lower(), set()).update(name.lower() for name in each.from_columns)
        keys.setdefault(each.to_table.lower(), set()).update(name.lower() for name in each.to_columns)
    return keys


def _filters(found: list[Token], seen: Seen, catalog: catalog_pb2.CatalogSlice) -> Iterator[Issue]:
    """Each column that a condition names stands in the statement, itself or as the other end of its key."""
    names = {token.name for token in found if token.name}
    partners: dict[str, set[str]] = {}
    for each in catalog.relationships:
        for begin, end in zip(each.from_columns, each.to_columns, strict=False):
            partners.setdefault(begin.lower(), set()).add(end.lower())
            partners.setdefault(end.lower(), set()).add(begin.lower())
    for part in seen.expressions:
        if part.inside != "where" or part.node.WhichOneof("kind") != "column":
            continue
        column = part.node.column.column.lower()
        if column not in names and not partners.get(column, set()) & names:
            message = f"A condition on {column} is not in the statement."
            yield error("statement.filter_missing", part.path, message, column=column)
