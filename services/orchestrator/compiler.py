"""From the text of a definition to a workflow that can be run, or to everything that is wrong with it."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.message import Message

from maestro.workflow.v1 import workflow_pb2
from services.orchestrator import graph, literals, schema
from services.orchestrator.contracts import Contracts, Method, UnknownMethodError, descriptor_of, nearest
from services.orchestrator.definition import Definition, Guard, Retry, Step, Undo, before, phase
from services.orchestrator.problems import InvalidWorkflowError, Problem
from services.orchestrator.scope import STEPS, Scope
from services.orchestrator.shapes import Shape, of_message
from services.orchestrator.sources import Get, Use
from services.orchestrator.tree import Tree, parse
from services.orchestrator.values import Build, Compiler, Serialize

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = ("input", "item", "run", "output", "none", "not")
_NOTHING = Tree(None)


def compile_text(text: str, file: str, contracts: Contracts) -> Definition:
    """The workflow that a text defines; file: what messages call it. Raises InvalidWorkflowError with every
    problem."""
    tree = parse(text, file)
    proto, problems = schema.read(tree, file)
    if problems:
        raise InvalidWorkflowError(problems)
    return _Compilation(tree, proto, text, file, contracts).run()


@dataclass(slots=True)
class _Draft:
    """A step on its way. method: None for a step that returns, or whose call is wrong."""

    name: str
    tree: Tree
    proto: workflow_pb2.Step
    index: int
    node: graph.Node
    method: Method | None = None
    build: Serialize | None = None
    early: Build | None = None
    guards: list[Guard] = field(default_factory=list)
    items: Get | None = None
    item: Shape | None = None
    undo: Undo | None = None
    uses: list[Use] = field(default_factory=list)
    undo_uses: list[Use] = field(default_factory=list)


class _Compilation:
    def __init__(self, tree: Tree, proto: workflow_pb2.Workflow, text: str, file: str, contracts: Contracts) -> None:
        self.tree, self.proto, self.text, self.file, self.contracts = tree, proto, text, file, contracts
        self.problems: list[Problem] = []
        names = [name for name, _ in (tree.child("steps") or _NOTHING).items()]
        self.names = {name: index for index, name in enumerate(names)}
        self.drafts = {name: self._draft(name) for name in names}
        self.nodes = {name: draft.node for name, draft in self.drafts.items()}

    def run(self) -> Definition:
        """Compiles part by part, going on where a part is wrong so that all mistakes are found at once."""
        input_class = self._message("input")
        output_class = self._message("output")
        self._check_top()
        for draft in self.drafts.values():
            self._check_form(draft)
            self._resolve(draft)
        if input_class is None or output_class is None:
            raise InvalidWorkflowError(self.problems)
        scope = Scope(of_message(descriptor_of(input_class)), self._shapes(), self.names, self._broken())
        for draft in self.drafts.values():
            self._compile(draft, scope, output_class)
        result, result_uses = self._result(scope, output_class)
        self._check_graph(result_uses)
        if self.problems:
            raise InvalidWorkflowError(self.problems)
        return self._definition(input_class, output_class, result, result_uses)

    # What the text says.

    def _draft(self, name: str) -> _Draft:
        steps = self.tree.child("steps")
        assert steps is not None
        tree = steps.child(name)
        assert tree is not None
        proto = self.proto.steps[name]
        returns = tree.child("return") is not None
        certain = not (proto.when or proto.optional or proto.detached or returns)
        node = graph.Node(name, certain=certain, detached=proto.detached, after=set(proto.after))
        return _Draft(name, tree, proto, self.names[name], node)

    def _message(self, key: str) -> type[Message] | None:
        full_name = str(getattr(self.proto, key))
        tree = self.tree.child(key)
        if tree is None:
            self._wrong(self.tree, f"{key}: it is missing; name the message that is the {key}")
            return None
        try:
            return self.contracts.message(full_name)
        except KeyError:
            self._wrong(tree, f"no module's contract has a message {full_name!r}")
            return None

    def _check_top(self) -> None:
        name = self.tree.child("name")
        stem = Path(self.file).stem
        if name is None:
            self.proto.name = stem
        elif self.proto.name != stem:
            self._wrong(name, f"the file is called {stem!r}: the name has to be the same, or left out")
        if not _NAME.fullmatch(self.proto.name):
            where = name or self.tree
            self._wrong(where, f"{self.proto.name!r} is no name: lower-case letters, digits and _")
        if not self.names:
            self._wrong(self.tree.child("steps") or self.tree, "there are no steps")
        timeout = self.tree.child("timeout")
        if timeout is not None and self.proto.timeout.ToNanoseconds() <= 0:
            self._wrong(timeout, "it has to be longer than nothing")

    def _check_form(self, draft: _Draft) -> None:
        """What the schema cannot say: names, and which fields go together."""
        step, tree = draft.proto, draft.tree
        if not _NAME.fullmatch(draft.name) or draft.name in _RESERVED:
            self._wrong(tree, f"{draft.name!r} is no name for a step", key=True)
        has_call, has_return = tree.child("call") is not None, tree.child("return") is not None
        if has_call == has_return:
            both = "both call and return" if has_call else "neither call nor return"
            self._wrong(tree, f"it has {both}: it needs one", key=True)
        for key in {each for each, _ in tree.items()} - {"when", "after", "return"} if has_return else ():
            self._wrong(tree.child(key) or tree, f"a step that returns has no {key}", key=True)
        if tree.child("concurrency") is not None and tree.child("for_each") is None:
            self._wrong(tree.child("concurrency") or tree, "concurrency goes with for_each")
        if not 0 <= step.concurrency <= 64:
            self._wrong(tree.child("concurrency") or tree, "it is 1 to 64")
        if not 0 <= step.retry.max_attempts <= 10:
            self._wrong((tree.child("retry") or tree).child("max_attempts") or tree, "it is 1 to 10")
        if step.detached and tree.child("compensate") is not None:
            self._wrong(tree.child("compensate") or tree, "a detached step cannot be undone: nothing follows it")
        self._check_times(draft)

    def _check_times(self, draft: _Draft) -> None:
        retry = draft.tree.child("retry") or _NOTHING
        times = (
            (draft.tree.child("timeout"), draft.proto.timeout),
            (retry.child("initial_backoff"), draft.proto.retry.initial_backoff),
            (retry.child("max_backoff"), draft.proto.retry.max_backoff),
        )
        for tree, duration in times:
            if tree is not None and duration.ToNanoseconds() <= 0:
                self._wrong(tree, "it has to be longer than nothing")

    def _resolve(self, draft: _Draft) -> None:
        """What is called, and what is waited for by name."""
        draft.method = self._method(draft.tree)
        for tree in self._listed(draft.tree, "after"):
            if tree.value not in self.names:
                known = nearest(str(tree.value), self.names)
                self._wrong(tree, f"there is no step {tree.value!r}{known}")
                draft.node.after.discard(str(tree.value))

    def _method(self, tree: Tree) -> Method | None:
        call = tree.child("call")
        if call is None:
            return None
        try:
            return self.contracts.method(str(call.value))
        except UnknownMethodError as error:
            self._wrong(call, str(error))
            return None

    @staticmethod
    def _listed(tree: Tree, key: str) -> list[Tree]:
        child = tree.child(key)
        if child is None:
            return []
        return child.value if isinstance(child.value, list) else [child]

    # What it means.

    def _broken(self) -> frozenset[str]:
        return frozenset(each.name for each in self.drafts.values() if each.method is None and each.tree.child("call"))

    def _shapes(self) -> dict[str, tuple[Shape, int]]:
        """What each step yields: its response, or a list of them."""
        shapes: dict[str, tuple[Shape, int]] = {}
        for draft in self.drafts.values():
            if draft.method is not None:
                shape = of_message(descriptor_of(draft.method.response))
                many = draft.tree.child("for_each") is not None
                shapes[draft.name] = (shape.many if many else shape, STEPS + draft.index)
        return shapes

    def _compile(self, draft: _Draft, scope: Scope, output: type[Message]) -> None:
        own = Scope(scope.input, scope.steps, scope.names, scope.broken)
        if draft.node.detached:
            own.output = of_message(descriptor_of(output))
        compiler = Compiler(self.file, own)
        for tree in self._listed(draft.tree, "when"):
            got = compiler.condition(tree)
            if got is not None:
                holds, parsed = got
                draft.guards.append(Guard(holds, str(parsed)))
                if not parsed.negated:
                    draft.node.clauses.append(frozenset(compiler.uses[-1].roots))
        for_each = draft.tree.child("for_each")
        if for_each is not None:
            found = compiler.items(for_each)
            if found is not None:
                draft.items, own.item = found
        returned = draft.tree.child("return")
        if returned is not None:
            draft.early = compiler.message(returned, descriptor_of(output))
        if draft.method is not None and (for_each is None or draft.items is not None):
            draft.build = compiler.request(draft.tree.child("request"), descriptor_of(draft.method.request))
        draft.uses = compiler.uses
        draft.node.after |= graph.waits_for(compiler.uses, self.names)
        self.problems += compiler.problems
        self._compile_undo(draft, own)

    def _compile_undo(self, draft: _Draft, scope: Scope) -> None:
        tree = draft.tree.child("compensate")
        method = self._method(tree) if tree is not None else None
        if tree is None or method is None:
            return
        scope.item = None
        compiler = Compiler(self.file, scope)
        build = compiler.request(tree.child("request"), descriptor_of(method.request))
        draft.undo = Undo(method, build)
        draft.undo_uses = compiler.uses
        self.problems += compiler.problems

    def _result(self, scope: Scope, output: type[Message]) -> tuple[Build, list[Use]]:
        compiler = Compiler(self.file, scope)
        build = compiler.message(self.tree.child("result"), descriptor_of(output))
        self.problems += compiler.problems
        return build, compiler.uses

    # What waits for what.

    def _check_graph(self, result_uses: list[Use]) -> None:
        for draft in self.drafts.values():
            self._check_uses(draft.uses, draft.node)
            # A step is undone only where it succeeded, and with it all that it waited for.
            done = graph.Node(draft.name, certain=False, detached=False)
            done.clauses = [frozenset({draft.name})]
            self._check_uses(draft.undo_uses, done)
        end = graph.Node("result", certain=False, detached=False, after=set(self.names))
        self._check_uses(result_uses, end)
        loop = graph.cycle(self.nodes)
        if loop:
            tree = self.drafts[loop[0]].tree
            self._wrong(tree, f"steps wait for each other: {' → '.join(loop)}", key=True)

    def _check_uses(self, uses: list[Use], node: graph.Node) -> None:
        for use in uses:
            if not node.detached:
                for name in sorted(graph.waits_for([use], self.names)):
                    if self.nodes[name].detached:
                        self._wrong(use.tree, f"step {name!r} is detached: it runs after the output is given")
            missing = graph.uncertain(use, node, self.nodes)
            if missing:
                names = " and ".join(f"step {each!r}" if each in self.names else each for each in missing)
                self._wrong(
                    use.tree,
                    f"{names} may not have run: end the reference with `| none`, or ask for it by `when`",
                )

    def _definition(
        self, input_class: type[Message], output: type[Message], result: Build, uses: list[Use]
    ) -> Definition:
        following: dict[str, list[int]] = {name: [] for name in self.names}
        for draft in self.drafts.values():
            for name in draft.node.after:
                following[name].append(draft.index)
        steps = tuple(self._step(each, tuple(sorted(following[each.name]))) for each in self.drafts.values())
        canonical = json.dumps(literals.plain(self.tree), sort_keys=True, ensure_ascii=False)
        return Definition(
            name=self.proto.name,
            version=hashlib.sha256(canonical.encode()).hexdigest()[:16],
            text=self.text,
            proto=self.proto,
            input=input_class,
            output=output,
            steps=steps,
            attached=phase(steps, detached=False),
            detached=phase(steps, detached=True),
            order=tuple(graph.order(self.nodes)),
            result=result,
            contributors=before(
                (self.names[name] for name in graph.waits_for(uses, self.names)),
                steps,
            ),
            durable=self.proto.durable,
            timeout=_seconds(self.proto, "timeout"),
        )

    def _step(self, draft: _Draft, before: tuple[int, ...]) -> Step:
        proto = draft.proto
        retry = Retry(
            attempts=proto.retry.max_attempts or 1,
            initial=_seconds(proto.retry, "initial_backoff") or 0.05,
            longest=_seconds(proto.retry, "max_backoff") or 2.0,
        )
        return Step(
            name=draft.name,
            index=draft.index,
            method=draft.method,
            build=draft.build,
            early=draft.early,
            guards=tuple(draft.guards),
            after=tuple(sorted(self.names[each] for each in draft.node.after)),
            before=before,
            timeout=_seconds(proto, "timeout"),
            retry=retry,
            optional=proto.optional,
            undo=draft.undo,
            items=draft.items,
            concurrency=proto.concurrency or 8,
            detached=proto.detached,
        )

    def _wrong(self, tree: Tree, message: str, *, key: bool = False) -> None:
        line, column = (tree.key_line, tree.key_column) if key else (tree.line, tree.column)
        self.problems.append(Problem(self.file, line, column, tree.path, message))


def _seconds(message: Message, field_name: str) -> float | None:
    if not message.HasField(field_name):
        return None
    return float(getattr(message, field_name).ToNanoseconds()) / 1e9
