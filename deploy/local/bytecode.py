"""Where compiled code goes where Python may not write it beside the source.

Without any, a start compiles all that it imports and takes three times as long. PYTHONDONTWRITEBYTECODE keeps
folders of code clean, and a system's packages belong to root: both leave the mesh's own folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def environment(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for a process that keeps compiled code in `folder` where it could not keep it at all."""
    told = dict(environ)
    if "PYTHONPYCACHEPREFIX" not in told and (sys.dont_write_bytecode or not os.access(Path(__file__).parent, os.W_OK)):
        told.pop("PYTHONDONTWRITEBYTECODE", None)
        told["PYTHONPYCACHEPREFIX"] = str(folder)
    return told


def settle(folder: Path) -> None:
    """The same for this process, from now on, and for all that it starts."""
    told = environment(folder, os.environ)
    if told != dict(os.environ):
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ.update(told)
        sys.pycache_prefix, sys.dont_write_bytecode = str(folder), False
