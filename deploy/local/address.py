"""Which TCP address the orchestrator of a local mesh listens on, beside its socket."""

from __future__ import annotations

import errno
import socket

from mesh.fault import Fault
from mesh.modules import MODULES


def choose(told: str | None) -> tuple[str, str]:
    """(address, note for the user). `told`: the address to take; "" for none; None for the usual one, in whose place
    comes a free one where another program, or another checkout's mesh, listens there.

    Raises Fault PORT_IN_USE where the told address is taken.
    """
    if told == "" or (told is not None and told.startswith("unix:")):
        return told, ""
    usual = MODULES["orchestrator"].address
    address = told or usual
    if not _taken(address):
        return address, ""
    if told is not None:
        raise Fault("PORT_IN_USE", f"{address} is in use: stop what listens there, or name another address.")
    free = _free()
    return free, f"{usual} is in use by another program: this mesh's gRPC address is {free}"


def _taken(address: str) -> bool:
    """Whether somebody listens there. An address that makes no sense is left for the orchestrator to complain of."""
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host.strip("[]"), int(port)))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
        except (ValueError, OverflowError):
            return False
    return False


def _free() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{trial.getsockname()[1]}"
