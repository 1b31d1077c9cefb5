"""What the features of all readings of one question share."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from services.analyzer.cues import GLUE
from services.analyzer.features import Evidence
from services.analyzer.reading import Reading, Ref
from services.analyzer.vocabulary import SMALL_WORDS, Vocabulary

FUNCTIONS = ("avg", "sum", "max", "min", "count")
_CUE_OF = {
    "avg": ("AVG",),
    "sum": ("SUM", "HOW_MUCH"),
    "max": ("MAX", "DEGREE_MAX"),
    "min": ("MIN", "DEGREE_MIN"),
    "count": ("COUNT",),
}


@dataclass(frozen=True, slots=True)
class Cues:
    """Which operators a question has. functions: by aggregate function."""

    functions: tuple[tuple[str, bool], ...]
    each: bool
    order: bool
    negative: bool
    either: bool
    distinct: bool
    degree: bool
    both: bool
    joined: bool
    compared: bool
    many: bool


class Ids(NamedTuple):
    """What the parts of a reading are told apart by while its drafts live: the identities of the items and conditions that
    each is made of."""

    select: tuple[int, ...]
    where: tuple[int, ...]
    having: tuple[int, ...]
    group: tuple[int, ...]
    order: tuple[int, ...]

    @classmethod
    def of(cls, reading: Reading) -> "Ids":
        """Of a reading's own block."""
        return cls(
            tuple(map(id, reading.select)), tuple(map(id, reading.where)), tuple(map(id, reading.having)),
            tuple(map(id, reading.group)), tuple([id(order.item) for order in reading.order]),
        )  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """What the features of all drafts of one question share."""

    evidence: Evidence

    @property
    def vocabulary(self) -> Vocabulary:
        """The model that the question is read against."""
        return self.evidence.vocabulary

    @cached_property
    def content(self) -> frozenset[int]:
        """Tokens that have to be explained: words and numbers that are neither glue nor small nor any cue."""
        parsed = self.evidence.frame.parsed
        cue = {at for each in parsed.cues for at in range(each.first, each.last)}
        linked = self.linked
        return frozenset(
            at
            for at, key in enumerate(parsed.keys)
            if key not in SMALL_WORDS and any(char.isalnum() for char in key) and (at not in cue or at in linked)
        )

    @cached_property
    def linked(self) -> frozenset[int]:
        """Tokens of units that surely name something."""
        found: set[int] = set()
        for unit in self.evidence.frame.units:
            if unit.links and unit.links[0].score >= 0.6 and not self._glue(unit.first, unit.last):
                found.update(range(unit.first, unit.last))
        return frozenset(found)

    def _glue(self, first: int, last: int) -> bool:
        return any(
            cue.op in GLUE and cue.first <= first and last <= cue.last for cue in self.evidence.frame.parsed.cues
        )

    @cached_property
    def numbers(self) -> list[frozenset[int]]:
        """The tokens of each number."""
        return [frozenset(range(number.first, number.last)) for number in self.evidence.frame.parsed.numbers]

    @cached_property
    def amounts(self) -> frozenset[int]:
        """The whole numbers."""
        said = [number.value for number in self.evidence.frame.parsed.numbers]
        return frozenset(int(value) for value in said if value == int(value))

    @cached_property
    def values(self) -> list[frozenset[int]]:
        """The tokens of each unit that is best read as a value."""
        return [
            frozenset(range(unit.first, unit.last))
            for unit in self.evidence.frame.units
            if "value" in unit.tags and any(link.target.kind == "value" and link.score >= 0.95 for link in unit.links)
        ]

    @cached_property
    def quotes(self) -> list[frozenset[int]]:
        """The tokens of each quoted stretch."""
        return [frozenset(range(quote.first, quote.last)) for quote in self.evidence.frame.parsed.question.quotes]

    @cached_property
    def fields(self) -> list[frozenset[int]]:
        """The tokens of each unit that names a field well."""
        return [
            frozenset(range(unit.first, unit.last))
            for unit in self.evidence.frame.units
            if any(link.target.kind == "field" and link.score >= 0.6 for link in unit.links)
        ]

    def cue(self, *tags: str) -> bool:
        """Whether one of these operators is in the question."""
        return any(self.evidence.frame.has(tag) for tag in tags)

    @cached_property
    def cues(self) -> Cues:
        """Which operators are in the question."""
        return Cues(
            tuple((fn, self.cue(*_CUE_OF[fn])) for fn in FUNCTIONS),
            self.cue("EACH", "BY"), self.cue("ORDER", "ASC", "DESC"), self.cue("NOT", "NE"), self.cue("OR", "EITHER"),
            self.cue("DISTINCT"), self.cue("DEGREE_MAX", "DEGREE_MIN", "MOST", "FEWEST", "COMMON", "RARE"),
            self.cue("BOTH"), self.cue("BOTH", "AND"),
            self.cue("GT", "LT", "GE", "LE", "AFTER", "BEFORE", "CMP_GT", "CMP_LT"),
            self.cue("MOST", "FEWEST", "COMMON", "RARE", "COUNT"),
        )  # fmt: skip

    @cached_property
    def kinds(self) -> dict[Ref, tuple[bool, bool, bool]]:
        """Of the fields asked for so far, whether each is the label of its rows, part of their key, unique."""
        return {}

    def kind(self, ref: Ref) -> tuple[bool, bool, bool]:
        """Whether a field is the label of its rows, part of their key, unique."""
        held = self.kinds.get(ref)
        if held is None:
            dataset = self.vocabulary.datasets[ref.dataset]
            held = self.kinds[ref] = (
                ref.field == dataset.label_field,
                ref.field in dataset.key_fields,
                self.vocabulary.fields[ref.dataset, ref.field].unique,
            )
        return held

    @cached_property
    def question(self) -> list[float]:
        """Features that all drafts have alike."""
        frame, named = self.evidence.frame, self.evidence.named
        return [
            float(len(frame.units)), float(len(self.fields)), float(len(named)), float(len(self.values)),
            float(len(self.numbers)),
        ]  # fmt: skip

    @cached_property
    def parts(self) -> dict[Hashable, Any]:
        """Features of parts of drafts, by the identity of what they are made of: many drafts share their parts. Good only
        while the drafts live."""
        return {}
