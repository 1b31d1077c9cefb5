"""The command line: documented whole, and plain about what goes wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from maestro_client.cli import app

DOCS = (Path(__file__).resolve().parents[2] / "docs/reference/cli.md").read_text()
GROUP = typer.main.get_command(app)


def maestro(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from maestro_client.cli import main; main()", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", sorted(GROUP.commands))  # type: ignore[attr-defined]
def test_every_command_and_option_is_documented(name: str) -> None:
    (line,) = [line for line in DOCS.splitlines() if line.startswith(f"| `maestro {name}")]
    command = GROUP.commands[name]  # type: ignore[attr-defined]
    assert command.help
    for parameter in command.params:
        option = next((each for each in parameter.opts if each.startswith("--")), None)
        if option and option != "--help":
            assert re.search(rf"`?{option}\b", line), f"{name} {option} is not in docs/reference/cli.md"


def test_a_mesh_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    done = maestro("ask", "quantas entregas?", MAESTRO_HOME=str(tmp_path), MAESTRO_ORCHESTRATOR_TARGET="127.0.0.1:1")
    assert done.returncode == 1
    assert "MODULE_UNAVAILABLE" in done.stderr
    assert "maestro up" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_moment_that_is_none_is_said_before_anything_is_asked() -> None:
    done = maestro("ask", "x", "--as-of", "yesterday", MAESTRO_ORCHESTRATOR_TARGET="127.0.0.1:1")
    assert done.returncode == 1
    assert "2025-11-21" in done.stderr


def test_down_without_a_mesh_is_harmless(tmp_path: Path) -> None:
    done = maestro("down", MAESTRO_HOME=str(tmp_path))
    assert (done.returncode, "nothing is up" in done.stderr) == (0, True)


def test_a_file_that_cannot_be_read_is_said() -> None:
    done = maestro("workflows", "--check", "/nonexistent.yaml", MAESTRO_ORCHESTRATOR_TARGET="127.0.0.1:1")
    assert done.returncode == 1
    assert "/nonexistent.yaml" in done.stderr


@pytest.mark.parametrize(("path", "problem"), [("r.pdf", ".parquet"), ("nowhere/r.csv", "no folder")])
def test_a_file_that_cannot_be_written_is_said_before_anything_is_asked(
    path: str, problem: str, tmp_path: Path
) -> None:
    done = maestro("ask", "x", "--output", str(tmp_path / path), MAESTRO_ORCHESTRATOR_TARGET="127.0.0.1:1")
    assert (done.returncode, problem in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr
