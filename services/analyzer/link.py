"""Stage 5: linking, what the words name: datasets, fields, metrics, filters, entities and values.

Terms are linked by `link_terms`, values by `link_values`; `link_choice` keeps the best of both.
"""

from dataclasses import dataclass

from services.analyzer.vocabulary import Target

NAMED, CLOSE = 0.45, 3
"""Score from which a field counts as named; words that may stand between a field and its value."""


@dataclass(frozen=True, slots=True)
class Link:
    """Tokens [first, last) may mean the target.

    score: 0 to 1. kind: "name", "synonym", "lexicon", "value", "fuzzy", "similarity" or "pattern". via: the term or value
    that matched. coverage: share of the term's words that the question holds.
    """

    first: int
    last: int
    target: Target
    score: float
    kind: str
    via: str
    coverage: float = 1.0

    @property
    def length(self) -> int:
        """Number of tokens."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class FoundValue:
    """A stored value that the mapper found for a text."""

    dataset: str
    field: str
    value: str
    score: float
    method: str
