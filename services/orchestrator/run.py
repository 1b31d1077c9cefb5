"""One run of a workflow, as it stands: what is told of it while it runs and afterwards."""

import time
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.timestamp_pb2 import Timestamp

from maestro.error.v1 import error_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from services.orchestrator.definition import Definition, Step

WAITING: Final = workflow_pb2.STEP_STATE_WAITING
RUNNING: Final = workflow_pb2.STEP_STATE_RUNNING
SUCCEEDED: Final = workflow_pb2.STEP_STATE_SUCCEEDED
FAILED: Final = workflow_pb2.STEP_STATE_FAILED
SKIPPED: Final = workflow_pb2.STEP_STATE_SKIPPED
COMPENSATED: Final = workflow_pb2.STEP_STATE_COMPENSATED
CANCELLED: Final = workflow_pb2.STEP_STATE_CANCELLED
_LONGEST_SUBJECT = 200


class StepRecord:
    """One step of the run. start_ns: nanoseconds since 1970; 0: not started. elapsed_ns: all attempts
    together."""

    __slots__ = ("attempts", "elapsed_ns", "reason", "start_ns", "state", "step")

    def __init__(self, step: Step) -> None:
        self.step = step
        self.state: int = WAITING
        self.reason = ""
        self.start_ns = 0
        self.elapsed_ns = 0
        self.attempts = 0

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in any way."""
        return self.state not in (WAITING, RUNNING)

    def proto(self) -> workflow_pb2.StepRun:
        """As it is told."""
        told = workflow_pb2.StepRun(
            name=self.step.name,
            state=self.state,  # type: ignore[arg-type]  # the number of a StepState
            reason=self.reason,
            attempts=self.attempts,
            call=self.step.call,
            optional=self.step.optional,
        )
        if self.start_ns:
            told.start_time.FromNanoseconds(self.start_ns)
            told.elapsed.FromNanoseconds(self.elapsed_ns)
        return told


@dataclass(slots=True)
class Run:
    """One run. id: a UUID of version 7. elapsed_ns: 0 while it runs. subject: the question, where there is
    one."""

    id: str
    definition: Definition
    subject: str = ""
    caller_id: str = ""
    trace_id: str = ""
    state: int = workflow_pb2.RUN_STATE_RUNNING
    start_ns: int = field(default_factory=time.time_ns)
    elapsed_ns: int = 0
    error: Fault | None = None
    steps: list[StepRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.steps:
            self.steps = [StepRecord(each) for each in self.definition.steps]

    @property
    def workflow(self) -> str:
        """The workflow's name; what `${run.workflow}` is."""
        return self.definition.name

    @property
    def start_time(self) -> Timestamp:
        """What `${run.start_time}` is."""
        told = Timestamp()
        told.FromNanoseconds(self.start_ns)
        return told

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in any way."""
        return self.state != workflow_pb2.RUN_STATE_RUNNING

    def ended(self, index: int) -> workflow_pb2.StepRun | None:
        """A step as it is told, once it has ended in any way: what `${run.steps.name}` is."""
        record = self.steps[index]
        return record.proto() if record.is_over else None

    def end(self, state: int, error: Fault | None = None) -> None:
        """Ends it; what it ended as first stays."""
        if not self.is_over:
            self.state = state
            self.error = error
            self.elapsed_ns = time.time_ns() - self.start_ns

    def proto(self) -> workflow_pb2.Run:
        """As it is told."""
        told = workflow_pb2.Run(
            id=self.id,
            workflow=self.definition.name,
            workflow_version=self.definition.version,
            state=self.state,  # type: ignore[arg-type]  # the number of a RunState
            trace_id=self.trace_id,
            subject=self.subject[:_LONGEST_SUBJECT],
            caller_id=self.caller_id,
        )
        told.start_time.FromNanoseconds(self.start_ns)
        told.elapsed.FromNanoseconds(self.elapsed_ns or time.time_ns() - self.start_ns)
        started = sorted((each for each in self.steps if each.start_ns), key=lambda each: each.start_ns)
        told.steps.extend(each.proto() for each in started)
        told.steps.extend(each.proto() for each in self.steps if not each.start_ns)
        if self.error is not None:
            told.error.CopyFrom(issue_of(self.error))
        return told


def issue_of(fault: Fault) -> error_pb2.Issue:
    """A failed call as a value."""
    params: dict[str, Any] = dict(fault.metadata)
    return error_pb2.Issue(
        severity=error_pb2.SEVERITY_ERROR,
        code=fault.reason,
        path="; ".join(path for path, _ in fault.violations),
        message=fault.message,
        params=params,
        module=fault.origin,
    )
