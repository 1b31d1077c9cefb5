"""What a reading leaves out although each of it would make another answer: numbers, values, quotes and negations."""

from services.analyzer.assemble import Draft
from services.analyzer.ground import Ground
from services.analyzer.reading import Compare, Reading, Related, conditions


def uncovered(draft: Draft, ground: Ground) -> set[int]:
    """Tokens of numbers, values, quotes and negations that a draft leaves out."""
    left = {at for held in (*ground.numbers, *ground.values, *ground.quotes) if not held & draft.tokens for at in held}
    if not negative(draft.reading):
        cues = [cue for cue in ground.evidence.frame.parsed.cues if cue.op in ("NOT", "NE")]
        left |= {at for cue in cues for at in range(cue.first, cue.last) if not ground.linked & {at}}
    return left


def negative(reading: Reading) -> bool:
    """Whether it says of something that it is not so."""
    held = conditions(reading)
    if reading.combine is not None:
        held += conditions(reading.combine.other)
    return (
        related(reading)
        or (reading.combine is not None and reading.combine.op == "except")
        or any((isinstance(each, Compare) and each.op == "<>") or getattr(each, "negated", False) for each in held)
    )


def related(reading: Reading) -> bool:
    """Whether it asks for rows with or without partners."""
    return any(isinstance(condition, Related) for condition in reading.where)
