"""What a reading is made of while the question is walked through, and looking around in the question."""

from dataclasses import dataclass, field

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import Cue
from services.analyzer.link import Link
from services.analyzer.mentions import Unit, units
from services.analyzer.parse import Parse
from services.analyzer.reading import Assumed, Compare, Condition, Contrast, Item, Order, Ref, Source
from services.analyzer.vocabulary import Vocabulary


@dataclass
class Draft:
    """The slots that have been filled so far, from the point of view of one dataset.

    units: the question as units from there. used: tokens that a slot explains. counted: the dataset whose rows are counted.
    """

    parsed: Parse
    vocabulary: Vocabulary
    root: str
    units: list[Unit] = field(default_factory=list)
    select: list[Item] = field(default_factory=list)
    where: list[Condition] = field(default_factory=list)
    group: list[Item] = field(default_factory=list)
    having: list[Compare] = field(default_factory=list)
    order: list[Order] = field(default_factory=list)
    limit: int = 0
    tables: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    """Datasets that the question names."""
    counted: str = ""
    form: str = ""
    intent: str = ""
    details: bool = False
    distinct: bool = False
    trend: bool = False
    status: bool = False
    series: bool = False
    compare: bool = False
    used: set[int] = field(default_factory=set)
    grain: str = ""
    weekday: bool = False
    """Whether rows are grouped by the day of the week."""
    weekdays: str = ""
    """WEEKEND or WORKDAY, where only these days count."""
    total_only: bool = False
    """Whether only the total is wanted, whatever else is named."""
    unit_asked: str = ""
    """The unit of time that is asked for ("em qual dia …")."""
    unit_many: bool = False
    """Whether several of them are wanted."""
    when: bool = False
    """Whether it is asked when."""
    latest: list[tuple[str, str, bool, int]] = field(default_factory=list)
    """Datasets of which only the latest row counts: (name, its time, latest rather than earliest, token)."""
    contrast: Contrast | None = None
    assumed: list[Assumed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.units = units(self.parsed, self.vocabulary, self.root)

    def before(
        self, at: int, steps: int = 3, through: frozenset[str] = frozenset({"THE", "OF", "ALL", "BE", "IT"})
    ) -> list[Cue]:
        """Cues that stand before a unit, nearest first, with only glue between."""
        found: list[Cue] = []
        position, end = at - 1, self.units[at].first
        while position >= 0 and len(found) < steps:
            unit = self.units[position]
            if unit.cue is None or unit.last < end - 1:
                break
            if unit.cue.op not in through:
                found.append(unit.cue)
            end = min(end, unit.first)
            position -= 1
        return found

    def after(self, at: int, steps: int = 3) -> list[Cue]:
        """Cues that stand right behind a unit, nearest first."""
        found: list[Cue] = []
        end = self.units[at].last
        for unit in self.units[at + 1 :]:
            if unit.cue is None or unit.first > end or len(found) >= steps:
                break
            found.append(unit.cue)
            end = max(end, unit.last)
        return found

    def has(self, *ops: str) -> Cue | None:
        """The first cue of one of these operators among the units."""
        return next((unit.cue for unit in self.units if unit.cue is not None and unit.cue.op in ops), None)

    @staticmethod
    def ops(found: list[Cue]) -> list[str]:
        """The operators of cues."""
        return [cue.op for cue in found]

    def use(self, *cues: Cue) -> None:
        """The words of these cues are explained."""
        for cue in cues:
            self.used.update(range(cue.first, cue.last))

    def source(self, unit: Unit | Link, *cues: Cue) -> Source:
        """A unit and the cues beside it as the origin of a slot; their words are explained."""
        tokens = set(range(unit.first, unit.last))
        for cue in cues:
            tokens.update(range(cue.first, cue.last))
        self.used |= tokens
        link = unit if isinstance(unit, Link) else unit.link
        if link is None:
            return Source(tuple(sorted(tokens)), "cue")
        return Source(tuple(sorted(tokens)), link.kind, link.score, link.via)

    def inside(self, unit: Unit, ops: tuple[str, ...]) -> list[Cue]:
        """Cues that a name has swallowed ("status dos pedidos" is the name of a field, and asks for the status)."""
        return [cue for cue in self.parsed.cues if unit.first <= cue.first and cue.last <= unit.last and cue.op in ops]

    def measurable(self, ref: Ref) -> bool:
        """Whether a field holds numbers or times."""
        held = self.vocabulary.fields[ref.dataset, ref.field]
        return held.role in (semantics_pb2.FIELD_ROLE_MEASURE, semantics_pb2.FIELD_ROLE_TIME) or held.family in (
            1,
            2,
            3,
        )

    def groups(self, ref: Ref) -> bool:
        """Whether a field is one that rows are grouped by."""
        return self.vocabulary.fields[ref.dataset, ref.field].role == semantics_pb2.FIELD_ROLE_DIMENSION

    def amount(self, item: Item) -> bool:
        """Whether an item is a plain measure."""
        held = self.vocabulary.fields.get((item.ref.dataset, item.ref.field)) if item.ref else None
        return held is not None and held.role == semantics_pb2.FIELD_ROLE_MEASURE

    def label_of(self, dataset: str, source: Source) -> Item:
        """The field that a row of a dataset goes by."""
        held = self.vocabulary.datasets[dataset]
        name = held.label_field or next(iter(held.key_fields), "") or held.fields[0].name
        return Item(Ref(dataset, name), source=source)

    def named_before(self, at: int) -> bool:
        """Whether something was asked for before this unit, so that it qualifies rather than answers."""
        if self.select or self.counted:
            return True
        return any(unit.link is not None and unit.link.target.kind == "dataset" for unit in self.units[:at])

    def averaged(self, at: int) -> bool:
        """Whether an average is asked for before a unit."""
        return any(unit.cue is not None and unit.cue.op == "AVG" for unit in self.units[:at]) or any(
            item.fn == "avg" for item in self.select
        )

    def measured(self, at: int) -> bool:
        """Whether an amount is asked for before a unit, so that what follows "by" is what it is grouped by."""
        asked = {"AVG", "SUM", "MAX", "MIN", "COUNT", "HOW_MUCH"}
        return any(
            (unit.cue is not None and unit.cue.op in asked)
            or (unit.link is not None and unit.link.target.kind == "metric")
            for unit in self.units[:at]
        )
