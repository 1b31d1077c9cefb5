"""All runs of this process: begins them, keeps track of them, and remembers the last ones."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Protocol

from google.protobuf.message import Message

from mesh.fault import Fault
from services.orchestrator.calls import Call, Calls, Observer, Recorder
from services.orchestrator.contracts import Method, nearest
from services.orchestrator.cuts import NONE, Cuts
from services.orchestrator.definition import Definition
from services.orchestrator.execution import Execution
from services.orchestrator.ids import uuid7
from services.orchestrator.run import Run
from services.orchestrator.tails import Tails


class Journal(Protocol):
    """Where runs are written down."""

    def note(self, run: Run) -> None:
        """Writes a run as it is now, soon. Never waits and never fails."""


class Engine:
    """definitions: the workflows by name. calls: how methods of modules are called. kept: ended runs that are
    remembered in memory. journal, once set, is told of every run."""

    def __init__(
        self,
        definitions: Mapping[str, Definition],
        calls: Calls,
        *,
        tails: Tails | None = None,
        kept: int = 1_000,
    ) -> None:
        self.definitions = dict(sorted(definitions.items()))
        self.tails = tails or Tails()
        self._calls = _remembered(calls)
        self.journal: Journal | None = None
        self._kept = kept
        self._under_way: dict[str, Execution] = {}
        self._ended: OrderedDict[str, Run] = OrderedDict()

    def definition(self, name: str) -> Definition:
        """The workflow of that name. Raises Fault WORKFLOW_UNKNOWN."""
        found = self.definitions.get(name)
        if found is None:
            known = ", ".join(self.definitions)
            raise Fault(
                "WORKFLOW_UNKNOWN",
                f"There is no workflow {name!r}{nearest(name, self.definitions)}.",
                metadata={"workflow": name, "known": known},
            )
        return found

    def begin(
        self,
        definition: Definition,
        message: Message,
        *,
        run_id: str = "",
        subject: str = "",
        caller_id: str = "",
        cuts: Cuts = NONE,
        observer: Observer | None = None,
        recorder: Recorder | None = None,
        around: Callable[[Calls], Calls] | None = None,
    ) -> Execution:
        """A run that is ready: await its output(), and afterwards, however that went, its release(). around: puts
        something around its calls."""
        run = Run(run_id or uuid7(), definition, subject=subject, caller_id=caller_id)
        execution = Execution(
            run,
            message,
            self._calls if around is None else around(self._calls),
            self.tails,
            cuts=cuts,
            observer=observer,
            recorder=recorder,
            on_change=self._changed,
        )
        self._under_way[run.id] = execution
        if self.journal is not None:
            self.journal.note(run)
        return execution

    async def complete(self, execution: Execution) -> Message:
        """Runs to the end. Where the process has more work after answers than it may, this waits for some of
        it."""
        try:
            return await execution.output()
        finally:
            tail = execution.release()
            if tail is not None and self.tails.is_full:
                await tail

    def run(self, run_id: str) -> Run | None:
        """A run of this process, under way or among the last that ended."""
        execution = self._under_way.get(run_id)
        return execution.run if execution is not None else self._ended.get(run_id)

    def runs(self) -> list[Run]:
        """All runs of this process, newest first."""
        own = [*(each.run for each in self._under_way.values()), *self._ended.values()]
        return sorted(own, key=lambda run: run.id, reverse=True)

    def cancel(self, run_id: str) -> bool:
        """Ends a run of this process. Gives whether it was under way here."""
        execution = self._under_way.get(run_id)
        if execution is None:
            return False
        execution.cancel()
        return True

    def _changed(self, run: Run) -> None:
        self._under_way.pop(run.id, None)
        if run.error is not None:
            # Its frames would keep every message of the run alive.
            run.error.__traceback__ = None
        self._ended[run.id] = run
        while len(self._ended) > self._kept:
            self._ended.popitem(last=False)
        if self.journal is not None:
            self.journal.note(run)


def _remembered(calls: Calls) -> Calls:
    """Makes each method's call once."""
    made: dict[str, Call] = {}

    def call(method: Method) -> Call:
        found = made.get(method.path)
        if found is None:
            found = made[method.path] = calls(method)
        return found

    return call
