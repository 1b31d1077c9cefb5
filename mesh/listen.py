"""Where a node listens, and why it cannot."""

import errno
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from mesh.fault import Fault

# What sun_path holds on Linux, less the final zero.
_LONGEST_PATH = 107


def bind(server: Any, module: str, address: str) -> None:
    """Makes a grpc.aio server listen on an address.

    Raises Fault PORT_IN_USE where another process does, and SETTINGS_INVALID where the address cannot be
    listened on.
    """
    if address.startswith("unix:"):
        _make_room(module, address)
    try:
        server.add_insecure_port(address)
    except RuntimeError:
        raise _why_not(module, address) from None


def _make_room(module: str, address: str) -> None:
    """gRPC takes a socket's path over from whoever listens there: only one that nobody listens on may be
    replaced."""
    path = address.removeprefix("unix:").removeprefix("//")
    if len(path.encode()) > _LONGEST_PATH:
        raise _bad(address, f"the path of a socket may have {_LONGEST_PATH} bytes, this one has {len(path)}")
    if not Path(path).parent.is_dir():
        raise _bad(address, f"there is no folder {Path(path).parent}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except OSError:
            with suppress(FileNotFoundError):
                Path(path).unlink()
        else:
            raise _taken(module, address)


def _why_not(module: str, address: str) -> Fault:
    """gRPC says only that it failed; trying the same with a plain socket says why."""
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(
            host.strip("[]") or None, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, kind, protocol, _, name in found:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(name)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _taken(module, address)
        return _bad(address, (error.strerror or str(error)).lower())
    except (ValueError, OverflowError):
        return _bad(address, "it is not host:port or unix:/path")
    # Free again by now, or taken by somebody who shares it.
    return _taken(module, address)


def _taken(module: str, address: str) -> Fault:
    return Fault(
        "PORT_IN_USE",
        f"{module} cannot listen at {address}: the port is in use. Stop the process that uses it, or set "
        "MAESTRO_LISTEN.",
        metadata={"address": address},
    )


def _bad(address: str, why: str) -> Fault:
    return Fault(
        "SETTINGS_INVALID",
        f"MAESTRO_LISTEN: cannot listen at {address}: {why}.",
        metadata={"setting": "MAESTRO_LISTEN"},
    )
