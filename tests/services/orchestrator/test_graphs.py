"""Any graph of steps: each starts after what it waits for and not before, side by side, and nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from maestro.analyzer.v1 import analyzer_pb2
from maestro.mapper.v1 import mapper_pb2
from maestro.workflow.v1 import workflow_pb2
from mesh.fault import Fault
from services.orchestrator.compiler import compile_text
from services.orchestrator.contracts import Contracts, Method
from services.orchestrator.definition import Definition
from services.orchestrator.execution import Execution
from services.orchestrator.ids import uuid7
from services.orchestrator.run import Run
from services.orchestrator.tails import Tails

CONTRACTS = Contracts()
OVER = {
    workflow_pb2.STEP_STATE_SUCCEEDED,
    workflow_pb2.STEP_STATE_FAILED,
    workflow_pb2.STEP_STATE_SKIPPED,
    workflow_pb2.STEP_STATE_CANCELLED,
}


@st.composite
def graphs(draw: Any) -> dict[str, Any]:
    """Definitions of 1 to 12 steps; each waits for some of those before it, by `after`, by a reference or by a
    condition, and some are optional, detached, skipped by their condition, or run over a list."""
    count = draw(st.integers(1, 12))
    steps: dict[str, Any] = {}
    for number in range(count):
        name = f"s{number}"
        detached = draw(st.booleans()) and draw(st.booleans())
        before = [each for each in steps if detached or not steps[each].get("detached")]
        after = draw(st.lists(st.sampled_from(before), unique=True, max_size=3)) if before else []
        asks = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
        reads = draw(st.lists(st.sampled_from(before), unique=True, max_size=3)) if before else []
        step: dict[str, Any] = {"call": "mapper.LookUpValues", "after": after, "request": {"texts": [name]}}
        step["request"]["texts"] += [f"${{run.steps.{each}.name}}" for each in reads if not steps[each].get("for_each")]
        step["when"] = [f"{draw(st.sampled_from(['', 'not ']))}${{{each}}}" for each in asks]
        step["optional"] = draw(st.booleans())
        if detached:
            step["detached"] = True
            step["optional"] = False
        if draw(st.integers(0, 4)) == 0:
            step["for_each"] = "${input.recollection.turns}"
        steps[name] = step
    return {
        "input": "maestro.analyzer.v1.AnalyzeRequest",
        "output": "maestro.memorizer.v1.ApplyCommandResponse",
        "steps": steps,
        "result": {"text": "done"},
    }


class Stage:
    """Calls that take turns as the loop gives them, and a record of what was under way when."""

    def __init__(self, definition: Definition, fails: set[str], hangs: set[str]) -> None:
        self.definition, self.fails, self.hangs = definition, fails, hangs
        self.began: dict[str, int] = {}
        self.ended: dict[str, int] = {}
        self.active: set[asyncio.Task[Any] | None] = set()
        self._clock = 0

    def calls(self, method: Method) -> Any:
        async def call(request: bytes, *, timeout: float | None = None) -> bytes:
            name = mapper_pb2.LookUpValuesRequest.FromString(request).texts[0]
            task = asyncio.current_task()
            self.active.add(task)
            self.began.setdefault(name, self.tick())
            try:
                for _ in range(hash(name) % 4):
                    await asyncio.sleep(0)
                if name in self.hangs:
                    await asyncio.Event().wait()
                if name in self.fails:
                    raise Fault("PLAN_INVALID", f"{name} fails.")
                return b""
            finally:
                self.active.discard(task)
                self.ended[name] = self.tick()

        return call

    def tick(self) -> int:
        self._clock += 1
        return self._clock


async def run(stage: Stage, *, cancel_after: int | None = None) -> tuple[Run, BaseException | None]:
    """Runs it to its very end; cancel_after: how many turns of the loop the caller waits."""
    message = analyzer_pb2.AnalyzeRequest()
    message.recollection.turns.add(question="a")
    message.recollection.turns.add(question="b")
    tails = Tails()
    execution = Execution(Run(uuid7(), stage.definition), message, stage.calls, tails)
    task = asyncio.ensure_future(execution.output())
    if cancel_after is not None:
        for _ in range(cancel_after):
            await asyncio.sleep(0)
        task.cancel()
    error: BaseException | None = None
    try:
        async with asyncio.timeout(10):
            await task
    except (Fault, asyncio.CancelledError) as caught:
        error = caught
    assert not stage.active, "nothing is left running once the output is there"
    stage.hangs.clear()
    tail = execution.release()
    if tail is not None:
        async with asyncio.timeout(10):
            await tail
    assert not stage.active
    assert not len(tails)
    return execution.run, error


def compiled(graph: dict[str, Any]) -> Definition:
    return compile_text(yaml.safe_dump(graph, sort_keys=False), "graph.yaml", CONTRACTS)


def check_order(stage: Stage) -> None:
    for step in stage.definition.steps:
        for index in step.after:
            before = stage.definition.steps[index].name
            if step.name in stage.began and before in stage.ended:
                assert stage.ended[before] < stage.began[step.name], f"{step.name} began before {before} had ended"


def failing(names: set[str], graph: dict[str, Any]) -> set[str]:
    return {name for name in names if name in graph["steps"]}


SOME = st.sets(st.sampled_from([f"s{number}" for number in range(12)]), max_size=3)


@settings(max_examples=80, deadline=None)
@given(graphs())
def test_every_step_runs_after_what_it_waits_for_or_says_why_not(graph: dict[str, Any]):
    stage = Stage(compiled(graph), set(), set())
    done, error = asyncio.run(run(stage))
    assert error is None
    assert done.state == workflow_pb2.RUN_STATE_SUCCEEDED
    check_order(stage)
    for record in done.steps:
        skipped = record.state == workflow_pb2.STEP_STATE_SKIPPED
        assert skipped == (record.step.name not in stage.began)
        assert bool(record.reason) == skipped
        assert record.state in (workflow_pb2.STEP_STATE_SUCCEEDED, workflow_pb2.STEP_STATE_SKIPPED)


@settings(max_examples=80, deadline=None)
@given(graphs(), SOME)
def test_a_failure_ends_a_run_unless_its_step_is_optional(graph: dict[str, Any], names: set[str]):
    fails = failing(names, graph)
    stage = Stage(compiled(graph), fails, set())
    done, error = asyncio.run(run(stage))
    check_order(stage)
    grave = {
        name
        for name in fails & stage.began.keys()
        if not graph["steps"][name]["optional"] and not graph["steps"][name].get("detached")
    }
    if error is None:
        assert done.state == workflow_pb2.RUN_STATE_SUCCEEDED
        assert not grave
    else:
        assert isinstance(error, Fault)
        assert error.metadata["step"] in grave
        assert done.state == workflow_pb2.RUN_STATE_FAILED
    assert all(record.state in OVER for record in done.steps)


@settings(max_examples=80, deadline=None)
@given(graphs(), SOME, st.integers(0, 8))
def test_a_cancelled_run_leaves_nothing_running(graph: dict[str, Any], names: set[str], turns: int):
    stage = Stage(compiled(graph), set(), failing(names, graph))
    done, error = asyncio.run(run(stage, cancel_after=turns))
    check_order(stage)
    if turns and error is None:
        assert done.state == workflow_pb2.RUN_STATE_SUCCEEDED
    else:
        assert isinstance(error, asyncio.CancelledError)
    assert all(record.state in OVER for record in done.steps)


async def test_runs_leave_no_objects_behind():
    graph = {
        "input": "maestro.analyzer.v1.AnalyzeRequest",
        "output": "maestro.memorizer.v1.ApplyCommandResponse",
        "steps": {
            "s0": {"call": "mapper.LookUpValues", "request": {"texts": ["s0"]}},
            "s1": {"call": "mapper.LookUpValues", "request": {"texts": ["s1"]}, "after": ["s0"]},
            "s2": {"call": "mapper.LookUpValues", "request": {"texts": ["s2"]}, "after": ["s0"]},
            "s3": {"call": "mapper.LookUpValues", "request": {"texts": ["s3"]}, "detached": True},
        },
    }
    definition = compiled(graph)

    async def several(fails: set[str]) -> None:
        for number in range(60):
            hangs = {"s2"} if number % 3 == 0 else set()
            await run(Stage(definition, fails, hangs), cancel_after=9 if hangs else None)

    await several(set())
    gc.collect()
    before = len(gc.get_objects())
    await several({"s1"})
    await several(set())
    gc.collect()
    assert len(gc.get_objects()) - before < 60
