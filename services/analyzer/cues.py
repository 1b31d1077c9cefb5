"""Stage 4: cues, the words that say what to do rather than what about.

The phrases are in cues_pt and cues_en; both emit the same operators, so that no later stage knows the language.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from services.analyzer import cues_en, cues_pt
from services.analyzer.dates_en import NUMBERS as _NUMBERS_EN
from services.analyzer.dates_pt import NUMBERS as _NUMBERS_PT

NUMBER_WORDS = frozenset({*_NUMBERS_EN, *_NUMBERS_PT})

# Operators that only hold a sentence together; they explain their words and steer nothing by themselves.
GLUE = frozenset(
    {
        "LIST",
        "OF",
        "IN",
        "ON",
        "AT",
        "FROM",
        "TO",
        "FOR",
        "WITH",
        "THAT",
        "HAVE",
        "BE",
        "DO",
        "IT",
        "THE",
        "AS",
        "IF",
        "ALL",
        "WHAT",
        "WHICH",
        "ALSO",
        "YES",
        "PERIOD_HINT",
        "THAN",
        "SAME",
        "BUT",
        "WHOSE",
    }
)


@dataclass(frozen=True, slots=True)
class Cue:
    """An operator at tokens [first, last).

    op: name of the operator. concepts: for degrees and comparatives, stems that the measured field may be called by.
    largest: for degrees, whether the largest is meant.
    """

    op: str
    first: int
    last: int
    concepts: tuple[str, ...] = ()
    largest: bool = True

    @property
    def tag(self) -> str:
        """The operator as models know it: degrees apart by direction."""
        if self.op == "DEGREE":
            return "DEGREE_MAX" if self.largest else "DEGREE_MIN"
        return self.op


@dataclass(frozen=True, slots=True)
class _Entry:
    op: str
    concepts: tuple[str, ...] = ()
    largest: bool = True


def _table(
    phrases: str,
    degrees: dict[str, tuple[str, bool]],
    comparatives: dict[str, tuple[str, str]],
    measures: dict[str, str],
) -> dict[tuple[str, ...], tuple[_Entry, ...]]:
    table: dict[tuple[str, ...], list[_Entry]] = {}
    for line in phrases.strip().splitlines():
        op, _, texts = line.partition(":")
        for text in texts.split(","):
            words = tuple(text.split())
            if words:
                table.setdefault(words, []).append(_Entry(op.strip()))
    for text, (concepts, largest) in degrees.items():
        table.setdefault(tuple(text.split()), []).append(_Entry("DEGREE", tuple(concepts.split("|")), largest))
    for text, (concepts, op) in comparatives.items():
        table.setdefault(tuple(text.split()), []).append(_Entry(f"CMP_{op}", tuple(concepts.split("|"))))
    for text, concepts in measures.items():
        table.setdefault(tuple(text.split()), []).append(_Entry("MEASURE", tuple(concepts.split("|"))))
    return {words: tuple(entries) for words, entries in table.items()}


_TABLES = {
    "pt": _table(cues_pt.PHRASES, cues_pt.DEGREES, cues_pt.COMPARATIVES, cues_pt.MEASURES),
    "en": _table(cues_en.PHRASES, cues_en.DEGREES, cues_en.COMPARATIVES, cues_en.MEASURES),
}
OPERATORS = tuple(
    sorted(
        {
            entry.op
            for table in _TABLES.values()
            for entries in table.values()
            for entry in entries
            if entry.op != "DEGREE"
        }
        | {"DEGREE_MAX", "DEGREE_MIN"}
    )
)
"""Every operator that either language can emit, in a fixed order."""


def _reach(table: Iterable[tuple[str, ...]]) -> dict[str, int]:
    reach: dict[str, int] = {}
    for words in table:
        reach[words[0]] = max(reach.get(words[0], 0), len(words))
    return reach


_LONGEST = {language: _reach(table) for language, table in _TABLES.items()}
"""By language and first word: words of the longest phrase."""
WORDS = {language: frozenset(word for words in table for word in words) for language, table in _TABLES.items()}


def find_cues(keys: Sequence[str], language: str, blocked: Sequence[bool]) -> tuple[Cue, ...]:
    """Cues in order: at each token the longest phrase, with all its operators. blocked: tokens inside quotes."""
    table, longest = _TABLES[language], _LONGEST[language]
    cues: list[Cue] = []
    at = 0
    while at < len(keys):
        length = 0
        # Behind a number it is the number's unit.
        if not blocked[at] and not (keys[at] == "%" and at and keys[at - 1][:1].isdigit()):
            for size in range(min(longest.get(keys[at], 0), len(keys) - at), 0, -1):
                entries = table.get(tuple(keys[at : at + size]))
                if entries:
                    cues.extend(Cue(entry.op, at, at + size, entry.concepts, entry.largest) for entry in entries)
                    length = size
                    break
        at += max(length, 1)
    return tuple(_settled(cue, keys) for cue in cues)


# "a maximum of 3" bounds a number; "the maximum of the prices" does not.
_BOUNDS = {"maximum of": "MAX", "a minimum of": "MIN", "minimum of": "MIN", "maximo de": "MAX", "minimo de": "MIN",
           "um maximo de": "MAX", "um minimo de": "MIN"}  # fmt: skip


def _settled(cue: Cue, keys: Sequence[str]) -> Cue:
    """The cue as what follows it tells it to be."""
    op = _BOUNDS.get(" ".join(keys[cue.first : cue.last])) if cue.op in ("GE", "LE") else None
    follows = keys[cue.last] if cue.last < len(keys) else ""
    return cue if op is None or follows[:1].isdigit() or follows in NUMBER_WORDS else replace(cue, op=op)
