"""Makes every call of a durable run once: a recorded call gives what it gave before."""

import base64
import time
from typing import Any

from mesh.fault import Fault
from mesh.wire import from_status, to_status
from services.orchestrator.calls import AbandonedError, Work
from services.orchestrator.definition import Definition, Step
from services.orchestrator.run import StepRecord

MOST_ITEMS = 1_000
ITSELF = -1
UNDO = -2


class Recorder:
    """dbos: the module, loaded. Made inside of the DBOS workflow whose calls it records.

    DBOS numbers the steps of a run, and a run that is taken over has to number them as before, in whatever
    order they then end. So all numbers are drawn here, at the beginning: for each step one for itself, one
    for what undoes it, and for a step that runs over a list so many as a list may be long. Numbers that are
    never used do no harm.
    """

    def __init__(self, dbos: Any, definition: Definition) -> None:
        self._dbos = dbos
        self._places: dict[tuple[int, int], Any] = {}
        for step in definition.steps:
            places = [ITSELF] if step.items is None else range(MOST_ITEMS)
            if step.method is not None:
                for place in (*places, UNDO):
                    self._places[step.index, place] = dbos.DBOS.reserve_step()

    async def items(self, step: Step, count: int) -> None:
        """As execution.Recorder. Raises Fault where the list is too long."""
        if count > MOST_ITEMS:
            raise Fault(
                "WORKFLOW_INVALID",
                f"Step {step.name} runs over {count} items; in a durable workflow {MOST_ITEMS} are possible.",
            )

    async def once(self, step: Step, item: int, record: StepRecord, work: Work) -> bytes:
        """As execution.Recorder. Raises AbandonedError where another process runs this run now."""
        begun = time.time_ns()

        async def call() -> dict[str, Any]:
            before = record.attempts
            told: dict[str, Any] = {}
            try:
                told["response"] = _text(await work())
            except Fault as fault:
                told["status"] = _text(to_status(fault, fault.origin).SerializeToString())
            told["attempts"] = record.attempts - before
            told["start_ns"], told["elapsed_ns"] = begun, time.time_ns() - begun
            return told

        name = step.name if item == ITSELF else f"{step.name}[{'undo' if item == UNDO else item}]"
        try:
            told = await self._places[step.index, item].run_async({"name": name}, call)
        except Exception as error:
            # Everything that a call raises is told as a value: this is DBOS itself.
            if not isinstance(error, self._dbos.error.DBOSWorkflowConflictIDError):
                raise
            raise AbandonedError from None
        if told["start_ns"] != begun:
            _restore(record, told, whole=item == ITSELF)
        return _response(step, told)


def _restore(record: StepRecord, told: dict[str, Any], *, whole: bool) -> None:
    """A call that was made before the run was taken over counts as it was then."""
    record.attempts += int(told["attempts"])
    record.start_ns = min(record.start_ns, int(told["start_ns"]))
    if whole:
        record.elapsed_ns = int(told["elapsed_ns"])


def _response(step: Step, told: dict[str, Any]) -> bytes:
    if "status" in told:
        fault, _, _ = from_status(base64.b64decode(told["status"]))
        raise fault or Fault("INTERNAL", f"What step {step.name} failed with cannot be read.")
    return base64.b64decode(told["response"])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
