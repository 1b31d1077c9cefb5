"""What a compiled statement assumed of the values that it was compiled with.

A decision such as "the text is long enough for a trigram index" is a question asked of a slot's value. The statement
then serves every request of the same shape whose values give the same answers.
"""

from collections.abc import Callable, Hashable
from typing import Any

from services.loader.algebra import Literal
from services.loader.shape import Values

Question = Callable[[Any], Hashable]


class Pins:
    """The questions that were asked while a statement was compiled, and their answers."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self.asked: dict[tuple[str, Question], Hashable] = {}

    def ask(self, literal: Literal, question: Question) -> Any:
        """The question's answer for the value of a literal, as sent; None for values that change with every request,
        such as the day it is."""
        if not literal.slot:
            return question(literal.fixed)
        if not literal.slot.startswith("v"):
            return None
        key = (literal.slot, question)
        if key not in self.asked:
            self.asked[key] = question(value_of(literal.slot, self._values))
        return self.asked[key]


def value_of(slot: str, values: Values) -> Any:
    """The value of a slot; of a slot made of several, a tuple."""
    if "," in slot:
        return tuple(values[part] for part in slot.split(","))
    return values[slot]
