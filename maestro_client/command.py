"""What the command `maestro` runs."""

from __future__ import annotations

from deploy.local.bytecode import settle
from deploy.local.home import default_folder


def main() -> None:
    """Entry point. Nothing more is imported before it is known where compiled code goes."""
    settle(default_folder().absolute() / "pycache")
    from maestro_client.cli import main as run  # noqa: PLC0415  # as said

    run()
