"""Conditions as a whole: values of one field are alternatives, and only some days of the week may count."""

from dataclasses import replace

from services.analyzer.draft import Draft
from services.analyzer.draft_time import time_group
from services.analyzer.reading import (
    AnyOf,
    Between,
    Compare,
    Condition,
    Item,
    Named,
    Ref,
    Source,
    Within,
)

_WEEKEND = 5
"""The last working day; the weekend is what comes behind it."""


def on_weekdays(draft: Draft, held: list[Condition]) -> list[Condition]:
    """The conditions, with the one that only weekends or only working days count."""
    where = list(held)
    if not draft.weekdays:
        return where
    ref = next((each.ref for each in where if isinstance(each, Between) and each.upper_open), None)
    time = (
        Item(ref, weekday=True)
        if ref is not None
        else next((replace(each, grain="", weekday=True) for each in time_group(draft, [])), None)
    )
    if time is None:
        return where
    cue = draft.has(draft.weekdays)
    if cue is not None:
        draft.use(cue)
    return [*where, Compare(time, ">" if draft.weekdays == "WEEKEND" else "<=", _WEEKEND)]


def _singly(where: list[Condition]) -> list[Condition]:
    """The conditions, sets of values of a field that has several conditions as one condition for each value."""
    several = [each.ref for each in where if isinstance(each, Within) and each.values and not each.negated]
    several += [each.left.ref for each in where if isinstance(each, Compare) and each.op == "=" and each.left.ref]
    found: list[Condition] = []
    for each in where:
        if isinstance(each, Within) and each.values and not each.negated and several.count(each.ref) > 1:
            found += [Compare(Item(each.ref), "=", value, source=each.source) for value in each.values]
        else:
            found.append(each)
    return found


def merged(where: list[Condition]) -> list[Condition]:
    """Values of one field are alternatives; entities too."""
    values: dict[Ref, list[Compare]] = {}
    merged: list[Condition] = []
    entities = [each for each in where if isinstance(each, Named) and not each.negated]
    for each in _singly(where):
        if isinstance(each, Compare) and each.op == "=" and isinstance(each.right, str) and each.left.ref:
            values.setdefault(each.left.ref, []).append(each)
        elif not (each in entities and len(entities) > 1):
            merged.append(each)
    for ref, found in values.items():
        constants = tuple(dict.fromkeys(each.right for each in found if isinstance(each.right, str)))
        if len(constants) == 1:
            merged.append(found[0])
        else:
            tokens = tuple(sorted({token for each in found for token in each.source.tokens}))
            merged.append(Within(ref, constants, source=Source(tokens, "value")))
    if len(entities) > 1:
        merged.append(AnyOf(tuple(dict.fromkeys(entities))))
    return list(dict.fromkeys(merged))
