"""What a reading leaves out: words without explanation; and what would make another answer, numbers, values, quotes and
negations."""

from collections.abc import Sequence

from services.analyzer.assemble import Draft
from services.analyzer.ground import Ground
from services.analyzer.reading import Compare, Condition, Flag, Missing, Not, Reading, Related, Within, conditions


def unexplained(draft: Draft, ground: Ground) -> tuple[int, ...]:
    """Tokens that a draft leaves without explanation, in order."""
    key = ("unexplained", draft.tokens)
    made: tuple[int, ...] | None = ground.parts.get(key)
    if made is None:
        made = ground.parts[key] = tuple(sorted(ground.content - draft.tokens))
    return made


def uncovered(draft: Draft, ground: Ground) -> tuple[int, ...]:
    """Tokens of numbers, values, quotes and negations that a draft leaves out, in order."""
    tokens, negated = draft.tokens, negative(draft.reading)
    key = ("uncovered", tokens, negated)
    made: tuple[int, ...] | None = ground.parts.get(key)
    if made is None:
        held = (*ground.numbers, *ground.values, *ground.quotes)
        left = {at for each in held if not each & tokens for at in each}
        if not negated:
            cues = [cue for cue in ground.evidence.frame.parsed.cues if cue.op in ("NOT", "NE")]
            left |= {at for cue in cues for at in range(cue.first, cue.last) if at not in ground.linked}
        made = ground.parts[key] = tuple(sorted(left))
    return made


def negative(reading: Reading) -> bool:
    """Whether it says of something that it is not so."""
    combine = reading.combine
    if combine is not None and (combine.op == "except" or denied(conditions(combine.other))):
        return True
    return any(isinstance(each, Related) for each in reading.where) or denied(conditions(reading))


def denied(found: Sequence[Condition]) -> bool:
    """Whether one of the conditions says that something is not so."""
    return any(each.op == "<>" if isinstance(each, Compare) else getattr(each, "negated", False) for each in found)


def absent(reading: Reading) -> bool:
    """Whether it says that something is nowhere: no partner, no row of another query, a state that its own rows are not in. A
    row that differs in a value ("carriers of another state") does not say so, nor do partners that are otherwise."""
    if reading.combine is not None and reading.combine.op == "except":
        return True
    return any(_nowhere(each, reading.root) for each in conditions(reading))


def _nowhere(each: Condition, root: str) -> bool:
    match each:
        case Related():
            return each.negated
        case Within():
            return each.negated and each.query is not None
        case Flag():
            return each.negated and each.ref.dataset == root
        case Missing():
            return not each.negated and each.ref.dataset == root
        case Compare():
            return each.left.fn == "count" and each.right == 0
        case _:
            return isinstance(each, Not)
