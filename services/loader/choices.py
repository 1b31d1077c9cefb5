"""What was chosen while a statement was built, and what has to be said about it."""

Choice = tuple[str, str, str, str]
"""(table, index, choice, reason)."""


class Choices:
    """Choices and warnings, each once, in the order in which they were made."""

    def __init__(self) -> None:
        self._made: dict[Choice, None] = {}
        self._warnings: dict[tuple[str, str], None] = {}

    def add(self, table: str, index: str, choice: str, reason: str) -> None:
        """One choice. index: "" where none serves."""
        self._made.setdefault((table, index, choice, reason))

    def warn(self, code: str, message: str) -> None:
        """Something that whoever reads the result has to know."""
        self._warnings.setdefault((code, message))

    @property
    def made(self) -> list[Choice]:
        """The choices."""
        return list(self._made)

    @property
    def warnings(self) -> list[tuple[str, str]]:
        """The warnings."""
        return list(self._warnings)
