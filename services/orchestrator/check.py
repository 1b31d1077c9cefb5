"""`python -m services.orchestrator.check [FILE…]`: type-checks definitions, all of workflows/ by default.

Prints `file:line:column: path: what is wrong` for each problem and ends with 1 where there is one.
"""

import sys
from pathlib import Path

from services.orchestrator.compiler import compile_text
from services.orchestrator.contracts import Contracts
from services.orchestrator.library import read
from services.orchestrator.problems import InvalidWorkflowError
from services.orchestrator.settings import OrchestratorSettings


def main(arguments: list[str]) -> int:
    """Checks the files; returns the exit code."""
    files = [Path(each) for each in arguments]
    files = files or sorted(Path(OrchestratorSettings().workflows).glob("*.yaml"))
    contracts = Contracts()
    wrong = 0
    for file in files:
        try:
            compile_text(read(file), file.name, contracts)
        except InvalidWorkflowError as error:
            wrong += len(error.problems)
            sys.stdout.write(f"{error}\n")
    sys.stdout.write(f"{len(files)} definitions, {wrong or 'no'} problems\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
