"""How the command line says that something went wrong: one sentence, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from mesh.fault import Fault

# What to do, by reason; the sentence itself comes from where it happened.
_ADVICE = {
    "MODULE_UNAVAILABLE": "See what runs with `maestro status`; start the mesh with `maestro up`.",
    "SOURCE_UNKNOWN": "`maestro status` lists the sources; name one with --source.",
    "SOURCE_UNAVAILABLE": "Check the database and its address (MAESTRO_SOURCE_<NAME>); see `maestro status`.",
    "STATE_UNAVAILABLE": "Check the state database (MAESTRO_STATE); `maestro status` shows how the modules are.",
    "DEADLINE_EXCEEDED": "Look where the time went with `maestro trace`, or allow more with --timeout.",
    "ADMISSION_REJECTED": "Too much is asked at once: try again in a moment.",
    "QUESTION_EMPTY": 'Ask something: maestro ask "quantas entregas estão atrasadas?"',
    "QUESTION_TOO_LONG": "Ask in at most 10,000 characters.",
    "QUESTION_NOT_TEXT": "Remove the control characters from the question.",
    "WORKFLOW_UNKNOWN": "`maestro workflows` lists the ones that exist.",
    "WORKFLOW_INVALID": "`maestro workflows --check FILE` says what is wrong in a definition.",
    "TRACE_UNKNOWN": "Spans arrive within two seconds of the answer; `maestro trace` without an id lists the newest.",
    "COST_CEILING": "Narrow the question (a period, a client), or raise MAESTRO_MAX_COST.",
    "STATEMENT_TIMEOUT": "Narrow the question (a period, a client), or raise MAESTRO_STATEMENT_TIMEOUT.",
    "PORT_IN_USE": "Stop what uses the port, or choose another with --listen.",
}


class CliError(Exception):
    """A command cannot go on. The message is one sentence; advice says what to do."""

    def __init__(self, message: str, advice: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.advice = advice
        self.code = code


@contextmanager
def reported() -> Iterator[None]:
    """Turns failures into a sentence on standard error and an exit code: 1 for a failure, 130 for Ctrl-C."""
    try:
        yield
    except Fault as fault:
        _say(fault.message, _ADVICE.get(fault.reason, ""), fault.reason)
        sys.exit(1)
    except CliError as error:
        _say(str(error), error.advice)
        sys.exit(error.code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _say(message: str, advice: str, reason: str = "") -> None:
    console = Console(stderr=True, highlight=False)
    tag = f" [{reason}]" if reason else ""
    console.print(f"maestro: {message}{tag}", style="red", markup=False, soft_wrap=True)
    if advice:
        console.print(advice, markup=False, soft_wrap=True)
