"""Loads the folder of definitions."""

from pathlib import Path

from mesh.fault import Fault
from services.orchestrator.compiler import compile_text
from services.orchestrator.contracts import Contracts
from services.orchestrator.definition import Definition
from services.orchestrator.problems import InvalidWorkflowError, Problem


def load(folder: Path, contracts: Contracts) -> dict[str, Definition]:
    """The workflows of a folder by name. Raises Fault WORKFLOW_INVALID with every problem of every file, and
    SETTINGS_INVALID where there is no such folder."""
    if not folder.is_dir():
        raise Fault(
            "SETTINGS_INVALID",
            f"MAESTRO_WORKFLOWS: there is no folder {str(folder)!r}.",
            metadata={"setting": "MAESTRO_WORKFLOWS"},
        )
    found: dict[str, Definition] = {}
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            definition = compile_text(read(file), file.name, contracts)
        except InvalidWorkflowError as error:
            problems += error.problems
        else:
            found[definition.name] = definition
    if problems:
        raise Fault(
            "WORKFLOW_INVALID",
            "; ".join(str(each) for each in problems) + ".",
            violations=[(each.place, each.message) for each in problems],
        )
    return found


def read(file: Path) -> str:
    """The text of a file. Raises InvalidWorkflowError where it is none."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidWorkflowError([Problem(file.name, 0, 0, "", f"it cannot be read: {error}")]) from None
