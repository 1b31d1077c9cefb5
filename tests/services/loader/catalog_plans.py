"""Plans at random over whatever a catalog holds, that wrap columns in everything plans can say: what a statement must not
be made of them is known without running it."""

from typing import Any

from hypothesis import strategies as st

from bench.index_notation import (
    agg,
    among,
    among_query,
    as_of,
    both,
    bucket,
    by,
    calc,
    call,
    case,
    cmp,
    col,
    combined,
    count,
    day,
    down,
    either,
    exists,
    join,
    like,
    lit,
    missing,
    moment,
    no,
    query,
    related,
    scalar,
    span,
    sub,
    table,
    top,
)
from maestro.catalog.v1 import catalog_pb2 as c
from maestro.plan.v1 import plan_pb2 as p

NUMBERS = (c.TYPE_FAMILY_INTEGER, c.TYPE_FAMILY_DECIMAL, c.TYPE_FAMILY_FLOAT)
TIMES = (c.TYPE_FAMILY_DATE, c.TYPE_FAMILY_TIMESTAMP)
DAYS = ["2024-02-29", "2025-01-01", "2025-06-16", "2025-12-31"]
GRAINS = ["HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]
OPERATORS = ["=", "!=", "<", "<=", ">", ">="]
TEXTS = ["a", "SP", "São", "06.057.223", "512345", "50%", "a_b", ""]


@st.composite
def tests_of(draw: Any, column: c.Column) -> p.Predicate:
    """A test of one column, by its type."""
    operator = draw(st.sampled_from(OPERATORS))
    made = col(f"t.{column.name}")
    if draw(st.integers(0, 9)) == 0:
        return missing(made, negated=draw(st.booleans()))
    if column.family in TIMES:
        return _of_time(draw, made, operator)
    if column.family in NUMBERS:
        return _of_number(draw, made, operator)
    if column.family == c.TYPE_FAMILY_TEXT:
        return _of_text(draw, made, operator)
    return missing(made, negated=True)


def _of_time(draw: Any, made: p.Expression, operator: str) -> p.Predicate:  # noqa: PLR0911  # a case for each kind
    when = day(draw(st.sampled_from(DAYS)))
    number = draw(st.integers(-40, 400))
    kinds = ["year", "year_month", "years", "date", "date_span", "bucket", "buckets", "add", "plus", "minus", "between"]
    match draw(
        st.sampled_from([*kinds, "between_as_of", "seconds", "as_of_less", "part", "text", "moment", "coalesce"])
    ):
        case "year":
            return cmp(call("YEAR", made), operator, draw(st.integers(2023, 2026)))
        case "year_month":
            return both(cmp(call("MONTH", made), "=", draw(st.integers(1, 12))), cmp(call("YEAR", made), "=", 2025))
        case "years":
            return among(call("YEAR", made), 2024, 2025, negated=draw(st.booleans()))
        case "date":
            return cmp(call(draw(st.sampled_from(["DATE", "TO_DATE"])), made), operator, when)
        case "date_span":
            return span(call("DATE", made), day(DAYS[0]), when, half_open=draw(st.booleans()))
        case "bucket":
            return cmp(bucket(draw(st.sampled_from(GRAINS)), made), operator, when)
        case "buckets":
            return among(bucket(draw(st.sampled_from(GRAINS)), made), when, day(DAYS[1]), negated=draw(st.booleans()))
        case "add":
            return cmp(call("ADD_DAYS", made, number), operator, draw(st.sampled_from([when, as_of()])))
        case "plus":
            return cmp(calc(made, "+", number), operator, when)
        case "minus":
            return cmp(calc(made, "-", number), operator, as_of())
        case "between":
            return cmp(call("DAYS_BETWEEN", when, made), operator, number)
        case "between_as_of":
            return cmp(call("DAYS_BETWEEN", as_of(), made), operator, number)
        case "seconds":
            return cmp(call("SECONDS_BETWEEN", made, when), operator, number * 86400)
        case "as_of_less":
            return cmp(calc(as_of(), "-", made), operator, number)
        case "part":
            return cmp(call(draw(st.sampled_from(["MONTH", "DAY", "WEEKDAY"])), made), operator, 3)
        case "text":
            return like(call("TO_TEXT", made), "PREFIX", "2025-1")
        case "moment":
            return cmp(made, operator, moment("2025-02-03T10:00:00"))
    return cmp(call("COALESCE", made, when), operator, when)


def _of_number(draw: Any, made: p.Expression, operator: str) -> p.Predicate:
    number = draw(st.one_of(st.integers(-5, 600000), st.floats(0, 900, width=16)))
    # Binary fractions are not exact: no range says the same as their sums.
    exact = draw(st.sampled_from([7, 512345, lit("17.25", "decimal")]))
    match draw(
        st.sampled_from(["plain", "plus", "minus", "from", "times", "text", "float", "integer", "among", "span"])
    ):
        case "plus":
            return cmp(calc(made, "+", exact), operator, 7)
        case "minus":
            return cmp(calc(made, "-", 7), operator, exact)
        case "from":
            return cmp(calc(exact, "-", made), operator, 7)
        case "times":
            return cmp(calc(made, "*", 2), operator, number)
        case "text":
            return cmp(call("TO_TEXT", made), operator, draw(st.sampled_from(TEXTS)))
        case "float":
            return cmp(call("TO_FLOAT", made), operator, number)
        case "integer":
            return cmp(call("TO_INTEGER", made), operator, number)
        case "among":
            return among(made, number, 7, 8, negated=draw(st.booleans()))
        case "span":
            return span(made, 3, number)
    return cmp(made, operator, number)


def _of_text(draw: Any, made: p.Expression, operator: str) -> p.Predicate:
    text, fold = draw(st.sampled_from(TEXTS)), draw(st.booleans())
    match draw(st.sampled_from(["plain", "pattern", "among", "lower", "trim", "part", "number", "concat", "digits"])):
        case "pattern":
            kind = draw(st.sampled_from(["CONTAINS", "PREFIX", "SUFFIX", "WORDS", "LIKE"]))
            return like(made, kind, text, fold=fold, negated=draw(st.booleans()))
        case "among":
            return among(made, text, "x", fold=fold, negated=draw(st.booleans()))
        case "lower":
            return cmp(call("LOWER", made), operator, text)
        case "trim":
            return cmp(call("TRIM", made), operator, text)
        case "part":
            return cmp(call("SUBSTRING", made, draw(st.integers(1, 2)), draw(st.integers(1, 4))), operator, text)
        case "number":
            return cmp(call("TO_INTEGER", made), operator, 7)
        case "concat":
            return cmp(call("CONCAT", made, ""), operator, text)
        case "digits":
            return cmp(call("DIGITS", made), "=", text)
    return cmp(made, operator, text, fold=fold)


@st.composite
def plans(draw: Any, catalog: c.CatalogSlice) -> p.Query:
    """A select of one table, or of one more."""
    chosen = draw(st.sampled_from([each for each in catalog.tables if each.columns]))
    columns = list(chosen.columns)
    begun = {index.keys[0].column for index in chosen.indexes}
    favoured = [each for each in columns if each.name in begun] or columns
    parts = [
        draw(tests_of(draw(st.sampled_from(draw(st.sampled_from([favoured, favoured, columns]))))))
        for _ in range(draw(st.integers(1, 3)))
    ]
    where = draw(st.sampled_from([both, either]))(*parts)
    where = no(where) if draw(st.integers(0, 5)) == 0 else where
    where = swapped(where) if draw(st.integers(0, 3)) == 0 else where
    source = table(chosen.name, "t")
    first = col(f"t.{draw(st.sampled_from(columns)).name}")
    match draw(st.sampled_from(["list", "count", "group", "first", "elsewhere", "elsewhere"])):
        case "count":
            return query(source, {"n": count()}, where=where)
        case "group":
            return query(source, {"k": first, "n": agg("COUNT", where=parts[0])}, where=where, group=[first])
        case "first":
            return query(source, {"k": first, "x": lit("x")}, where=where, order=[down(first)], limit=10)
        case "elsewhere":
            made: p.Query = draw(elsewhere(chosen, first, where))
            return made
    return query(source, {"k": first}, where=where, order=[by(first)], limit=draw(st.sampled_from([0, 5])))


@st.composite
def elsewhere(draw: Any, chosen: c.Table, first: p.Expression, where: p.Predicate) -> p.Query:
    """The same test of the same table at every other place where a plan can have one."""
    source, other = table(chosen.name, "t"), table(chosen.name, "o")
    name = first.column.column
    partner = join(source, on=both(cmp(col(f"o.{name}"), "=", first), where), left=draw(st.booleans()))
    inner = query(source, {"k": first}, where=where)
    match draw(
        st.sampled_from(["join", "related", "exists", "member", "sub", "top", "case", "filter", "union", "scalar"])
    ):
        case "join":
            return query(other, {"k": col(f"o.{name}"), "n": count()}, partner, group=[col(f"o.{name}")])
        case "related":
            number = draw(st.sampled_from([None, (">", 0), (">=", 2), ("=", 0), ("<", 3)]))
            path = join(source, on=cmp(col(f"o.{name}"), "=", first))
            tested = related("o", path, where=where, negated=number is None and draw(st.booleans()), number=number)
            return query(other, {"n": count()}, where=tested)
        case "exists":
            return query(other, {"n": count()}, where=exists(inner, negated=draw(st.booleans())))
        case "member":
            return query(other, {"n": count()}, where=among_query(col(f"o.{name}"), inner, negated=draw(st.booleans())))
        case "sub":
            return query(sub("s", inner), {"n": count()}, where=missing(col("s.k"), negated=True))
        case "top":
            return query(source, {"k": first}, where=where, first=top([first], [down(first)], draw(st.integers(1, 2))))
        case "case":
            told = case((where, first))
            return query(source, {"k": told}, where=both(where, missing(told, negated=True)))
        case "filter":
            return query(source, {"n": agg("COUNT", first, where=where)}, where=either(where, missing(first)))
        case "union":
            return combined("UNION", inner, query(source, {"k": first}, where=no(where)), keep=draw(st.booleans()))
    return query(other, {"n": scalar(query(source, {"n": count()}, where=where))}, limit=1)


def swapped(where: p.Predicate) -> p.Predicate:
    """The same, with both sides of every comparison changed."""
    made = p.Predicate()
    made.CopyFrom(where)
    for each in (*made.all_of.predicates, *made.any_of.predicates, made):
        if each.HasField("comparison"):
            found = each.comparison
            left, right = p.Expression(), p.Expression()
            left.CopyFrom(found.left)
            right.CopyFrom(found.right)
            found.left.CopyFrom(right)
            found.right.CopyFrom(left)
            found.operator = _TURNED.get(found.operator, found.operator)
    return made


_TURNED = {
    p.COMPARISON_OPERATOR_LESS: p.COMPARISON_OPERATOR_GREATER,
    p.COMPARISON_OPERATOR_LESS_OR_EQUAL: p.COMPARISON_OPERATOR_GREATER_OR_EQUAL,
    p.COMPARISON_OPERATOR_GREATER: p.COMPARISON_OPERATOR_LESS,
    p.COMPARISON_OPERATOR_GREATER_OR_EQUAL: p.COMPARISON_OPERATOR_LESS_OR_EQUAL,
}
