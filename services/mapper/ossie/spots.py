"""YAML with a place in the file for everything in it, so that every problem can say where it is."""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from maestro.error.v1 import error_pb2


@dataclass(frozen=True, slots=True)
class Spot:
    """A piece of a file. value: text of a scalar, entries of a mapping by key, items of a list, or None where it is
    empty. line: from 1. path: such as "datasets[entregas].fields[atrasada]". block: a text over several lines whose
    first line stands on the line after this one."""

    value: "str | dict[str, Spot] | list[Spot] | None"
    file: str
    line: int
    path: str
    block: bool = False

    def get(self, key: str) -> "Spot | None":
        """An entry of a mapping; None where it is absent or empty, or this is no mapping."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found if found is not None and found.value is not None else None

    def items(self) -> "list[Spot]":
        """The items of a list; the value itself as the only one where it is no list; none where it is empty."""
        if self.value is None:
            return []
        return self.value if isinstance(self.value, list) else [self]

    def entries(self) -> "dict[str, Spot]":
        """The entries of a mapping; none where it is something else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def text(self) -> str:
        """The text of a scalar; "" for anything else."""
        return self.value.strip() if isinstance(self.value, str) else ""

    def texts(self) -> list[str]:
        """The texts of a list of scalars that are not empty."""
        return [item.text for item in self.items() if item.text]


class Problems:
    """Collects what is wrong with model files."""

    def __init__(self) -> None:
        self.issues: list[error_pb2.Issue] = []

    def error(self, spot: Spot, what: str, *, line: int = 0) -> None:
        """Something that is left out."""
        self._add(spot, what, error_pb2.SEVERITY_ERROR, line)

    def warning(self, spot: Spot, what: str, *, line: int = 0) -> None:
        """Something that is loaded, or ignored, and ought to be looked at."""
        self._add(spot, what, error_pb2.SEVERITY_WARNING, line)

    def _add(self, spot: Spot, what: str, severity: error_pb2.Severity.ValueType, line: int) -> None:
        line = line or spot.line
        where = f"{spot.file}:{line}"
        element = f"{spot.path}: " if spot.path else ""
        self.issues.append(
            error_pb2.Issue(
                severity=severity,
                code="MODEL_INVALID",
                path=where,
                message=f"{where}: {element}{what}",
                params={"file": spot.file, "line": str(line), "element": spot.path},
                module="mapper",
            )
        )


def parse(file: str, text: str, problems: Problems) -> list[Spot]:
    """The documents of a YAML text; what cannot be parsed becomes a problem and yields none."""
    root = Spot(None, file, 1, "")
    try:
        nodes: list[yaml.Node] = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
        return [_spot(node, file, "", 0, _Depth()) for node in nodes]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.error(root, f"no YAML: {error.problem or error.context}", line=mark.line + 1 if mark else 1)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problems.error(
            root, f"no YAML: the character U+{ord(str(error.character)[:1] or '?'):04X} is not allowed", line=line
        )
    except _TooDeepError as error:
        problems.error(root, "it is nested too deeply, or refers to itself", line=error.line)
    return []


def parse_within(outer: Spot, problems: Problems) -> Spot | None:
    """The YAML (or JSON) that a text of a file holds; its lines are those of the file. None where it is none."""
    text = outer.value if isinstance(outer.value, str) else ""
    # Lines of a folded or quoted text are not those of the file any more: all of it is where it begins.
    offset = outer.line if outer.block else outer.line - 1
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        if node is None:
            return None
        return _spot(node, outer.file, outer.path, offset, _Depth(), flat=not outer.block)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = offset + (mark.line if mark and outer.block else 0) + 1
        problems.error(outer, f"no YAML or JSON: {error.problem or error.context}", line=line)
    except (yaml.reader.ReaderError, _TooDeepError):
        problems.error(outer, "no YAML or JSON that can be read")
    return None


def _code(character: int | str) -> int:
    return character if isinstance(character, int) else ord(character[:1] or "?")


class _TooDeepError(Exception):
    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


class _Depth:
    """Guards against files that name themselves or unfold without end."""

    def __init__(self) -> None:
        self.nodes = 0


def _spot(
    node: yaml.Node, file: str, path: str, offset: int, depth: _Depth, *, level: int = 0, flat: bool = False
) -> Spot:
    depth.nodes += 1
    line = offset + (0 if flat else node.start_mark.line) + 1
    if level > 40 or depth.nodes > 500_000:
        raise _TooDeepError(line)
    if isinstance(node, yaml.MappingNode):
        entries = {}
        for key, value in _pairs(node):
            inner = _extended(path, key, value)
            entries[key] = _spot(value, file, inner, offset, depth, level=level + 1, flat=flat)
        return Spot(entries, file, line, path)
    if isinstance(node, yaml.SequenceNode):
        made = [
            _spot(item, file, f"{path}[{_name(item) or at}]", offset, depth, level=level + 1, flat=flat)
            for at, item in enumerate(node.value)
        ]
        return Spot(made, file, line, path)
    empty = node.tag == "tag:yaml.org,2002:null"
    return Spot(None if empty else str(node.value), file, line, path, block=getattr(node, "style", "") == "|")


def _pairs(node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
    for key, value in node.value:
        yield (str(key.value) if isinstance(key, yaml.ScalarNode) else "?"), value


def _extended(path: str, key: str, value: yaml.Node) -> str:
    if not path or path.startswith("semantic_model"):
        # The outermost level says nothing that helps: paths begin with datasets, relationships, metrics.
        return key
    return f"{path}.{key}"


def _name(node: yaml.Node) -> str:
    """The name of a list's item, by which people find it faster than by its number."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == "name" and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    return ""
