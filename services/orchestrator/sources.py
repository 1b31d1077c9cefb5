"""Where the values of a definition come from: references, settled once, and read by closures at run time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.orchestrator import literals
from services.orchestrator.problems import Problem
from services.orchestrator.references import Condition, MalformedError, Path, Reference, condition, reference
from services.orchestrator.scope import Found, Frame, Scope, UnknownPathError
from services.orchestrator.shapes import WHOLE_NUMBER, Shape, misfit
from services.orchestrator.tree import Tree

Get = Callable[[Frame], Any]
Test = Callable[[Frame], bool]


@dataclass(frozen=True, slots=True)
class Use:
    """That a place of the text refers to steps. roots: where its alternatives come from, steps and others.
    needs: it is an error where all of them may be missing."""

    tree: Tree
    roots: tuple[str, ...]
    needs: bool


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from. wire: reads it as bytes, of a message."""

    get: Get
    shape: Shape
    wire: Get | None


@dataclass(slots=True)
class Sources:
    """Reads the references that stand in one scope. problems and uses fill up as it goes."""

    file: str
    scope: Scope
    problems: list[Problem] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)

    def wrong(self, tree: Tree, message: str, *, key: bool = False) -> None:
        """Notes a mistake at a value, or at the key that it stands under."""
        line, column = (tree.key_line, tree.key_column) if key else (tree.line, tree.column)
        # One mistake a place: what follows from it would only bury it.
        if not any((each.path, each.line) == (tree.path, line) for each in self.problems):
            self.problems.append(Problem(self.file, line, column, tree.path, message))

    def items(self, tree: Tree) -> tuple[Get, Shape] | None:
        """What reads the list that a step runs over, and what one item is."""
        found = self.reference(tree)
        if found is None:
            self.wrong(tree, "for_each is a reference to a repeated field")
            return None
        got = self._source(found, tree)
        if got is None:
            return None
        if not got.shape.repeated or got.shape.map_entry is not None:
            self.wrong(tree, f"{found} is {got.shape}, not a list")
            return None
        return got.get, got.shape.element

    def condition(self, tree: Tree) -> tuple[Test, Condition] | None:
        """What tests a condition."""
        try:
            parsed = condition(tree.value if isinstance(tree.value, str) else "")
        except MalformedError as error:
            self.wrong(tree, str(error))
            return None
        tests = []
        for path in parsed.paths:
            got = self._path(path, tree)
            if got is None:
                return None
            tests.append(got.get)
        self.uses.append(Use(tree, tuple(_root(path) for path in parsed.paths), needs=False))
        return _tester(tests, negated=parsed.negated), parsed

    def checked(self, found: Reference, tree: Tree, target: Shape, *, or_element: bool = False) -> Source | None:
        """A reference's value, where it fits; or_element: one element of the wanted list fits as well."""
        got = self._source(found, tree)
        if got is None:
            return None
        if or_element and not got.shape.repeated:
            target = target.element
        problem = misfit(got.shape, target)
        if problem is None:
            return got
        self.wrong(tree, f"{found}: {problem}")
        return None

    def _source(self, found: Reference, tree: Tree) -> Source | None:
        """What reads the first alternative that is set. All of them have to have one shape."""
        alternatives: list[Found] = []
        for path in found.paths:
            got = self._path(path, tree)
            if got is None:
                return None
            if alternatives and str(alternatives[0].shape) != str(got.shape):
                self.wrong(tree, f"{found}: its alternatives are {alternatives[0].shape} and {got.shape}")
                return None
            alternatives.append(got)
        shape = alternatives[0].shape
        self.uses.append(Use(tree, tuple(_root(path) for path in found.paths), needs=found.otherwise is None))
        gets = [each.get for each in alternatives]
        if isinstance(found.otherwise, int):
            number = found.otherwise
            if misfit(WHOLE_NUMBER, shape) is not None:
                self.wrong(tree, f"{found}: {number} does not fit {shape}")
                return None
            gets.append(lambda _: number)
        wires = [each.wire for each in alternatives if each.wire is not None]
        return Source(_first(gets), shape, _first(wires) if len(wires) == len(alternatives) else None)

    def _path(self, path: Path, tree: Tree) -> Found | None:
        try:
            return self.scope.find(path)
        except UnknownPathError as error:
            if str(error):
                self.wrong(tree, str(error))
            return None

    def reference(self, tree: Tree) -> Reference | None:
        """The reference that a value is; None where it is none."""
        if not isinstance(tree.value, str):
            return None
        try:
            return reference(tree.value)
        except MalformedError as error:
            self.wrong(tree, str(error))
            return None

    def literal(self, tree: Tree, shape: Shape) -> Any:
        """The value of a text, number or truth that is written out; None where it does not fit, which is noted."""
        try:
            return literals.scalar(tree, shape)
        except literals.UnfitError as error:
            self.wrong(tree, str(error))
            return None


def _root(path: Path) -> str:
    """The step that a path needs to have ended, or another root. Of `run.steps.x` the end of x, however it
    ended."""
    return f"run.{path.fields[1]}" if path.root == "run" and len(path.fields) > 1 else path.root


def _first(gets: list[Get]) -> Get:
    if len(gets) == 1:
        return gets[0]

    def first(frame: Frame) -> Any:
        for get in gets:
            value = get(frame)
            if value is not None:
                return value
        return None

    return first


def _tester(gets: list[Get], *, negated: bool) -> Test:
    """A boolean holds where it is true, anything else where it is set; of several, one is enough."""

    def holds(frame: Frame) -> bool:
        for get in gets:
            value = get(frame)
            if value is not None and value is not False:
                return True
        return False

    return (lambda frame: not holds(frame)) if negated else holds
