"""What a question's grammar leaves open, or settles: the readings between which its words do not decide, or the one that
they name."""

from dataclasses import dataclass

from maestro.catalog.v1 import catalog_pb2
from maestro.semantics.v1 import semantics_pb2
from services.analyzer.features import Evidence
from services.analyzer.frame import Frame, Unit
from services.analyzer.reading import Item, Reading, Ref
from services.analyzer.vocabulary import Vocabulary

MEASURING = frozenset(
    {"COUNT", "HOW_MUCH", "AVG", "SUM", "MAX", "MIN", "MOST", "FEWEST", "COMMON", "RARE", "DEGREE_MAX", "DEGREE_MIN", "PERCENT",
     "DIFFERENCE", "COMPARE", "TREND", "DISTRIBUTION", "CORRELATION", "FORECAST", "WHY", "RANKING", "ABOVE_AVG", "BELOW_AVG",
     "SEVERAL", "FIRST", "LAST", "SECOND", "THIRD", "NOT", "NE", "LIMIT_ONE"}
)  # fmt: skip
"""Operators that make a question one about more than rows: these are read elsewhere."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Readings of one question. kind: "attachment", "scope" or "vagueness"; readings: two or three where nothing decides
    between them, one where the words do; words: what it is about; about: the two things; tokens: those that the readings
    account for; sure: whether these are all that the question can mean."""

    kind: str
    readings: tuple[Reading, ...]
    words: str
    about: tuple[str, ...]
    tokens: frozenset[int] = frozenset()
    sure: bool = True

    @property
    def settled(self) -> bool:
        """Whether the words leave one reading."""
        return len(self.readings) == 1


def called(place: int, frame: Frame) -> str:
    """The words of a unit."""
    unit = frame.units[place]
    return frame.parsed.text(unit.first, unit.last)


def labelled(name: str, vocabulary: Vocabulary, but: str = "") -> Item | None:
    """What a dataset's rows go by, as an item: its label, the first text that it holds, or the only thing; None where they go by
    nothing.

    but: a field that is not it."""
    held = vocabulary.datasets[name]
    if held.label_field and held.label_field != but:
        return Item(Ref(name, held.label_field))
    texts = [each.name for each in held.fields if each.name != but and _tells(each, name, vocabulary)]
    if not texts:
        rest = [each.name for each in held.fields if each.name != but and each.name not in held.key_fields]
        texts = [each for each in rest if (name, each) not in vocabulary.referring] if len(rest) == 1 else []
    return Item(Ref(name, texts[0])) if texts else None


def _tells(field: semantics_pb2.Field, dataset: str, vocabulary: Vocabulary) -> bool:
    """Whether a field may be what rows go by: text that is no key."""
    return (
        field.family == catalog_pb2.TYPE_FAMILY_TEXT
        and field.role not in (semantics_pb2.FIELD_ROLE_TIME, semantics_pb2.FIELD_ROLE_FLAG)
        and field.name not in vocabulary.datasets[dataset].key_fields
        and (dataset, field.name) not in vocabulary.referring
    )


def dataset_of(unit: Unit, least: float = 0.7) -> str:
    """The dataset that a unit names before anything else; empty where it names none."""
    if not unit.links or unit.links[0].score < least:
        return ""
    best = unit.links[0].score
    return next(
        (link.target.dataset for link in unit.links if link.target.kind == "dataset" and link.score >= best - 0.01), ""
    )


def measures(evidence: Evidence) -> bool:
    """Whether a question counts, ranks, compares or denies."""
    return any(unit.tags & MEASURING for unit in evidence.frame.units)
