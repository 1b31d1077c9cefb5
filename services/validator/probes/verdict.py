"""What one outcome of a probe says."""

from dataclasses import dataclass

from maestro.result.v1 import result_pb2
from maestro.validator.v1 import validator_pb2

R = result_pb2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one outcome says. effect: whether the cut made it worse; why: the evidence, or what is missing."""

    effect: bool
    why: str


def failed(outcome: validator_pb2.ProbeOutcome) -> str:
    """Why the whole mesh gave no answer; empty where it did."""
    if outcome.HasField("whole_error"):
        return f"Not proven: the whole mesh failed ({outcome.whole_error.code}: {outcome.whole_error.message})"
    if outcome.whole.status != R.ANSWER_STATUS_ANSWERED:
        codes = ", ".join(sorted({each.code for each in outcome.whole.issues})) or "no reason given"
        asked = outcome.probe.question or "the plan"
        return f'Not proven: the whole mesh did not answer "{asked}" ({codes}).'
    return ""
