"""How to run PostgreSQL's binaries, which refuse to run as root, when we are root.

In order: a user namespace in which root is called user 1000 (`unshare`; nothing on disk changes hands,
files stay root's), else another user id (`setpriv`; our own data folder is handed to it). Nothing creates a
user, and no folder but our own changes mode or owner.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

NOBODY = 65534


class CannotDropRootError(Exception):
    """We are root and no way to run as anyone else works here; the message says what to do."""


def command_prefix(program: Path, *folders: Path) -> list[str]:
    """What to put before the command line of `program`, which must own `folders`; empty if not root."""
    if os.geteuid() != 0:
        return []
    if user_namespaces():
        return [*_unshare(), "--"]
    return _other_user(program, folders)


@functools.cache
def user_namespaces() -> bool:
    """Whether `unshare` may make us a user namespace (containers and hardened kernels often forbid it)."""
    if shutil.which("unshare") is None:
        return False
    trial = subprocess.run([*_unshare(), "true"], capture_output=True, check=False)  # noqa: S603
    return trial.returncode == 0


def _unshare() -> list[str]:
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


def _other_user(program: Path, folders: tuple[Path, ...]) -> list[str]:
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]
    if shutil.which("setpriv") is None:
        raise CannotDropRootError(_advice("neither unshare nor setpriv is installed or permitted"))
    for folder in folders:
        _hand_over(folder)
    for flag, path in (("-x", program), *(("-w", folder) for folder in folders)):
        reach = subprocess.run([*prefix, "test", flag, str(path)], capture_output=True, check=False)  # noqa: S603
        if reach.returncode != 0:
            raise CannotDropRootError(_advice(f"no other user can reach {path}"))
    return prefix


def _hand_over(folder: Path) -> None:
    for inside, _, files in os.walk(folder):
        os.chown(inside, NOBODY, NOBODY)
        for file in files:
            os.chown(Path(inside, file), NOBODY, NOBODY, follow_symlinks=False)


def _advice(why: str) -> str:
    return (
        f"PostgreSQL does not run as root, and {why}. Start Maestro as an ordinary user, or set "
        "MAESTRO_STATE and MAESTRO_SOURCE_<NAME> to databases of your own."
    )
