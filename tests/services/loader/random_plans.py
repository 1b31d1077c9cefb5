"""Plans at random over the shop: well formed, typed, and with one right answer."""

from typing import Any

from hypothesis import strategies as st

from bench.index_notation import (
    agg,
    among,
    among_query,
    both,
    bucket,
    by,
    calc,
    call,
    case,
    cmp,
    col,
    count,
    day,
    down,
    either,
    join,
    like,
    missing,
    moment,
    no,
    query,
    related,
    span,
    table,
    true,
    when,
)
from maestro.plan.v1 import plan_pb2 as p

NUMBERS = {
    "o": ["id", "total", "freight"],
    "c": ["id"],
    "i": ["order_id", "quantity", "price", "line"],
    "p": ["price", "id"],
    "r": ["id"],
}
TEXTS = {"o": ["status", "note"], "c": ["name", "uf"], "p": ["name", "category"], "r": ["name"], "i": []}
DAYS = {"o": ["due"], "c": ["since"]}
MOMENTS = {"o": ["placed"]}
TABLES = {"o": "orders", "c": "customer", "i": "item", "p": "product", "r": "region"}
LINKS = {
    ("o", "c"): ("o.customer_id", "c.id"),
    ("o", "i"): ("i.order_id", "o.id"),
    ("i", "p"): ("i.product_id", "p.id"),
    ("c", "r"): ("c.region_id", "r.id"),
}
WORDS = [
    "open",
    "paid",
    "SP",
    "rj",
    "José",
    "jose",
    "CAFÉ 3",
    "urgente",
    "Urgente já",
    "50% off",
    "a_b",
    "às",
    "xyz",
    "Sul",
    "a",
]
PIECES = ["urg", "é", "0%", "_", "SP", "Caf", "ana", "da", "s", "às", "já", "O"]
DATES = ["2024-01-01", "2024-06-15", "2025-01-01", "2025-03-10", "2025-12-31"]
MOMENTS_AT = ["2024-02-03T10:00:00", "2025-01-01T00:00:00", "2025-07-09T23:59:59"]


def linked(a: str, b: str) -> tuple[str, str] | None:
    return LINKS.get((a, b)) or LINKS.get((b, a))


@st.composite
def sources(draw: Any) -> tuple[list[str], list[p.Join]]:
    """(aliases, joins): a chain of one to three tables."""
    aliases = [draw(st.sampled_from("oocipr"))]
    joins = []
    for _ in range(draw(st.integers(0, 2))):
        there = draw(st.sampled_from(aliases))
        near = [each for each in TABLES if each not in aliases and linked(there, each)]
        if not near:
            break
        other = draw(st.sampled_from(near))
        pair = linked(there, other)
        assert pair is not None
        joins.append(
            join(table(TABLES[other], other), on=cmp(col(pair[0]), "=", col(pair[1])), left=draw(st.booleans()))
        )
        aliases.append(other)
    return aliases, joins


def _columns(aliases: list[str], kinds: dict[str, list[str]]) -> list[p.Expression]:
    return [col(f"{alias}.{name}") for alias in aliases for name in kinds.get(alias, [])]


@st.composite
def numbers(draw: Any, aliases: list[str], depth: int = 1) -> p.Expression:
    columns = _columns(aliases, NUMBERS)
    days = _columns(aliases, DAYS) + _columns(aliases, MOMENTS)
    options = ["column", "column"]
    if depth:
        options += ["calc", "function", "case"]
        options += ["date"] if days else []
    match draw(st.sampled_from(options)):
        case "calc":
            left, right = (
                draw(numbers(aliases, depth - 1)),
                draw(st.one_of(numbers(aliases, depth - 1), st.integers(1, 9))),
            )
            return calc(left, draw(st.sampled_from("+-*/")), right)
        case "function":
            inner = draw(numbers(aliases, depth - 1))
            return draw(st.sampled_from([call("ABS", inner), call("ROUND", inner), call("COALESCE", inner, 0)]))
        case "case":
            test = draw(predicates(aliases, 0))
            return case((test, draw(st.integers(0, 5))), otherwise=draw(st.integers(6, 9)))
        case "date":
            return call(draw(st.sampled_from(["YEAR", "MONTH", "DAY", "WEEKDAY"])), draw(st.sampled_from(days)))
    return draw(st.sampled_from(columns))


@st.composite
def texts(draw: Any, aliases: list[str]) -> p.Expression:
    columns = _columns(aliases, TEXTS)
    column = draw(st.sampled_from(columns)) if columns else call("TO_TEXT", _columns(aliases, NUMBERS)[0])
    wrap = draw(st.sampled_from(["", "", "", "LOWER", "UPPER", "COALESCE", "CONCAT"]))
    if wrap == "COALESCE":
        return call("COALESCE", column, "-")
    if wrap == "CONCAT":
        return call("CONCAT", column, "/", column)
    return call(wrap, column) if wrap else column


@st.composite
def predicates(draw: Any, aliases: list[str], depth: int = 2) -> p.Predicate:
    if depth and draw(st.booleans()):
        parts = [draw(predicates(aliases, depth - 1)) for _ in range(2)]
        return draw(st.sampled_from([both(*parts), either(*parts), no(parts[0])]))
    options = ["number", "number_in", "null"]
    options += ["text", "text_in", "pattern"] if _columns(aliases, TEXTS) else []
    options += ["day", "year", "bucket", "days"] if _columns(aliases, DAYS) else []
    options += ["moment", "date_of"] if "o" in aliases else []
    options += ["flag"] if "c" in aliases else []
    options += ["related"] if aliases[0] in "oc" and depth else []
    options += ["in_query"] if "c" in aliases and depth else []
    return _predicate(draw, draw(st.sampled_from(options)), aliases)


def _predicate(draw: Any, option: str, aliases: list[str]) -> p.Predicate:  # noqa: PLR0911  # a case for each kind
    operator = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
    fold = draw(st.booleans())
    text = draw(st.sampled_from(_columns(aliases, TEXTS))) if _columns(aliases, TEXTS) else None
    days = _columns(aliases, DAYS)
    match option:
        case "number":
            return cmp(
                draw(numbers(aliases)), operator, draw(st.one_of(st.integers(-3, 400), st.floats(0, 90, width=16)))
            )
        case "number_in":
            values = draw(st.lists(st.integers(0, 40), min_size=1, max_size=3))
            return among(draw(st.sampled_from(_columns(aliases, NUMBERS))), *values, negated=draw(st.booleans()))
        case "null":
            return missing(draw(numbers(aliases)), negated=draw(st.booleans()))
        case "text":
            return cmp(text, draw(st.sampled_from(["=", "!="])), draw(st.sampled_from(WORDS)), fold=fold)
        case "text_in":
            values = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
            return among(text, *values, negated=draw(st.booleans()), fold=fold)  # type: ignore[arg-type]
        case "pattern":
            kind = draw(st.sampled_from(["CONTAINS", "PREFIX", "SUFFIX", "WORDS", "LIKE"]))
            return like(text, kind, draw(st.sampled_from(PIECES)), fold=fold, negated=draw(st.booleans()))  # type: ignore[arg-type]
        case "day":
            return cmp(draw(st.sampled_from(days)), operator, day(draw(st.sampled_from(DATES))))
        case "days":
            lower, upper = sorted(draw(st.tuples(st.sampled_from(DATES), st.sampled_from(DATES))))
            return span(draw(st.sampled_from(days)), day(lower), day(upper), half_open=draw(st.booleans()))
        case "year":
            return cmp(call("YEAR", draw(st.sampled_from(days))), operator, draw(st.integers(2023, 2026)))
        case "bucket":
            grain = draw(st.sampled_from(["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]))
            return cmp(bucket(grain, draw(st.sampled_from(days))), operator, day(draw(st.sampled_from(DATES))))
        case "moment":
            return cmp(col("o.placed"), operator, moment(draw(st.sampled_from(MOMENTS_AT))))
        case "date_of":
            return cmp(call("DATE", col("o.placed")), operator, day(draw(st.sampled_from(DATES))))
        case "flag":
            return true(col("c.vip"))
        case "related":
            return _related(draw, aliases[0])
    inner = query(
        table("orders", "q"),
        {"c": col("q.customer_id")},
        where=cmp(col("q.total"), operator, draw(st.integers(0, 4000))),
    )
    return among_query(col("c.id"), inner, negated=draw(st.booleans()))


def _related(draw: Any, alias: str) -> p.Predicate:
    if alias == "o":
        path = join(table("item", "z"), on=cmp(col("z.order_id"), "=", col("o.id")))
        where = draw(st.sampled_from([None, cmp(col("z.quantity"), ">", 5)]))
    else:
        path = join(table("orders", "z"), on=cmp(col("z.customer_id"), "=", col("c.id")))
        where = draw(st.sampled_from([None, cmp(col("z.status"), "=", "lost")]))
    number = draw(st.sampled_from([None, None, (">", 2), ("<=", 1), ("=", 0), (">=", 1), ("!=", 2), ("<", 4)]))
    return related(alias, path, where=where, negated=draw(st.booleans()), number=number)


@st.composite
def queries(draw: Any) -> p.Query:
    """A select whose rows are all in one order, so that it has one right answer."""
    aliases, joins = draw(sources())
    where = draw(st.one_of(st.none(), predicates(aliases)))
    first = table(TABLES[aliases[0]], aliases[0])
    shape = draw(st.sampled_from(["list", "list", "total", "groups", "distinct"]))
    if shape == "total":
        return query(first, {"n": count(), **draw(measures(aliases))}, *joins, where=where)
    keys = draw(dimensions(aliases))
    show: dict[str, p.Expression] = dict(keys)
    if shape == "groups":
        show |= {"n": count(), **draw(measures(aliases))}
    elif shape == "list":
        show |= {"x": draw(numbers(aliases)), "t": draw(texts(aliases)), "w": when(draw(predicates(aliases, 0)))}
    having = cmp(count(), ">", draw(st.integers(0, 3))) if shape == "groups" and draw(st.booleans()) else None
    order = [draw(st.sampled_from([by(name), down(name), by(name, first=True)])) for name in show]
    limit = draw(st.sampled_from([0, 0, 5]))
    return query(
        first, show, *joins, where=where, group=list(keys.values()) if shape == "groups" else None, having=having,
        order=order, limit=limit, distinct=shape == "distinct",
    )  # fmt: skip


@st.composite
def dimensions(draw: Any, aliases: list[str]) -> dict[str, p.Expression]:
    options: list[p.Expression] = _columns(aliases, TEXTS) + _columns(aliases, DAYS) + _columns(aliases, NUMBERS)[:1]
    options += [bucket(grain, each) for grain in ("MONTH", "QUARTER", "YEAR") for each in _columns(aliases, DAYS)]
    options += [call("YEAR", each) for each in _columns(aliases, MOMENTS)]
    chosen = draw(st.lists(st.integers(0, len(options) - 1), min_size=1, max_size=2, unique=True))
    return {f"k{i}": options[each] for i, each in enumerate(chosen)}


@st.composite
def measures(draw: Any, aliases: list[str]) -> dict[str, p.Expression]:
    made = {}
    for i in range(draw(st.integers(1, 2))):
        operand = draw(st.sampled_from(_columns(aliases, NUMBERS)))
        function = draw(st.sampled_from(["SUM", "AVG", "MIN", "MAX", "COUNT", "MEDIAN"]))
        where = draw(st.one_of(st.none(), predicates(aliases, 0)))
        made[f"m{i}"] = agg(function, operand, distinct=function == "COUNT" and draw(st.booleans()), where=where)
    return made
