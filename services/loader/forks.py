"""Rewrites of which nobody can say beforehand whether they pay: the planner's cost decides, once for each shape."""


class Forks:
    """Which forks to take. off: those that turned out dearer. met: those that were there to take, in order."""

    def __init__(self, off: frozenset[str] = frozenset()) -> None:
        self.off = off
        self.met: dict[str, None] = {}

    def take(self, name: str) -> bool:
        """Whether to take the fork of that name."""
        self.met.setdefault(name)
        return name not in self.off
