"""The parts of a local mesh's launcher that need no mesh: addresses, folders, compiled code."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.address import choose
from deploy.local.home import Home, Record
from mesh.fault import Fault
from mesh.modules import MODULES

ROOT = Path(__file__).resolve().parents[3]


def python(code: str, **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAESTRO_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_told_address_that_is_taken_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Fault) as fault:
            choose(f"127.0.0.1:{taken.getsockname()[1]}")
    assert fault.value.reason == "PORT_IN_USE"


@pytest.mark.parametrize("told", ["", "unix:/tmp/x.sock", "nonsense"])
def test_an_address_that_cannot_be_tried_is_left_as_it_is(told: str) -> None:
    assert choose(told) == (told, "")


def test_the_usual_address_gives_way_to_a_free_one() -> None:
    host, _, port = MODULES["orchestrator"].address.rpartition(":")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((host, int(port)))
            taken.listen()
        except OSError:
            pass  # taken already, which serves as well
        address, note = choose(None)
    assert address != MODULES["orchestrator"].address
    assert MODULES["orchestrator"].address in note
    assert address in note


def test_sockets_fit_however_deep_the_folder_and_the_temporary_folder_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    deep.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    home = Home(deep)
    for module in MODULES:
        assert len(home.target(module).removeprefix("unix:")) < 104
    assert Home(deep).run == home.run
    assert Home(deep / "other").run != home.run


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PermissionError, match="MAESTRO_HOME"):
        Home(tmp_path / "file" / "state").prepare()


def test_what_a_mesh_that_has_ended_told_of_itself_is_not_believed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.read() is None
    home.write(Record(pid=os.getpid(), targets=home.targets(), address=""))  # this process is no launcher
    assert home.read() is None
    (tmp_path / "mesh.json").write_text("{half")
    assert home.read() is None
    home.clear()
    home.clear()


def test_compiled_code_goes_to_the_folder_where_python_may_not_write_beside_the_source(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from deploy.local.bytecode import settle
settle(Path({str(tmp_path)!r}))
import subprocess, sys
subprocess.run([sys.executable, "-c", "import deploy.local.lock"], check=True)
"""
    python(code, PYTHONDONTWRITEBYTECODE="1")
    assert [path.name for path in tmp_path.rglob("lock.*.pyc")]


def test_compiled_code_stays_beside_the_source_where_it_may(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from deploy.local.bytecode import settle
settle(Path({str(tmp_path)!r}))
import sys
print(sys.pycache_prefix, sys.dont_write_bytecode)
"""
    assert python(code) == "None False"
