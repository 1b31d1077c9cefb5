"""`maestro bench`: measured through a real mesh, with a language model and without; plain about what goes wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from maestro_client.cli import app
from maestro_client.cli.failure import CliError
from tests.bench.library import library

COMMAND = [sys.executable, "-c", "from maestro_client.cli import main; main()", "bench"]
RIGHT = {
    "from": ["author"],
    "select": ["author.name"],
    "where": [
        {"left": "author.id", "op": "not in", "right": {"plan": {"from": ["book"], "select": ["book.author_id"]}}}
    ],
}


def environment(home: Path, **more: str) -> dict[str, str]:
    left = {key: value for key, value in os.environ.items() if not key.startswith("MAESTRO_")}
    # None of these must reach the mesh that is measured.
    others = {"MAESTRO_SOURCE_OTHER": "postgresql://nowhere.invalid/x", "MAESTRO_ANALYZER_TARGET": "127.0.0.1:1"}
    return {**left, **others, "MAESTRO_HOME": str(home), **more}


def bench(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=environment(home, **more), capture_output=True, text=True, timeout=300, check=False
    )


class Model(BaseHTTPRequestHandler):
    """A language model that knows the answer to one question."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = body["messages"][-1]["content"]
        content = json.dumps(RIGHT) if "wrote nothing" in asked else "{}"
        said = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def model() -> Iterator[str]:
    """URL of a language model."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


@pytest.mark.slow
def test_questions_are_asked_through_a_mesh_of_their_own(tmp_path: Path, model: str) -> None:
    path, home = library(tmp_path), tmp_path / "home"
    done = bench(home, "accuracy", str(path), "--llm", MAESTRO_LLM_URL=model, MAESTRO_LLM_MODEL="knowing")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout.splitlines()[-1])
    assert (made["questions"], made["gold_fails"], made["databases"]) == (5, 1, 1)
    assert made["by_hardness"]["easy"] == {"n": 2, "accuracy": 1.0}
    assert made["unanswerable"]["n"] == 1
    assert made["model"]["proposed"] == 0.2
    assert made["model"]["right_of_proposed"] == 1.0
    assert made["oracle"]["64"] > made["execution_accuracy"] - 0.01
    assert "select" in made["failures_by_clause"]
    assert made["llm"] == "knowing"
    assert "unicorn" in done.stderr
    assert not list((home / "bench").glob("mesh-*"))

    shown = bench(home, "show", "q7")
    assert shown.returncode == 0, shown.stderr
    for told in (
        "What are the names",
        "gold SQL",
        "author.name, author.country",
        "readings:",
        "select",
        "Balzac",
        "Portugal",
    ):
        assert told in shown.stdout
    listed = bench(home, "show")
    assert listed.returncode == 0
    assert "q7" in listed.stdout


@pytest.mark.slow
def test_ctrl_c_stops_the_mesh_and_keeps_what_was_asked(tmp_path: Path) -> None:
    path, home = library(tmp_path), tmp_path / "home"
    lines = path.read_text("utf-8").splitlines()[:1]
    path.write_text("\n".join(lines * 3000))
    process = subprocess.Popen(
        [*COMMAND, "accuracy", str(path)], env=environment(home), stderr=subprocess.PIPE, text=True
    )
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end and process.poll() is None:
            runs = list((home / "bench" / "accuracy").glob("*.jsonl"))
            if runs and runs[0].stat().st_size:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert "stopped after" in said
    assert "Traceback" not in said
    assert not list((home / "bench").glob("mesh-*"))
    assert "are there?" in bench(home, "show", "q1").stdout


def test_mistakes_are_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = library(tmp_path)
    (tmp_path / "bad.jsonl").write_text("{")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("MAESTRO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MAESTRO_LLM_URL", raising=False)
    cases = [
        (["accuracy", str(tmp_path / "none.jsonl")], "cannot read"),
        (["accuracy", str(tmp_path / "bad.jsonl")], "line 1"),
        (["accuracy", str(tmp_path / "empty")], "holds no questions"),
        (["accuracy", str(path), "--lang", "fr"], "--lang"),
        (["accuracy", str(path), "--databases", str(tmp_path / "empty")], "--databases"),
        (["accuracy", str(path), "--databases", str(tmp_path / "none")], "no folder"),
        (["accuracy", str(path), "--llm"], "MAESTRO_LLM_URL"),
        (["show"], "no run yet"),
        (["show", "q1"], "no run holds"),
        (["show", "--run", "20200101-000000"], "no run 20200101"),
    ]
    for arguments, said in cases:
        error = CliRunner().invoke(app, ["bench", *arguments]).exception
        assert isinstance(error, CliError), arguments
        assert said in f"{error} {error.advice}", arguments


def test_wrong_usage_is_said_and_every_command_helps(tmp_path: Path) -> None:
    done = bench(tmp_path, "accuracy", "--sample", "-1", "x.jsonl")
    assert done.returncode == 2
    assert "--sample" in done.stderr
    for command in ("accuracy", "show"):
        result = CliRunner().invoke(app, ["bench", command, "--help"])
        assert result.exit_code == 0
        assert "Usage" in result.output
