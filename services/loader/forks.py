"""Rewrites of which nobody can say beforehand whether they pay: the planner's cost decides, once for each shape."""

CHEAPER = 0.99
"""What leaving a fork must cost, against taking it, to be left: width alone moves an estimate by less."""


class Forks:
    """Which forks to take. off: those that turned out dearer. met: those that were there to take, in order, each with
    the share of its cost at which it is not taken."""

    def __init__(self, off: frozenset[str] = frozenset()) -> None:
        self.off = off
        self.met: dict[str, float] = {}

    def take(self, name: str, unless: float = CHEAPER) -> bool:
        """Whether to take the fork of that name. unless: it is left where that costs less than this share."""
        self.met.setdefault(name, unless)
        return name not in self.off
