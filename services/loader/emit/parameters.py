"""Bound parameters of a statement: how each is made from the values of a request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from mesh.fault import Fault
from services.loader.algebra import Conversion, Literal
from services.loader.bindings import Moment
from services.loader.pins import value_of
from services.loader.shape import Values
from services.loader.shortage import plan_invalid


@dataclass(frozen=True, slots=True)
class Parameter:
    """One bound parameter: the value of a slot, or a fixed one, converted and given the driver's form."""

    slot: str
    fixed: Any
    through: tuple[Conversion, ...]
    form: Callable[[Any], Any]

    def value(self, values: Values, moment: Moment) -> Any:
        """What is bound for these values. Raises Fault PLAN_INVALID where a value does not fit."""
        content = value_of(self.slot, values) if self.slot else self.fixed
        try:
            for convert in self.through:
                content = convert(content, moment)
            return self.form(content)
        except Fault:
            raise
        except (ValueError, OverflowError, ArithmeticError) as error:
            raise plan_invalid("query", f"the value {content!r} does not fit: {error}") from None


class Parameters:
    """The parameters of a statement that is being emitted. Equal literals share one parameter."""

    def __init__(self, form: Callable[[Any], Any], cast: Callable[[Literal], TypeEngine[Any]]) -> None:
        self._form = form
        self._cast = cast
        self._names: dict[tuple[Any, ...], str] = {}
        self.by_name: dict[str, Parameter] = {}

    def bind(self, literal: Literal) -> sa.BindParameter[Any]:
        """The parameter of a literal."""
        kind = self._cast(literal)
        key = (literal.slot, type(literal.fixed), literal.fixed, literal.through, repr(kind))
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"p{len(self._names)}"
            self.by_name[name] = Parameter(literal.slot, literal.fixed, literal.through, self._form)
        return sa.bindparam(name, type_=kind, required=True)
