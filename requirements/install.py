"""Makes a virtual environment hold a lock's packages, and Maestro itself in editable form.

    python3 requirements/install.py .venv run

Uses uv where it is installed, else venv and pip. Both take the versions and hashes of `requirements/<lock>.txt` and
nothing else. Safe to repeat, to run twice at once, and to kill: what an interrupted run left is thrown away.

Needs Python's own library only. Compiles nothing: Python compiles what it imports, a third of all that is there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent


class InstallError(Exception):
    """It could not be installed; the message says why and what to do."""


def main() -> int:
    """Exit code 0: installed; 1: not, and standard error says why."""
    try:
        if sys.version_info < (3, 11):  # noqa: UP036  # this file runs on whatever Python there is
            raise InstallError("Maestro needs Python 3.11 or newer: make PYTHON=/path/to/python3")
        venv, lock = Path(sys.argv[1]).absolute(), _ROOT / "requirements" / f"{sys.argv[2]}.txt"
        with _alone():
            _install(venv, lock)
    except (InstallError, OSError) as error:
        sys.stderr.write(f"maestro: {error}\n")
        return 1
    return 0


def _install(venv: Path, lock: Path) -> None:
    unfinished = venv / ".unfinished"
    if unfinished.exists() or (venv.exists() and not _works(venv / "bin/python")):
        shutil.rmtree(venv)
    packages = entries(lock.read_text())
    sys.stderr.write(f"installing {len(packages)} packages into {venv}\n")
    uv = shutil.which("uv")
    if uv:
        if not venv.exists():
            _run([uv, "venv", "--quiet", "--python", sys.executable, str(venv)])
        install = [uv, "pip", "install", "--quiet", "--python", str(venv / "bin/python")]
        unfinished.touch()
        _run([*install, "--require-hashes", "-r", str(lock)])
    else:
        install = [*_pip(venv), "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        unfinished.touch()
        _side_by_side(install, packages)
    _run([*install, "--no-deps", "--no-build-isolation", "-e", str(_ROOT)])
    unfinished.unlink()


def _pip(venv: Path) -> list[str]:
    """Makes the environment, and gives the command of a pip that installs into it.

    The interpreter's own serves where it can (`--python`, since pip 22.3): to copy one in takes seconds.
    """
    python = str(venv / "bin/python")
    if not venv.exists():
        _run([sys.executable, "-m", "venv", "--without-pip", str(venv)])
    inner = [python, "-m", "pip"]
    for pip in (inner, [sys.executable, "-m", "pip", "--python", python]):
        if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode == 0:  # noqa: S603
            return pip
    if subprocess.run([python, "-m", "ensurepip"], capture_output=True, check=False).returncode:  # noqa: S603
        raise InstallError("this Python has neither pip nor ensurepip: install pip, or uv, or python3-venv on Debian")
    return inner


def _side_by_side(install: list[str], packages: list[str]) -> None:
    """Two processes, each with half of the packages: pip downloads and unpacks on one core only.

    The lock names every package, so none needs to ask what others depend on.
    """
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for number in range(2):
            half = Path(folder, f"{number}.txt")
            half.write_text("".join(packages[number::2]))
            command = [*install, "--no-deps", "--require-hashes", "-r", str(half)]
            running.append(subprocess.Popen(command))  # noqa: S603  # our own command
        codes = [process.wait() for process in running]
        if any(codes):
            raise InstallError("installing failed, as pip says above; `make` again goes on")


def entries(lock: str) -> list[str]:
    """The requirements that a lock file holds, each with its hashes, as they are written there."""
    found: list[str] = []
    for line in lock.splitlines(keepends=True):
        if line[:1].isspace() and found:
            found[-1] += line
        elif line.strip() and not line.startswith("#"):
            found.append(line)
    return found


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Held by one run at a time; others wait. It ends with the process, whatever ends that."""
    checkout = os.open(_ROOT, os.O_RDONLY)
    try:
        fcntl.flock(checkout, fcntl.LOCK_EX)
        yield
    finally:
        os.close(checkout)


def _works(python: Path) -> bool:
    """Whether an interpreter runs: the one that it links to may have been removed since."""
    try:
        return subprocess.run([str(python), "-c", ""], capture_output=True, check=False).returncode == 0  # noqa: S603
    except OSError:
        return False


def _run(command: list[str]) -> None:
    if subprocess.run(command, check=False).returncode:  # noqa: S603  # our own command
        raise InstallError(f"`{' '.join(command[:6])} …` failed, as it says above")


if __name__ == "__main__":
    sys.exit(main())
