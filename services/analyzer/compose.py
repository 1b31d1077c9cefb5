"""Stage 7a: a reading by rule: each unit of the question takes the part that the cues around it give it.

This is the grammar that needs no training. It walks through the units once, left to right, keeps the cues that wait for
something to act on, and fills the slots of one reading.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import Cue
from services.analyzer.dates import Period
from services.analyzer.link import Link
from services.analyzer.mentions import Unit, units
from services.analyzer.normalize import fold
from services.analyzer.numbers import Number
from services.analyzer.parse import Parse
from services.analyzer.reading import (
    IMPLIED,
    AnyOf,
    Between,
    Compare,
    Condition,
    Constant,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Order,
    Reading,
    Ref,
    Related,
    Source,
    Within,
)
from services.analyzer.stem import stems as stems_of
from services.analyzer.vocabulary import SMALL_WORDS, Vocabulary

_COMPARE = {"GT": ">", "GE": ">=", "LT": "<", "LE": "<=", "EQ": "=", "NE": "<>", "AFTER": ">", "BEFORE": "<"}
_AGGREGATES = {"AVG": "avg", "SUM": "sum", "MAX": "max", "MIN": "min"}
_NO_STATUS = frozenset(
    {semantics_pb2.FIELD_ROLE_FLAG, semantics_pb2.FIELD_ROLE_TIME, semantics_pb2.FIELD_ROLE_MEASURE, semantics_pb2.FIELD_ROLE_IDENTIFIER}
)  # fmt: skip
_NEGATIVE = frozenset({"sem", "nao", "nunca", "without", "not", "no", "never"})
_TOP = frozenset({"FIRST", "RANKING", "MAIN", "MOST"})
_FORMS = {"SPREADSHEET": "spreadsheet", "CSV": "csv", "CHART": "chart"}


@dataclass
class _Slots:
    """What has been filled so far."""

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
    everything: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Composed:
    """A reading, and the tokens that it explains."""

    reading: Reading
    used: frozenset[int]


class Composer:
    """Composes the reading of one parse with one dataset as its root."""

    def __init__(self, parsed: Parse, vocabulary: Vocabulary, root: str) -> None:
        self._parsed = parsed
        self._vocabulary = vocabulary
        self._root = root
        self._units = units(parsed, vocabulary, root)
        self._slots = _Slots()

    def compose(self) -> Composed:
        """The reading."""
        for at, unit in enumerate(self._units):
            if unit.cue is not None:
                self._cue(at, unit.cue)
            elif unit.link is not None:
                for cue in self._inside(unit, ("STATUS",)):
                    self._cue(at, cue)
        for at, unit in enumerate(self._units):
            if unit.link is not None:
                self._link(at, unit, unit.link)
        for at, unit in enumerate(self._units):
            if unit.period is not None:
                self._period(at, unit.period)
            elif unit.number is not None:
                self._number(at, unit.number)
        return Composed(self._finish(), frozenset(self._slots.used))

    # Looking around

    def _before(
        self, at: int, steps: int = 3, through: frozenset[str] = frozenset({"THE", "OF", "ALL", "BE", "IT"})
    ) -> list[Cue]:
        """Cues that stand before a unit, nearest first, with only glue between."""
        found: list[Cue] = []
        position, end = at - 1, self._units[at].first
        while position >= 0 and len(found) < steps:
            unit = self._units[position]
            if unit.cue is None or unit.last < end - 1:
                break
            if unit.cue.op not in through:
                found.append(unit.cue)
            end = min(end, unit.first)
            position -= 1
        return found

    def _after(self, at: int, steps: int = 3) -> list[Cue]:
        """Cues that stand right behind a unit, nearest first."""
        found: list[Cue] = []
        end = self._units[at].last
        for unit in self._units[at + 1 :]:
            if unit.cue is None or unit.first > end or len(found) >= steps:
                break
            found.append(unit.cue)
            end = max(end, unit.last)
        return found

    def _ops(self, found: list[Cue]) -> list[str]:
        return [cue.op for cue in found]

    def _use(self, *cues: Cue) -> None:
        for cue in cues:
            self._slots.used.update(range(cue.first, cue.last))

    def _source(self, unit: Unit | Link, *cues: Cue) -> Source:
        tokens = set(range(unit.first, unit.last))
        for cue in cues:
            tokens.update(range(cue.first, cue.last))
        self._slots.used |= tokens
        link = unit if isinstance(unit, Link) else unit.link
        if link is None:
            return Source(tuple(sorted(tokens)), "cue")
        return Source(tuple(sorted(tokens)), link.kind, link.score, link.via)

    # Cues that act on the whole question

    def _cue(self, at: int, cue: Cue) -> None:
        slots = self._slots
        if cue.op in _FORMS:
            slots.form = _FORMS[cue.op]
        elif cue.op == "EXPORT":
            slots.form = slots.form or "spreadsheet"
        elif cue.op == "TREND":
            slots.trend = True
        elif cue.op == "COMPARE":
            slots.compare = True
        elif cue.op == "ALL_INFO":
            slots.details = True
        elif cue.op == "DISTINCT":
            slots.distinct = True
        elif cue.op == "EXISTS" and self._opens(cue):
            slots.intent = slots.intent or "existence"
        elif cue.op.startswith("GRAIN_"):
            slots.grain = cue.op.removeprefix("GRAIN_").lower()
            slots.series = True
        elif cue.op == "STATUS" and self._status_fields():
            slots.status = True
        elif cue.op == "RANKING":
            slots.intent = "ranking"
        else:
            return
        self._use(cue)

    def _inside(self, unit: Unit, ops: tuple[str, ...]) -> list[Cue]:
        """Cues that a name has swallowed ("status dos pedidos" is the name of a field, and asks for the status)."""
        return [cue for cue in self._parsed.cues if unit.first <= cue.first and cue.last <= unit.last and cue.op in ops]

    def _opens(self, cue: Cue) -> bool:
        """Whether the question begins with the cue; elsewhere the same words only hold it together."""
        return all(not any(char.isalnum() for char in key) for key in self._parsed.keys[: cue.first])

    def _status_fields(self) -> list[Ref]:
        """The fields of the root that say how a row is doing: those that are called status or situation."""
        return [
            Ref(self._root, held.name)
            for held in self._vocabulary.datasets[self._root].fields
            if held.role not in _NO_STATUS
            and {fold(term.text).partition(" ")[0] for term in held.terms} & {"status", "situacao", "situation"}
        ]

    def _ranked(self, at: int) -> Cue | None:
        """The "most" or "fewest" that stands right before a unit, where an earlier one names what is ranked."""
        cue = next(iter((*self._inside(self._units[at], ("MOST", "FEWEST")), *self._before(at, 1))), None)
        return cue if cue is not None and cue.op in ("MOST", "FEWEST") else None

    def _subject(self, at: int, name: str) -> Item | None:
        """What is ranked: the nearest dataset or dimension before a unit, other than the dataset `name`."""
        for unit in reversed(self._units[:at]):
            if unit.link is None:
                continue
            target = unit.link.target
            if target.kind == "dataset" and target.dataset != name:
                return self._label(target.dataset, self._source(unit))
            if target.kind == "field" and self._groups(Ref(target.dataset, target.name)):
                return Item(Ref(target.dataset, target.name), source=self._source(unit))
        return None

    def _top_by(self, at: int, unit: Unit, ref: Ref, before: list[Cue]) -> bool:
        """ "Top 5 products by quantity": what was named first, ranked by the sum of an amount."""
        first = next((each.cue for each in self._units[:at] if each.cue is not None and each.cue.op in _TOP), None)
        if first is None:
            return False
        measure = Item(ref, fn="sum", source=self._source(unit, *before[:1]))
        return self._rank(at, Cue("MOST", first.first, first.last), measure, "")

    def _measured(self, at: int) -> bool:
        """Whether an amount is asked for before a unit, so that what follows "by" is what it is grouped by."""
        asked = {"AVG", "SUM", "MAX", "MIN", "COUNT", "HOW_MUCH"}
        return any(
            (unit.cue is not None and unit.cue.op in asked)
            or (unit.link is not None and unit.link.target.kind == "metric")
            for unit in self._units[:at]
        )

    def _rank_by(self, at: int, name: str, source: Source) -> bool:
        """ "Top 3 employees by number of orders": what was named first, ranked by a count."""
        first = next((unit.cue for unit in self._units[:at] if unit.cue is not None and unit.cue.op in _TOP), None)
        if first is None:
            return False
        self._use(*self._before(at)[:2])
        return self._rank(at, Cue("MOST", first.first, first.last), Item(fn="count", dataset=name, source=source), name)

    def _rank(self, at: int, cue: Cue, measure: Item, name: str) -> bool:
        """Ranks by a measure what was named before. Whether there is such a thing."""
        subject = self._subject(at, name)
        if subject is None:
            return False
        slots = self._slots
        self._use(cue)
        if subject not in slots.group:
            slots.group.append(subject)
        slots.select = [item for item in slots.select if item.ref != subject.ref]
        if measure not in slots.select:
            slots.select.append(measure)
        slots.order.append(Order(measure, cue.op == "MOST"))
        slots.intent = "ranking"
        asked_for_one = any(unit.cue is not None and unit.cue.op == "WHICH" for unit in self._units[:at])
        token = max(subject.source.tokens, default=0)
        if asked_for_one and not self._parsed.keys[token].endswith("s"):
            slots.limit = slots.limit or 1
        return True

    # Names

    def _link(self, at: int, unit: Unit, link: Link) -> None:
        handler = {
            "dataset": self._dataset,
            "field": self._field,
            "metric": self._metric,
            "filter": self._flag,
            "entity": self._entity,
            "value": self._value,
            "role": self._role,
        }[link.target.kind]
        handler(at, unit, link)

    def _dataset(self, at: int, unit: Unit, link: Link) -> None:
        slots, name = self._slots, link.target.dataset
        slots.named.add(name)
        before = self._before(at)
        ops = self._ops(before)
        source = self._source(unit)
        if name != self._root and "NOT" in ops[:2] and not slots.counted:
            self._use(*[cue for cue in before if cue.op == "NOT"])
            slots.where.append(Related(self._root, name, negated=True, source=source))
        elif "COUNT" in ops[:1] and "BY" in ops[1:2] and self._rank_by(at, name, source):
            slots.tables.append(name)
        elif "COUNT" in ops[:2] or ("SUM" in ops[:1] and not self._is_measure_after(at)):
            self._use(*before[:2])
            slots.counted = slots.counted or name
        elif "EACH" in ops[:1] or ("BY" in ops[:1] and (name != self._root or self._measured(at))):
            self._use(*before[:1])
            slots.group.append(self._label(name, source))
        elif (cue := self._ranked(at)) and self._rank(at, cue, Item(fn="count", dataset=name, source=source), name):
            slots.tables.append(name)
        elif ops[:1] in (["MOST"], ["FEWEST"]):
            self._use(*before[:1])
            slots.order.append(Order(Item(fn="count", dataset=name, source=source), ops[0] == "MOST"))
            slots.tables.append(name)
        elif name != self._root:
            slots.tables.append(name)
        if "DISTINCT" in ops:
            slots.distinct = True

    def _is_measure_after(self, at: int) -> bool:
        return any(
            unit.link is not None and unit.link.target.kind in ("metric", "field")
            for unit in self._units[at + 1 : at + 3]
        )

    def _label(self, dataset: str, source: Source) -> Item:
        held = self._vocabulary.datasets[dataset]
        name = held.label_field or next(iter(held.key_fields), "") or held.fields[0].name
        return Item(Ref(dataset, name), source=source)

    def _role(self, at: int, unit: Unit, link: Link) -> None:
        """A role's name alone tells nothing here; the field of the key has the same words."""

    def _field(self, at: int, unit: Unit, link: Link) -> None:  # one branch a part that a field can take
        slots = self._slots
        ref = Ref(link.target.dataset, link.target.name)
        before, after = self._before(at), self._after(at)
        ops, next_ops = self._ops(before), self._ops(after)
        if self._compared(at, unit, ref, before, after):
            return
        if ops[:1] == ["BY"] and self._amount(Item(ref)) and self._top_by(at, unit, ref, before):
            return
        common = next((cue for cue in (*before[:1], *after[:1]) if cue.op in ("MAIN", "COMMON", "RARE")), None)
        if common is not None and self._groups(ref):
            item = Item(ref, source=self._source(unit, common))
            slots.group.append(item)
            slots.order.append(Order(Item(fn="count", dataset=self._root), common.op != "RARE"))
            slots.intent = "ranking"
            if common.op != "MAIN":
                slots.limit = slots.limit or 1
            return
        aggregate = next((cue for cue in before[:2] if cue.op in _AGGREGATES), None) or next(
            (cue for cue in after[:1] if cue.op in _AGGREGATES and self._parsed.language.code == "pt"), None
        )
        degree = next((cue for cue in before[:2] if cue.op in ("DEGREE", "MOST", "FEWEST")), None)
        if ops[:1] in (["EACH"], ["BY"]) or (ops[:2] and "EACH" in ops[:2]):
            source = self._source(unit, *before[:1])
            slots.group.append(Item(ref, source=source))
        elif "ORDER" in ops[:2]:
            source = self._source(unit, *before[:1], *after[:1])
            slots.order.append(Order(Item(ref, source=source), "DESC" in ops or "DESC" in next_ops))
            self._use(*[cue for cue in after[:2] if cue.op in ("ASC", "DESC")])
        elif aggregate is not None:
            slots.select.append(Item(ref, fn=_AGGREGATES[aggregate.op], source=self._source(unit, aggregate)))
        elif degree is not None and self._measurable(ref):
            largest = degree.op == "MOST" or (degree.op == "DEGREE" and degree.largest)
            source = self._source(unit, degree)
            if self._named_before(at) or self._named_right_after(at):
                slots.order.append(Order(Item(ref, source=source), largest))
                slots.limit = slots.limit or 1
            else:
                slots.select.append(Item(ref, fn="max" if largest else "min", source=source))
        elif self._totalled(unit, ref, before):
            slots.select.append(Item(ref, fn="sum", source=self._source(unit, *before[:1])))
        elif "COUNT" in ops[:2]:
            source = self._source(unit, *before[:2])
            slots.select.append(Item(ref, fn="count", distinct="DISTINCT" in ops or self._groups(ref), source=source))
        elif "HOW_MUCH" in ops[:2] and self._measurable(ref):
            slots.select.append(Item(ref, fn="sum", source=self._source(unit, *before[:2])))
        elif "NOT" in ops[:2]:
            slots.where.append(Missing(ref, source=self._source(unit, *before[:2])))
        else:
            slots.select.append(Item(ref, source=self._source(unit)))

    def _totalled(self, unit: Unit, ref: Ref, before: list[Cue]) -> bool:
        """Whether one total is asked for ("qual o peso total dos embarques"), rather than the amount of each row."""
        if self._vocabulary.fields[ref.dataset, ref.field].role != semantics_pb2.FIELD_ROLE_MEASURE:
            return False
        asked = any(cue.op in ("WHICH", "WHAT", "HOW_MUCH") for cue in before[:1])
        return asked and bool({"total", "totais", "soma"} & set(self._parsed.keys[unit.first : unit.last]))

    def _compared(self, at: int, unit: Unit, ref: Ref, before: list[Cue], after: list[Cue]) -> bool:
        """Whether the field stands beside a comparison with a number or a value that follows, which is then taken."""
        operators = [cue for cue in after if cue.op in _COMPARE or cue.op == "BETWEEN"]
        skip = len(after)
        following = self._units[at + 1 + skip] if at + 1 + skip < len(self._units) else None
        if following is None or following.first > self._units[at + skip].last + 1:
            return False
        if following.number is not None and following.first not in self._slots.used:
            return self._compare_number(at, unit, ref, operators, following, at + 1 + skip)
        if following.link is not None and following.link.target.kind == "value":
            same = [
                link
                for link in (following.link, *following.others)
                if link.target.kind == "value" and (link.target.dataset, link.target.name) == (ref.dataset, ref.field)
            ]
            if same:
                self._source(unit)
                return True
        return False

    def _compare_number(self, at: int, unit: Unit, ref: Ref, operators: list[Cue], following: Unit, place: int) -> bool:
        number = following.number
        assert number is not None
        held = self._vocabulary.fields[ref.dataset, ref.field]
        numeric = self._measurable(ref) or held.role == semantics_pb2.FIELD_ROLE_IDENTIFIER
        if not operators and held.role == semantics_pb2.FIELD_ROLE_MEASURE and not self._after(at):
            return False
        if not numeric and held.role not in (semantics_pb2.FIELD_ROLE_DIMENSION, semantics_pb2.FIELD_ROLE_TEXT):
            return False
        source = self._source(unit, *operators)
        self._slots.used.update(range(following.first, following.last))
        if operators and operators[0].op == "BETWEEN":
            upper = next((other.number for other in self._units[place + 1 : place + 3] if other.number), None)
            if upper is not None:
                self._slots.used.update(range(upper.first, upper.last))
                self._slots.where.append(Between(ref, number.value, upper.value, source=source))
                return True
        op = _COMPARE[operators[0].op] if operators else "="
        self._slots.where.append(Compare(Item(ref, source=source), op, self._code(number, held), source=source))
        return True

    def _code(self, number: Number, held: semantics_pb2.Field) -> Constant:
        """A number as the field holds it; codes keep the digits that were typed."""
        if held.role == semantics_pb2.FIELD_ROLE_IDENTIFIER:
            return self._parsed.text(number.first, number.last)
        return number.value

    def _named_before(self, at: int) -> bool:
        """Whether something was asked for before this unit, so that it qualifies rather than answers."""
        slots = self._slots
        if slots.select or slots.counted:
            return True
        return any(unit.link is not None and unit.link.target.kind == "dataset" for unit in self._units[:at])

    def _named_right_after(self, at: int) -> bool:
        """Whether the name of a dataset follows at once: "the most expensive product" is a product, not a price."""
        following = self._units[at + 1] if at + 1 < len(self._units) else None
        named = following is not None and following.link is not None and following.link.target.kind == "dataset"
        return named and following is not None and following.first == self._units[at].last

    def _measurable(self, ref: Ref) -> bool:
        held = self._vocabulary.fields[ref.dataset, ref.field]
        return held.role in (semantics_pb2.FIELD_ROLE_MEASURE, semantics_pb2.FIELD_ROLE_TIME) or held.family in (
            1,
            2,
            3,
        )

    def _groups(self, ref: Ref) -> bool:
        return self._vocabulary.fields[ref.dataset, ref.field].role == semantics_pb2.FIELD_ROLE_DIMENSION

    def _metric(self, at: int, unit: Unit, link: Link) -> None:
        before = self._before(at)
        used = [cue for cue in before[:2] if cue.op in ("HOW_MUCH", "SUM", "COUNT", "AVG")]
        item = Item(metric=link.target.name, dataset=link.target.dataset, source=self._source(unit, *used))
        if (cue := self._ranked(at)) and self._rank(at, cue, item, ""):
            return
        degree = next((cue for cue in before[:2] if cue.op in ("DEGREE", "MOST", "FEWEST")), None)
        ordered = next((cue for cue in before[:2] if cue.op == "ORDER"), None)
        if item not in self._slots.select:
            self._slots.select.append(item)
        if degree is not None:
            self._use(degree)
            largest = degree.op == "MOST" or (degree.op == "DEGREE" and degree.largest)
            self._slots.order.append(Order(item, largest))
        elif ordered is not None:
            self._use(ordered)
            self._slots.order.append(Order(item, "DESC" in self._ops(self._after(at))))

    # Conditions

    def _negated(self, at: int) -> bool:
        # One that reaches into the name is a part of the name ("ainda não" in "não tem CTe").
        first = self._units[at].first
        inside = [cue for cue in self._before(at, 2) if cue.op in ("NOT", "NE") and cue.last > first]
        self._use(*inside)
        cues = [cue for cue in self._before(at, 2) if cue.op in ("NOT", "NE") and cue.last <= first]
        self._use(*cues)
        return bool(cues)

    def _flag(self, at: int, unit: Unit, link: Link) -> None:
        ref = Ref(link.target.dataset, link.target.name)
        if cue := self._ranked(at):
            self._rank(at, cue, Item(fn="count", dataset=ref.dataset, source=self._source(unit, cue)), ref.dataset)
        # A term that says no itself ("sem CTe"), met by its other words: a negation beside them is the term's own ("ainda
        # não têm CTe"), and without one the opposite is meant ("com CTe").
        silent = (_NEGATIVE & set(fold(link.via).split())) - set(self._parsed.keys[link.first : link.last])
        negated = self._negated(at) != bool(silent)
        self._slots.where.append(Flag(ref, negated, self._source(unit)))

    def _entity(self, at: int, unit: Unit, link: Link) -> None:
        entity = self._vocabulary.entities[link.target.name]
        graph = self._vocabulary.graph
        expressible = sorted((graph.distance(self._root, each.dataset), each.dataset) for each in entity.filters)
        if expressible and expressible[0][0] != float("inf"):
            negated = self._negated(at)
            self._slots.where.append(Named(expressible[0][1], entity.name, negated, self._source(unit)))

    def _value(self, at: int, unit: Unit, link: Link) -> None:
        chosen = self._value_link(at, unit, link)
        ref = Ref(chosen.target.dataset, chosen.target.name)
        held = self._vocabulary.fields[ref.dataset, ref.field]
        value: Constant = chosen.target.value
        if held.role == semantics_pb2.FIELD_ROLE_FLAG and held.HasField("predicate"):
            self._slots.where.append(Flag(ref, False, self._source(chosen)))
            return
        source = self._source(chosen)
        if self._negated(at):
            self._slots.where.append(Compare(Item(ref), "<>", value, source=source))
        else:
            self._slots.where.append(Compare(Item(ref), "=", value, source=source))

    def _value_link(self, at: int, unit: Unit, link: Link) -> Link:
        """Among the fields that hold the value, the one whose name stands beside it."""
        options = [each for each in (link, *unit.others) if each.target.kind == "value"]
        beside = [
            (other.link.target.dataset, other.link.target.name)
            for other in self._units[max(0, at - 4) : at + 3]
            if other.link is not None and other.link.target.kind == "field"
        ]
        for option in options:
            if (option.target.dataset, option.target.name) in beside:
                return option
        return options[0]

    def _period(self, at: int, period: Period) -> None:
        slots = self._slots
        ref = self._time_field(at)
        if ref is None:
            if period.weak:
                self._weak_year(period)
            return
        held = self._vocabulary.fields[ref.dataset, ref.field]
        slots.used.update(range(period.first, period.last))
        source = Source(tuple(range(period.first, period.last)), "cue", 1.0, period.label)
        if held.role != semantics_pb2.FIELD_ROLE_TIME or held.family in (1, 2, 3):
            year = period.start.year if period.start else (period.end - timedelta(1)).year if period.end else 0
            slots.where.append(Compare(Item(ref), "=", year, source=source))
            return
        slots.where.append(Between(ref, period.start, period.end, True, period.label, source))

    def _weak_year(self, period: Period) -> None:
        """A bare year, where the root has a whole-number year."""
        for held in self._vocabulary.datasets[self._root].fields:
            if held.unit == "year" and period.start is not None:
                source = Source(tuple(range(period.first, period.last)), "cue", 0.9, period.label)
                self._slots.used.update(source.tokens)
                ref = Ref(self._root, held.name)
                self._slots.where.append(Compare(Item(ref), "=", period.start.year, source=source))
                return

    def _time_field(self, at: int) -> Ref | None:
        """The time that a period refers to: one named beside it, the metric's, else the root's own."""
        for other in (*reversed(self._units[max(0, at - 3) : at]), *self._units[at + 1 : at + 2]):
            link = self._own(other)
            if link is None or link.target.kind != "field":
                continue
            held = self._vocabulary.fields[link.target.dataset, link.target.name]
            if held.role == semantics_pb2.FIELD_ROLE_TIME or held.unit == "year":
                ref = Ref(link.target.dataset, link.target.name)
                self._slots.select = [item for item in self._slots.select if item.ref != ref or item.fn]
                return ref
        told = self._told_time()
        if told:
            return Ref(self._root, told)
        for item in self._slots.select:
            if item.metric:
                metric = self._vocabulary.metrics[item.metric]
                name = metric.time_field or self._vocabulary.datasets[metric.dataset].default_time_field
                if name:
                    return Ref(metric.dataset, name)
        held_root = self._vocabulary.datasets[self._root]
        name = self._planned(at) or held_root.default_time_field
        return Ref(self._root, name) if name else None

    def _own(self, unit: Unit) -> Link | None:
        """The unit's link into the root, where it has one that is nearly as good as its best."""
        if unit.link is None:
            return None
        own = [each for each in (unit.link, *unit.others) if each.target.dataset == self._root]
        return own[0] if own and own[0].score >= 0.8 * unit.link.score else unit.link

    def _told_time(self) -> str:
        """The time field of the root that is called by words of a filter ("entregues hoje" is the day of the delivery)."""
        stems = {
            stem
            for condition in self._slots.where
            if isinstance(condition, Flag) and condition.ref.dataset == self._root and not condition.negated
            for word in self._words_of(condition)
            for stem in stems_of(word, self._parsed.language.code)
        }
        best, name = 0.0, ""
        for held in self._vocabulary.datasets[self._root].fields:
            if held.role != semantics_pb2.FIELD_ROLE_TIME:
                continue
            for term in held.terms:
                words = [word for word in fold(term.text).split() if word not in SMALL_WORDS]
                shared = sum(bool(stems & set(stems_of(word, self._parsed.language.code))) for word in words)
                if words and shared / len(words) > max(best, 0.6):
                    best, name = shared / len(words), held.name
        return name

    def _words_of(self, condition: Flag) -> set[str]:
        """The words that a filter was called by, and those that it goes by."""
        said = {self._parsed.keys[token] for token in condition.source.tokens}
        terms = self._vocabulary.fields[condition.ref.dataset, condition.ref.field].terms
        return (said | {word for term in terms for word in fold(term.text).split()}) - SMALL_WORDS

    def _planned(self, at: int) -> str:
        """The field for what is to come, where the period lies ahead."""
        period = self._units[at].period if at < len(self._units) else None
        ahead = period is not None and period.start is not None and period.start > self._parsed.today
        return self._vocabulary.datasets[self._root].planned_time_field if ahead else ""

    def _number(self, at: int, number: Number) -> None:  # one branch a part that a number can take
        slots = self._slots
        if set(range(number.first, number.last)) & slots.used:
            return
        before, after = self._before(at), self._after(at)
        ops, next_ops = self._ops(before), self._ops(after)
        tokens = range(number.first, number.last)
        source = Source(tuple(tokens), "cue")
        following = self._units[at + 1] if at + 1 < len(self._units) else None
        comparison = next((cue for cue in (*before[:1], *after[:1]) if cue.op in _COMPARE), None)
        if comparison is None and not before and self._numbered(at, number):
            return
        if comparison is not None and following is not None and following.link is not None:
            target = following.link.target
            if target.kind == "dataset" and target.dataset != self._root:
                slots.used.update(tokens)
                self._use(comparison)
                slots.where.append(
                    Related(
                        self._root, target.dataset, op=_COMPARE[comparison.op], count=int(number.value), source=source
                    )
                )
                return
        degrees = [cue for cue in (*before[:1], *after[:2]) if cue.op in ("FIRST", "DEGREE", "MOST", "FEWEST", "LAST")]
        if degrees and number.whole and 0 < number.value <= 1000:
            slots.used.update(tokens)
            self._use(*degrees)
            slots.limit = int(number.value)
        elif (
            number.whole
            and number.value <= 1000
            and not comparison
            and (next_ops[:1] == ["DEGREE"] or ops[:1] == ["LIST"] or self._ranks_what_follows(following))
        ):
            slots.used.update(tokens)
            slots.limit = int(number.value)

    def _ranks_what_follows(self, following: Unit | None) -> bool:
        """Whether a number says how many of the following are wanted, in a question that ranks ("os 5 clientes que mais")."""
        ranking = any(
            unit.cue is not None and unit.cue.op in ("MOST", "FEWEST", "DEGREE", "RANKING", "MAIN")
            for unit in self._units
        )
        return (ranking or bool(self._slots.order)) and following is not None and following.link is not None

    def _numbered(self, at: int, number: Number) -> bool:
        """Whether a number right behind the name of a dataset is the one that its rows go by ("pedido 123")."""
        beside = self._units[at - 1] if at else None
        if beside is None or beside.link is None or beside.link.target.kind != "dataset" or beside.last != number.first:
            return False
        held = self._vocabulary.datasets[beside.link.target.dataset]
        names = [held.label_field, *held.key_fields]
        for name in names:
            found = self._vocabulary.fields.get((held.name, name))
            if found is not None and (found.role == semantics_pb2.FIELD_ROLE_IDENTIFIER or found.family in (1, 2)):
                ref = Ref(held.name, name)
                source = Source(tuple(range(number.first, number.last)), "cue")
                self._slots.used.update(source.tokens)
                self._slots.where.append(Compare(Item(ref), "=", self._code(number, found), source=source))
                return True
        return False

    # The whole

    def _finish(self) -> Reading:
        slots = self._slots
        where = self._merged(slots.where)
        select = list(dict.fromkeys(slots.select))
        root, group, order = self._root, list(dict.fromkeys(slots.group)), list(slots.order)
        intent, distinct = slots.intent, False
        aggregated = any(item.aggregated for item in select)
        if not group and (slots.compare or slots.counted or aggregated):
            group = self._compared_by(where) if slots.compare else self._entities_apart(where)
        if slots.status and not aggregated and not group and not slots.counted:
            known = self._status_fields()
            if not select:
                group = [Item(known[0], source=IMPLIED)]
            elif all(item.ref in known for item in select):
                group, select = select[:1], []
        if (slots.trend or slots.series) and not any(item.grain for item in group):
            group = [*self._time_group(where), *group]
            intent = "trend"
        if not aggregated and not slots.counted and (default := self._default_measure()):
            select, aggregated = [*[item for item in select if item in group], default], True
        if slots.counted and not aggregated:
            select = [*[item for item in select if item in group], Item(fn="count", dataset=slots.counted)]
            aggregated, intent = True, intent or "count"
        needs_measure = bool(group) and not aggregated
        if needs_measure:
            select, aggregated = [*[item for item in select if item not in group], Item(fn="count", dataset=root)], True
            select = [item for item in select if item.aggregated or item not in group]
        if aggregated:
            # Amounts are never what rows are grouped by: one beside an aggregate is a word of it.
            select = [item for item in select if item.aggregated or not self._amount(item) or item in group]
            plain = [item for item in select if not item.aggregated and item not in group]
            group = [*group, *plain]
            select = [*group, *[item for item in select if item.aggregated]]
        intent = intent or ("groups" if group else "value" if aggregated else "list")
        if group and intent in ("count", "value"):
            intent = "groups"
        if slots.limit and order:
            intent = "ranking"
        if slots.limit and group and aggregated and not any(item.grain for item in group):
            intent = "ranking"
        if intent == "ranking" and not order and aggregated:
            order = [Order(next(item for item in reversed(select) if item.aggregated), True)]
        if not select:
            select = self._shown(root)
            if slots.details:
                intent = "detail"
        if slots.distinct and not aggregated:
            distinct = True
        limit = slots.limit
        if order and not limit and any(order_.item.aggregated for order_ in order) and not group:
            limit = 0
        return Reading(
            root=root, select=tuple(select), where=tuple(where), group=tuple(group), having=tuple(slots.having),
            order=tuple(order), limit=limit, distinct=distinct, tables=tuple(dict.fromkeys(slots.tables)),
            intent=intent, form=slots.form,
        )  # fmt: skip

    def _amount(self, item: Item) -> bool:
        """Whether an item is a plain measure."""
        held = self._vocabulary.fields.get((item.ref.dataset, item.ref.field)) if item.ref else None
        return held is not None and held.role == semantics_pb2.FIELD_ROLE_MEASURE

    def _default_measure(self) -> Item | None:
        """What "how much" means of the root where nothing else is said."""
        asked = [unit.cue for unit in self._units if unit.cue is not None and unit.cue.op == "HOW_MUCH"]
        name = self._vocabulary.datasets[self._root].default_measure
        if not asked or not name:
            return None
        source = Source(tuple(sorted(at for cue in asked for at in range(cue.first, cue.last))), "default", 0.8, name)
        self._use(*asked)
        if name in self._vocabulary.metrics:
            return Item(metric=name, dataset=self._root, source=source)
        return Item(Ref(self._root, name), fn="sum", source=source)

    def _shown(self, root: str) -> list[Item]:
        held = self._vocabulary.datasets[root]
        names = list(held.display_fields) or [each.name for each in held.fields if each.column]
        if self._slots.details:
            names = [each.name for each in held.fields if each.column]
        if not any(self._vocabulary.fields[root, name].unique for name in names):
            # Rows that nobody can tell apart are of no use to who wants to act on one.
            names += [name for name in held.key_fields if name not in names]
        return [Item(Ref(root, name)) for name in names]

    def _merged(self, where: list[Condition]) -> list[Condition]:
        """Values of one field are alternatives; entities too."""
        values: dict[Ref, list[Compare]] = {}
        merged: list[Condition] = []
        entities = [each for each in where if isinstance(each, Named) and not each.negated]
        for each in where:
            if isinstance(each, Compare) and each.op == "=" and isinstance(each.right, str) and each.left.ref:
                values.setdefault(each.left.ref, []).append(each)
            elif not (each in entities and len(entities) > 1):
                merged.append(each)
        for ref, found in values.items():
            constants = tuple(dict.fromkeys(each.right for each in found if isinstance(each.right, str)))
            if len(constants) == 1:
                merged.append(found[0])
            else:
                tokens = tuple(sorted({token for each in found for token in each.source.tokens}))
                merged.append(Within(ref, constants, source=Source(tokens, "value")))
        if len(entities) > 1:
            merged.append(AnyOf(tuple(dict.fromkeys(entities))))
        return list(dict.fromkeys(merged))

    def _compared_by(self, where: list[Condition]) -> list[Item]:
        """What sets the compared things apart."""
        for each in where:
            if isinstance(each, Within):
                return [Item(each.ref, source=each.source)]
        return self._entities_apart(where)

    def _entities_apart(self, where: list[Condition]) -> list[Item]:
        """Several entities side by side are told apart by their names."""
        for each in where:
            if isinstance(each, AnyOf) and all(isinstance(option, Named) for option in each.options):
                named = [option for option in each.options if isinstance(option, Named)]
                if len({option.dataset for option in named}) == 1:
                    return [Item(dataset=named[0].dataset, entities=tuple(option.entity for option in named))]
        return []

    def _time_group(self, where: list[Condition]) -> list[Item]:
        for each in where:
            if isinstance(each, Between) and each.upper_open:
                return [Item(each.ref, grain=self._slots.grain or "month")]
        ref = self._time_field(0)
        return [Item(ref, grain=self._slots.grain or "month")] if ref else []


__all__ = ["Composed", "Composer", "Like"]
