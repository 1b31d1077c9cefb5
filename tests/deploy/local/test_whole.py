"""A whole mesh on this machine, as `maestro up` and `maestro run` start it: what is killed comes back or is cleared away."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.home import Home, Record
from deploy.local.offspring import orphans
from mesh.modules import MODULES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

QUESTION = "Quantas entregas estão atrasadas?"


class Local:
    """One mesh's folder, and the command line that works on it."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MAESTRO_")},
            "MAESTRO_HOME": str(folder),
            "COLUMNS": "200",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", "from maestro_client.command import main; main()", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def maestro(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=240)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def up(self, *arguments: str) -> Record:
        done = self.maestro("up", "--rows", "300", *arguments)
        assert done.returncode == 0, done.stderr
        return self.record

    @property
    def record(self) -> Record:
        record = self.home.read()
        assert record is not None
        return record

    def answers(self) -> bool:
        done = self.maestro("ask", "--json", QUESTION)
        return done.returncode == 0 and json.loads(done.stdout)["status"] == "ANSWER_STATUS_ANSWERED"

    @property
    def postgres(self) -> int:
        """Process id of the server, 0 where there is none."""
        try:
            return int((self.home.postgres / "cluster/postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return 0


def eventually(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    # Deeper than a socket's path may be long.
    local = Local(tmp_path_factory.mktemp("whole").joinpath(*["a-folder-with-a-long-name"] * 5, "state"))
    yield local
    local.maestro("down")


def test_it_is_up_once_however_often_it_is_told(local: Local) -> None:
    first, second = (local.start("up", "--rows", "300") for _ in range(2))
    for process in (first, second):
        _, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
    record = local.record
    assert record.processes.keys() == MODULES.keys()
    assert "already up" in local.maestro("up").stderr
    assert local.record.pid == record.pid
    status = local.maestro("status")
    assert status.returncode == 0, status.stdout
    assert local.answers()


def test_run_uses_what_is_up_and_leaves_it(local: Local) -> None:
    record = local.up()
    done = local.maestro("run", QUESTION)
    assert done.returncode == 0, done.stderr
    assert local.record == record


def test_a_killed_module_is_begun_again(local: Local) -> None:
    old = local.up().processes["loader"]
    os.kill(old, signal.SIGKILL)
    assert eventually(lambda: local.record.processes.get("loader", old) != old)
    assert eventually(local.answers)


def test_a_killed_postgres_is_begun_again(local: Local) -> None:
    local.up()
    old = local.postgres
    os.kill(old, signal.SIGKILL)
    assert eventually(lambda: not runs(old) and local.postgres not in (0, old))
    assert eventually(local.answers)


def test_what_a_killed_start_leaves_blocks_nothing(local: Local) -> None:
    record = local.up()
    os.kill(record.pid, signal.SIGKILL)
    again = local.up()
    assert again.pid != record.pid
    assert set(orphans(local.home.folder)) == set(again.processes.values())
    assert local.answers()


def test_another_mesh_takes_another_port(local: Local, tmp_path: Path) -> None:
    """Where the first is at the usual one, or any other program is."""
    local.up()
    other = Local(tmp_path)
    try:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            refused = other.maestro("up", "--listen", address)
        assert refused.returncode == 1
        assert "PORT_IN_USE" in refused.stderr
        assert address in refused.stderr
        assert other.up().address != local.record.address
        assert other.answers()
        assert local.answers()
    finally:
        other.maestro("down")


def test_down_leaves_nothing(local: Local) -> None:
    record, server = local.up(), local.postgres
    assert local.maestro("down").returncode == 0
    assert not any(runs(pid) for pid in (record.pid, server, *record.processes.values()))
    assert orphans(local.home.folder) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_run_ends_all_that_it_started(local: Local, number: signal.Signals) -> None:
    process = local.start("run", QUESTION, "--rows", "300")
    try:
        assert process.stderr is not None
        assert any("Ctrl-C" in line for line in process.stderr), "it serves"
        record, server = local.record, local.postgres
        process.send_signal(number)
        process.wait(60)
        assert eventually(lambda: not any(runs(pid) for pid in (record.pid, server, *record.processes.values())))
        assert local.home.read() is None
    finally:
        process.kill()
        process.communicate()
