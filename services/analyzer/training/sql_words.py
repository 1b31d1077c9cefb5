"""Operators, functions, constants and names of SQL, as those of a plan."""

from collections.abc import Iterable
from typing import Any

from sqlglot import expressions as sql

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.training.sql_schema import Inexpressible, Schema

COMPARISONS: dict[type[sql.Expr], Any] = {
    sql.EQ: plan.COMPARISON_OPERATOR_EQUAL,
    sql.NEQ: plan.COMPARISON_OPERATOR_NOT_EQUAL,
    sql.LT: plan.COMPARISON_OPERATOR_LESS,
    sql.LTE: plan.COMPARISON_OPERATOR_LESS_OR_EQUAL,
    sql.GT: plan.COMPARISON_OPERATOR_GREATER,
    sql.GTE: plan.COMPARISON_OPERATOR_GREATER_OR_EQUAL,
}
ARITHMETIC: dict[type[sql.Expr], Any] = {
    sql.Add: plan.ARITHMETIC_OPERATOR_ADD,
    sql.Sub: plan.ARITHMETIC_OPERATOR_SUBTRACT,
    sql.Mul: plan.ARITHMETIC_OPERATOR_MULTIPLY,
    sql.Div: plan.ARITHMETIC_OPERATOR_DIVIDE,
    sql.Mod: plan.ARITHMETIC_OPERATOR_MODULO,
}
AGGREGATES: dict[type[sql.Expr], Any] = {
    sql.Count: plan.AGGREGATE_FUNCTION_COUNT,
    sql.Sum: plan.AGGREGATE_FUNCTION_SUM,
    sql.Avg: plan.AGGREGATE_FUNCTION_AVG,
    sql.Min: plan.AGGREGATE_FUNCTION_MIN,
    sql.Max: plan.AGGREGATE_FUNCTION_MAX,
}
FUNCTIONS: dict[type[sql.Expr], Any] = {
    sql.Lower: plan.FUNCTION_LOWER,
    sql.Upper: plan.FUNCTION_UPPER,
    sql.Length: plan.FUNCTION_LENGTH,
    sql.Abs: plan.FUNCTION_ABS,
    sql.Round: plan.FUNCTION_ROUND,
    sql.Coalesce: plan.FUNCTION_COALESCE,
    sql.Year: plan.FUNCTION_YEAR,
}
SETS = {
    sql.Union: plan.SET_OPERATOR_UNION,
    sql.Intersect: plan.SET_OPERATOR_INTERSECT,
    sql.Except: plan.SET_OPERATOR_EXCEPT,
}


def column_of(entry: tuple[str, str, tuple[str, ...]], name: str, schema: Schema) -> plan.Expression:
    """A column of one of the tables of a block, or an output of one of its subqueries."""
    alias, table, outputs = entry
    if table:
        column = schema.columns[table].get(name.lower())
        if column is None:
            raise Inexpressible(f"no column {name} in {table}")
        return plan.Expression(column=plan.ColumnRef(alias=alias, column=column))
    for output in outputs:
        if output.lower() == name.lower():
            return plan.Expression(output=plan.OutputRef(alias=alias, name=output))
    raise Inexpressible(f"no output {name}")


def literal_of(tree: sql.Literal) -> plan.Literal:
    """A constant as a literal."""
    text = tree.this
    if tree.is_string:
        return plan.Literal(text=text)
    try:
        return plan.Literal(integer=int(text))
    except ValueError:
        return plan.Literal(decimal=text)


def whole_number(tree: sql.Expr) -> int:
    """A whole number, as a limit is."""
    try:
        return int(tree.this)
    except (TypeError, ValueError):
        raise Inexpressible(f"limit {tree.sql()}") from None


def name_of(tree: sql.Expr) -> str:
    """A name for an expression: of its aggregates and columns."""
    words = [type(each).__name__.lower() if isinstance(each, sql.AggFunc) else each.name for each in _heads(tree)]
    return "_".join(word for word in words if word) or "value"


def _heads(tree: sql.Expr) -> Iterable[sql.Expr]:
    if isinstance(tree, sql.AggFunc):
        yield tree
    yield from tree.find_all(sql.Column)


def unique(name: str, taken: set[str]) -> str:
    """A name that is not taken, which it then is."""
    chosen, number = name, 2
    while chosen.lower() in taken:
        chosen, number = f"{name}_{number}", number + 1
    taken.add(chosen.lower())
    return chosen
