"""YAML as a tree of values that know where they stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from services.orchestrator.problems import InvalidWorkflowError, Problem

Scalar = str | int | float | bool | None
LARGEST = 1024 * 1024
_DEEPEST = 64


@dataclass(slots=True)
class Tree:
    """A value of the text. value: a scalar, a list of trees, or a dict of trees by key. path: how to get
    there from the top, `steps.fetch.request`. line, column: from 1. key_line, key_column: the same of the key
    it stands under."""

    value: "Scalar | list[Tree] | dict[str, Tree]"
    line: int = 0
    column: int = 0
    path: str = ""
    key_line: int = field(default=0, compare=False)
    key_column: int = field(default=0, compare=False)

    def child(self, name: str) -> "Tree | None":
        """The value of a key of a map; None where there is none."""
        return self.value.get(name) if isinstance(self.value, dict) else None

    def items(self) -> "Iterator[tuple[str, Tree]]":
        """Keys and values of a map; nothing of anything else."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    @property
    def kind(self) -> str:
        """What it is, for messages."""
        names = {
            str: "a text",
            bool: "true or false",
            int: "a whole number",
            float: "a number",
            list: "a list",
            dict: "a map",
        }
        return names.get(type(self.value), "nothing")


class _Loader(yaml.SafeLoader):
    """YAML's safe loader with the scalars of JSON: `on`, `1_000`, `12:30` and `2020-01-01` are texts."""


_Loader.yaml_implicit_resolvers = {}
_NUMBER = r"-?(?:0|[1-9][0-9]*)"
for _tag, _pattern, _first in (
    ("bool", r"(?:true|false)", "tf"),
    ("null", r"(?:null|~|)", ["n", "~", ""]),
    ("int", _NUMBER, "-0123456789"),
    ("float", _NUMBER + r"(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^{_pattern}$"), _first)


def parse(text: str, file: str) -> Tree:
    """The tree of a YAML text. Raises InvalidWorkflowError where it is no YAML, or YAML that definitions do
    not use."""
    if len(text) > LARGEST:
        raise InvalidWorkflowError([Problem(file, 0, 0, "", f"it is longer than {LARGEST} characters")])
    try:
        node = yaml.compose(text, Loader=_Loader)  # a subclass of the safe loader
    except yaml.YAMLError as error:
        raise InvalidWorkflowError([_syntax(error, file)]) from None
    except RecursionError:
        raise InvalidWorkflowError([Problem(file, 0, 0, "", "it is nested too deep")]) from None
    if node is None:
        raise InvalidWorkflowError([Problem(file, 1, 1, "", "it is empty")])
    return _Builder(file).build(node, "", 0)


def _syntax(error: yaml.YAMLError, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = [
        getattr(error, "context", None),
        getattr(error, "problem", None) or getattr(error, "reason", None),
    ]
    message = "it is not YAML: " + (", ".join(part for part in said if part) or "unreadable")
    return Problem(file, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, "", message)


class _Builder:
    """Turns PyYAML's nodes into trees."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, path: str, depth: int) -> Tree:
        # An alias shares its anchor's node; a few of them nested in each other would grow beyond all bounds.
        if id(node) in self._seen:
            raise self._wrong(node, path, "anchors and aliases (& and *) are not used in definitions")
        self._seen.add(id(node))
        if depth > _DEEPEST:
            raise self._wrong(node, path, "it is nested too deep")
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        if isinstance(node, yaml.MappingNode):
            return Tree(self._map(node, path, depth), line, column, path)
        if isinstance(node, yaml.SequenceNode):
            parts = [self.build(each, f"{path}[{index}]", depth + 1) for index, each in enumerate(node.value)]
            return Tree(parts, line, column, path)
        assert isinstance(node, yaml.ScalarNode)
        return Tree(self._scalar(node, path), line, column, path)

    def _map(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._wrong(key, path, "a key must be a plain word")
            name = str(key.value)
            inside = f"{path}.{name}" if path else name
            if name in found:
                raise self._wrong(key, inside, f"the key is here twice; first in line {found[name].key_line}")
            found[name] = self.build(value, inside, depth + 1)
            found[name].key_line = key.start_mark.line + 1
            found[name].key_column = key.start_mark.column + 1
        return found

    def _scalar(self, node: yaml.ScalarNode, path: str) -> Scalar:
        text = str(node.value)
        try:
            match node.tag.rpartition(":")[2]:
                case "str":
                    return text
                case "int":
                    return int(text)
                case "float":
                    return float(text)
                case "bool":
                    return text == "true"
                case "null":
                    return None
        except ValueError:
            raise self._wrong(node, path, f"{text[:40]!r} is no number") from None
        raise self._wrong(node, path, f"the tag {node.tag} is not used in definitions")

    def _wrong(self, node: yaml.Node, path: str, message: str) -> InvalidWorkflowError:
        mark = node.start_mark
        return InvalidWorkflowError([Problem(self._file, mark.line + 1, mark.column + 1, path, message)])
