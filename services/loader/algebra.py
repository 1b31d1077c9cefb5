"""What a plan becomes once every name in it is resolved: the form on which all later stages work.

Nodes are frozen and compare by value. Aliases are unique in the whole statement, so that a node means the same wherever
it stands. Literals are slots: a node never depends on the value that a caller sent, only the bound parameters do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from services.loader.types import BOOLEAN, INTEGER, UNKNOWN, Type

Conversion = Callable[[Any, Any], Any]
"""(value, services.loader.bindings.Moment) → value; runs when parameters are bound."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation, physical or an output of a subquery."""

    alias: str
    name: str
    type: Type = field(default=UNKNOWN, compare=False)
    nullable: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """A bound parameter.

    slot: where the request's value stands; "" for a value that is part of a definition, in `fixed`. kind: the field of
    maestro.plan.v1.Literal. through: conversions applied to the value, in order, when it is bound.
    """

    slot: str
    kind: str
    type: Type
    fixed: Any = None
    through: tuple[Conversion, ...] = ()


@dataclass(frozen=True, slots=True)
class Null:
    """NULL."""

    type: Type = UNKNOWN


@dataclass(frozen=True, slots=True)
class Aggregate:
    """COUNT, SUM and so on; operand None counts rows."""

    function: str
    operand: Expression | None
    distinct: bool
    filter: Predicate | None
    second: Expression | None
    type: Type = field(default=UNKNOWN, compare=False)
    metric: str = field(default="", compare=False)
    """The metric it is part of, whose rows have to be counted once each."""
    alias: str = field(default="", compare=False)
    """The relation at whose grain that metric is defined."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """ADD, SUBTRACT, MULTIPLY, DIVIDE or MODULO."""

    operator: str
    left: Expression
    right: Expression
    type: Type = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the plan's closed list, by its name without FUNCTION_."""

    function: str
    arguments: tuple[Expression, ...]
    type: Type = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A moment cut down to HOUR, DAY, WEEK, MONTH, QUARTER or YEAR."""

    grain: str
    operand: Expression
    type: Type = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A query of one value."""

    query: Query
    type: Type = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first branch whose condition holds."""

    branches: tuple[tuple[Predicate, Expression], ...]
    otherwise: Expression | None
    type: Type = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class Window:
    """RANK, ROW_NUMBER, SHARE, PREVIOUS or RUNNING_SUM."""

    function: str
    operand: Expression | None
    partition: tuple[Expression, ...]
    order: tuple[Order, ...]
    type: Type = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """A predicate as a value."""

    predicate: Predicate
    type: Type = field(default=BOOLEAN, compare=False)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text without case and accents, as the database folds it."""

    operand: Expression
    type: Type = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class Native:
    """An expression that an index holds: the function as the database spells it, over one operand."""

    function: tuple[str, ...]
    operand: Expression
    type: Type = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True, slots=True)
class Shielded:
    """A value that no index may serve, where reading the index would be slower than reading the table."""

    operand: Expression
    type: Type = field(default=UNKNOWN, compare=False)


Expression = (
    Column
    | Literal
    | Null
    | Aggregate
    | Arithmetic
    | Call
    | Bucket
    | Scalar
    | Case
    | Window
    | Condition
    | Folded
    | Native
    | Shielded
)


@dataclass(frozen=True, slots=True)
class All:
    """All of these hold; none: true."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of these holds; none: false."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """This does not hold."""

    part: Predicate


@dataclass(frozen=True, slots=True)
class Compare:
    """EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, GREATER or GREATER_OR_EQUAL."""

    operator: str
    left: Expression
    right: Expression
    fold: bool = False


@dataclass(frozen=True, slots=True)
class In:
    """One of several values, or none of them."""

    operand: Expression
    values: tuple[Expression, ...]
    negated: bool = False
    fold: bool = False


@dataclass(frozen=True, slots=True)
class InQuery:
    """One of a query's values, or none of them."""

    operand: Expression
    query: Query
    negated: bool = False
    fold: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """A place between two bounds, either of which may be absent."""

    operand: Expression
    lower: Expression | None
    upper: Expression | None
    lower_exclusive: bool = False
    upper_exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """CONTAINS, PREFIX, SUFFIX, LIKE or WORDS."""

    kind: str
    operand: Expression
    text: Literal
    fold: bool = False
    negated: bool = False
    insensitive: bool = False
    """Compared by the database's own case-insensitive operator (ILIKE)."""
    through: tuple[str, ...] = ()
    """Functions of an index, outermost first, that the text goes through as well."""


@dataclass(frozen=True, slots=True)
class IsNull:
    """NULL, or not."""

    operand: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Exists:
    """A query has rows, or has none."""

    query: Query
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A separated list holds a value."""

    items: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class Behind:
    """A row of values comes behind another in ascending order, or before it where descending."""

    keys: tuple[Expression, ...]
    values: tuple[Literal, ...]
    descending: bool


@dataclass(frozen=True, slots=True)
class Excluded:
    """A value is none of a bound list of values."""

    operand: Expression
    values: Literal


@dataclass(frozen=True, slots=True)
class Same:
    """Two values are equal, or both NULL."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Truth:
    """A boolean value is true."""

    operand: Expression


Predicate = (
    All
    | Some
    | Not
    | Compare
    | In
    | InQuery
    | Between
    | Match
    | IsNull
    | Exists
    | Listed
    | Behind
    | Excluded
    | Same
    | Truth
)

NOTHING: Final = All(())


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an order. nulls: "first" or "last", or "" where there are none to place."""

    expression: Expression
    descending: bool = False
    nulls: str = "last"
    output: str = ""
    """The output column that is meant; the expression is then what it computes."""


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table under an alias."""

    alias: str
    schema: str
    name: str


@dataclass(frozen=True, slots=True)
class QuerySource:
    """A subquery under an alias; a lateral one sees the relations before it, a fenced one is computed as it is, without
    conditions from around it."""

    alias: str
    query: Query
    lateral: bool = False
    fenced: bool = False
    key: tuple[str, ...] = ()
    """Output columns that identify each of its rows that are read; () where nothing is known but what the query itself
    says."""


@dataclass(frozen=True, slots=True)
class LooseSource:
    """The distinct values of a column, NULL apart, found by jumps along an index: one output column, `value`."""

    alias: str
    schema: str
    name: str
    column: str
    type: Type = field(default=UNKNOWN, compare=False)


Source = TableSource | QuerySource | LooseSource


@dataclass(frozen=True, slots=True)
class Joined:
    """A further relation. left: rows without partner survive."""

    source: Source
    left: bool
    on: Predicate


@dataclass(frozen=True, slots=True)
class Output:
    """One output column."""

    name: str
    expression: Expression
    label: str = field(default="", compare=False)
    unit: str = field(default="", compare=False)
    hidden: bool = False
    """Needed for the order or the next page, not shown."""


@dataclass(frozen=True, slots=True)
class Top:
    """The first rows of each group."""

    partition: tuple[Expression, ...]
    order: tuple[Order, ...]
    count: Literal
    ties: bool


@dataclass(frozen=True, slots=True)
class Select:
    """One block. source None: no relation."""

    source: Source | None
    joins: tuple[Joined, ...]
    outputs: tuple[Output, ...]
    distinct: bool = False
    where: Predicate = NOTHING
    groups: tuple[Expression, ...] = ()
    having: Predicate = NOTHING
    top: Top | None = None


@dataclass(frozen=True, slots=True)
class Combined:
    """UNION, INTERSECT or EXCEPT."""

    operator: str
    left: Query
    right: Query
    duplicates: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A block, ordered and limited."""

    body: Select | Combined
    order: tuple[Order, ...] = ()
    limit: Literal | None = None
    offset: Literal | None = None


Node = Any
"""Any of the above."""


def outputs(query: Query) -> tuple[Output, ...]:
    """The output columns of a query; of a combination, its left operand's."""
    body = query.body
    while isinstance(body, Combined):
        body = body.left.body
    return body.outputs


def count_rows() -> Aggregate:
    """COUNT(*)."""
    return Aggregate("COUNT", None, False, None, None, INTEGER)
