"""What is wrong with a definition, and where.

Exception
└── InvalidWorkflowError     a definition has one or more problems
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. file, line, column: where its text begins, lines and columns counted from 1; 0: not known.
    path: the place within the definition, `steps.fetch.request.plan`. message: what is wrong, one clause."""

    file: str
    line: int
    column: int
    path: str
    message: str

    @property
    def place(self) -> str:
        """`query.yaml:12:7: steps.fetch.call`."""
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.path}" if self.path else where

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class InvalidWorkflowError(Exception):
    """A definition does not fit. problems: all that were found, in the order of the text; never empty."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda each: (each.line, each.column))
        super().__init__("\n".join(str(each) for each in self.problems))
