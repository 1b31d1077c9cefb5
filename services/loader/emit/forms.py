"""What the dialects have to spell for themselves."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from services.loader.algebra import Aggregate, Arithmetic, Bucket, Call, Expression, Literal, Match
from services.loader.emit.parameters import Parameters
from services.loader.types import TEXT, Type

Sql = sa.ColumnElement[Any]


class Forms(ABC):
    """A dialect's spelling of everything that standard SQL does not say alike for all.

    Methods get the algebra node, for its types, and the SQL of its operands.
    """

    dialect: Dialect
    parameters: Parameters

    def fixed(self, value: Any, kind: Type = TEXT) -> Sql:
        """A constant of the loader's own: a bound parameter like any other."""
        return self.parameters.bind(Literal("", "fixed", kind, fixed=value))

    def constant(self, *, holds: bool) -> Any:
        """A condition that always holds, or never does."""
        return sa.true() if holds else sa.false()

    @abstractmethod
    def call(self, node: Call, arguments: list[Sql]) -> Sql:
        """A function of the closed list."""

    @abstractmethod
    def bucket(self, node: Bucket, operand: Sql) -> Sql:
        """A moment cut down to its bucket."""

    @abstractmethod
    def arithmetic(self, node: Arithmetic, left: Sql, right: Sql) -> Sql:
        """+ - * / %."""

    @abstractmethod
    def aggregate(self, node: Aggregate, operand: Sql | None, second: Sql | None) -> Any:
        """An aggregate, without its filter."""

    @abstractmethod
    def folded(self, node: Expression, operand: Sql) -> Sql:
        """A text without case and accents."""

    @abstractmethod
    def match(self, node: Match, operand: Sql) -> Sql:
        """A text pattern, not negated."""

    @abstractmethod
    def listed(self, items: Sql, value: Sql) -> Sql:
        """Whether a separated list holds a value."""

    @abstractmethod
    def none_of(self, operand: Sql, values: Literal) -> Sql:
        """Whether a value is none of a bound list of values."""

    @abstractmethod
    def nulls(self, *, descending: bool, wanted: str) -> str:
        """Where NULLs have to be said to go: "first", "last", or "" where the database puts them there anyway."""

    def share(self, part: Sql, whole: Sql) -> Sql:
        """A part of a whole, as a fraction; NULL of a whole that is 0."""
        return sa.cast(part, sa.Numeric()) / sa.func.nullif(whole, self.fixed(0, Type()))


def function(name: str) -> Callable[..., Sql]:
    """The function of that name, which may have a schema before it."""
    made: Any = sa.func
    for part in name.split("."):
        made = getattr(made, part)
    called: Callable[..., Sql] = made
    return called
