"""The command line. Each command is in a file of its own; `main` puts them together."""

from __future__ import annotations

import typer

from maestro_client.cli import advise, ask, bench, check, knowledge, local, traces, workflows
from maestro_client.cli.failure import reported

app = typer.Typer(
    name="maestro",
    help="Ask a company's own database in Portuguese or English, and look after the mesh that answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for module in (local, ask, check, workflows, traces, advise, knowledge, bench):
    module.register(app)


def main() -> None:
    """Entry point of `maestro`: every failure is one clear sentence and what to do."""
    with reported():
        app()
