"""Whether the day of a request, and what the monitor hears of it, have an effect."""

from maestro.result.v1 import result_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes.around import NOWHERE
from services.validator.probes.connections import ORCHESTRATOR_MONITOR
from services.validator.probes.verdict import Verdict, failed

Outcome = validator_pb2.ProbeOutcome
R = result_pb2


def moment(outcome: Outcome) -> Verdict:
    """A count before a day that only the coordinator knows, or a zone that only the coordinator refuses in time."""
    if outcome.probe.context.time_zone:
        return _zone(outcome)
    missing = failed(outcome)
    if missing:
        return Verdict(False, missing)
    right = _first(outcome.whole)
    said = f"Of a request without a day {right} rows lie before the day that the source means"
    if outcome.cut.status != R.ANSWER_STATUS_ANSWERED:
        return Verdict(True, f"{said}; without the coordinator it fails ({_why(outcome)}).")
    wrong = _first(outcome.cut)
    if wrong == right:
        return Verdict(False, "Not proven: the source means the day that it is anyway.")
    return Verdict(True, f"{said}; without the coordinator it is another day, and {wrong} are counted.")


def _zone(outcome: Outcome) -> Verdict:
    refused = outcome.whole_error.code == "INVALID_ARGUMENT"
    if not refused:
        return Verdict(False, f"Not proven: a request in the zone {NOWHERE} was not refused for it.")
    if outcome.cut_error.code == "INVALID_ARGUMENT":
        return Verdict(False, f"Not proven: the zone {NOWHERE} is refused without the coordinator as well.")
    became = "it is answered as if there were such a zone"
    if outcome.cut.status != R.ANSWER_STATUS_ANSWERED:
        became = f"it breaks inside the mesh ({_why(outcome)})"
    return Verdict(True, f"A request in the zone {NOWHERE} was refused at the door; without the coordinator {became}.")


def record(outcome: Outcome) -> Verdict:
    """Spans of the process in the trace of the whole run, and none in that of the other."""
    missing = failed(outcome)
    if missing:
        return Verdict(False, missing)
    module = "orchestrator" if outcome.probe.connection == ORCHESTRATOR_MONITOR else "provider"
    if module not in outcome.whole_recorded:
        known = ", ".join(outcome.whole_recorded) or "nobody"
        return Verdict(False, f"Not proven: of this run the monitor heard from {known}, not from the {module}.")
    if module in outcome.cut_recorded:
        return Verdict(False, f"Not proven: the monitor heard from the {module} although nothing was to be told.")
    return Verdict(
        True,
        f"The monitor knows what the {module} did in the run (and {len(outcome.whole_recorded) - 1} others); of the run that "
        "tells it nothing it knows neither time nor statement, and `maestro advise` has nothing to go by.",
    )


def _first(answer: result_pb2.Answer) -> int:
    return answer.result.rows[0].values[0].integer if answer.result.rows else 0


def _why(outcome: Outcome) -> str:
    return outcome.cut_error.code or ", ".join(each.code for each in outcome.cut.issues) or "it was not answered"
