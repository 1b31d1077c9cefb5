"""A workflow, compiled: ready to be run any number of times."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from maestro.workflow.v1 import workflow_pb2
from services.orchestrator.contracts import Method
from services.orchestrator.scope import Frame

Build = Callable[[Frame], Message]
Serialize = Callable[[Frame], bytes]


@dataclass(frozen=True, slots=True)
class Retry:
    """attempts: in all. initial, longest: seconds of pause before the first repeat, and at most."""

    attempts: int = 1
    initial: float = 0.05
    longest: float = 2.0


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition: what tests it, and as it is written."""

    holds: Callable[[Frame], bool]
    text: str


@dataclass(frozen=True, slots=True)
class Undo:
    """A call that undoes a step."""

    method: Method
    build: Serialize


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Either method and build, which makes the request, are set, or early, which builds the output that ends
    the run.

    index: its place among the steps. after, before: the steps that it waits for, and those that wait for it.
    items: reads the list that it runs over; None: it runs once. timeout: seconds of one attempt; None: what
    is left.
    """

    name: str
    index: int
    method: Method | None
    build: Serialize | None
    early: Build | None
    guards: tuple[Guard, ...]
    after: tuple[int, ...]
    before: tuple[int, ...]
    timeout: float | None = None
    retry: Retry = Retry()
    optional: bool = False
    undo: Undo | None = None
    items: Callable[[Frame], Any] | None = None
    concurrency: int = 8
    detached: bool = False

    @property
    def call(self) -> str:
        """ "module.Method"; empty for a step that returns."""
        return self.method.call if self.method else ""


@dataclass(frozen=True, slots=True)
class Phase:
    """The steps before the output is given, or the detached ones after it. waits: for each step of the
    workflow, how many steps of this phase it waits for. size: how many steps it has. first: those that wait
    for none of them."""

    waits: tuple[int, ...]
    size: int
    first: tuple[int, ...]


def phase(steps: tuple[Step, ...], *, detached: bool) -> Phase:
    """One of the two phases of these steps."""
    waits = tuple(sum(steps[each].detached == detached for each in step.after) for step in steps)
    own = [step.index for step in steps if step.detached == detached]
    return Phase(waits, len(own), tuple(index for index in own if not waits[index]))


def before(indexes: Iterable[int], steps: tuple[Step, ...]) -> frozenset[int]:
    """These steps, the ones that they wait for, and so on."""
    found: set[int] = set()
    waiting = list(indexes)
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            waiting += steps[index].after
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Definition:
    """A workflow.

    version: content hash, 16 hex digits. text: the YAML that it was compiled from. order: names of the steps
    in an order in which they may start. contributors: the steps that lead to the result. timeout: seconds of a
    whole run; None: the caller's.
    """

    name: str
    version: str
    text: str
    proto: workflow_pb2.Workflow
    input: type[Message]
    output: type[Message]
    steps: tuple[Step, ...]
    attached: Phase
    detached: Phase
    order: tuple[str, ...]
    result: Build
    contributors: frozenset[int]
    durable: bool
    timeout: float | None

    def behind(self, index: int) -> frozenset[int]:
        """The steps that a step waits for, and that those wait for, and so on."""
        return before(self.steps[index].after, self.steps)

    def step(self, name: str) -> Step | None:
        """The step of that name; None where there is none."""
        return next((each for each in self.steps if each.name == name), None)
