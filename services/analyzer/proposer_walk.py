"""Every condition on a field of a reading, those of nested readings included, changed in one go."""

from collections.abc import Callable
from dataclasses import replace

from services.analyzer.reading import (
    AllOf,
    AnyOf,
    Between,
    Combination,
    Compare,
    Condition,
    Like,
    Not,
    Reading,
    Ref,
    Within,
)


def constants(reading: Reading, change: Callable[[Ref, Condition], Condition]) -> Reading:
    """The reading with every condition on a field changed."""

    def condition(each: Condition) -> Condition:
        match each:
            case AnyOf():
                return AnyOf(tuple(condition(option) for option in each.options))
            case AllOf():
                return AllOf(tuple(condition(part) for part in each.parts))
            case Not():
                return Not(condition(each.condition))
            case Compare(right=Reading() as inner):
                return replace(each, right=constants(inner, change))
            case Within(query=Reading() as inner):
                return replace(each, query=constants(inner, change))
            case Compare():
                plain = each.left.ref is not None and not each.left.aggregated and not each.left.grain
                return change(each.left.ref, each) if plain and each.left.ref is not None else each
            case Within() | Between() | Like():
                return change(each.ref, each)
            case _:
                return each

    combine = reading.combine
    if combine is not None:
        combine = Combination(combine.op, constants(combine.other, change))
    having = tuple(each for each in (condition(held) for held in reading.having) if isinstance(each, Compare))
    return replace(reading, where=tuple(condition(each) for each in reading.where), having=having, combine=combine)
