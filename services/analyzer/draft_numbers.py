"""Numbers: a bound of an amount, a number of partners, the number that a row goes by, or how many are wanted."""

from dataclasses import replace

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import Cue
from services.analyzer.draft import Draft
from services.analyzer.draft_absence import number_of
from services.analyzer.link import Link
from services.analyzer.mentions import Unit
from services.analyzer.numbers import Number
from services.analyzer.reading import (
    Between,
    Compare,
    Constant,
    Item,
    Ref,
    Related,
    Source,
)

_COMPARE = {"GT": ">", "GE": ">=", "LT": "<", "LE": "<=", "EQ": "=", "NE": "<>", "AFTER": ">", "BEFORE": "<"}
_NAMED = 0.9
"""Score from which on an amount is called by its name."""
_HOW_MANY = frozenset({"FIRST", "LAST", "MOST", "FEWEST", "DEGREE", "RANKING"})


def compared(draft: Draft, at: int, unit: Unit, ref: Ref, before: list[Cue], after: list[Cue]) -> bool:
    """Whether the field stands beside a comparison with a number or a value that follows, which is then taken."""
    if _bounded_before(draft, at, unit, ref):
        return True
    operators = [cue for cue in after if cue.op in _COMPARE or cue.op == "BETWEEN"]
    if any(cue.op in _HOW_MANY for cue in after):
        return False  # "por cliente top 10": how many are wanted
    skip = len(after)
    following = draft.units[at + 1 + skip] if at + 1 + skip < len(draft.units) else None
    if following is None or following.first > draft.units[at + skip].last + 1:
        return False
    if following.number is not None and following.first not in draft.used:
        return _compare_number(draft, at, unit, ref, operators, following, at + 1 + skip)
    if (
        operators
        and operators[0].op in _COMPARE
        and following.link is not None
        and (other := _other_amount(draft, ref, following)) is not None
    ):
        source = draft.source(unit, *operators, *after)
        right = Item(Ref(ref.dataset, other.target.name), source=draft.source(other))
        draft.where.append(Compare(Item(ref, source=source), _COMPARE[operators[0].op], right, source=source))
        # It is no amount to be shown any more.
        draft.units[at + 1 + skip] = replace(
            following, link=None, others=(), cue=Cue("THE", following.first, following.last)
        )
        return True
    if following.link is not None and following.link.target.kind == "value":
        same = [
            link
            for link in (following.link, *following.others)
            if link.target.kind == "value" and (link.target.dataset, link.target.name) == (ref.dataset, ref.field)
        ]
        if same:
            draft.source(unit)
            return True
    return False


def _other_amount(draft: Draft, ref: Ref, following: Unit) -> Link | None:
    """The amount of the same rows that a unit names: "valor pago maior que o cotado"."""
    if not draft.amount(Item(ref)) or following.link is None:
        return None
    unit = draft.vocabulary.fields[ref.dataset, ref.field].unit
    for link in (following.link, *following.others):
        held = draft.vocabulary.field_of(link.target) if link.target.kind == "field" else None
        if held is None or link.target.dataset != ref.dataset or link.target.name == ref.field or link.score < _NAMED:
            continue
        if held.role == semantics_pb2.FIELD_ROLE_MEASURE and held.unit == unit:
            return link
    return None


def bounded_metric(draft: Draft, at: int, unit: Unit, link: Link) -> bool:
    """ "Sellers with revenue above 10 million": a bound of the measure of each of what was named before."""
    after = draft.after(at)
    operators = [cue for cue in after if cue.op in _COMPARE]
    following = draft.units[at + 1 + len(after)] if at + 1 + len(after) < len(draft.units) else None
    number = following.number if following is not None else None
    subject = next((item for item in draft.select if item.ref is not None and draft.groups(item.ref)), None)
    if not operators or following is None or number is None or number.first in draft.used:
        return False
    if (subject is None and not draft.group) or any(
        each.link is not None and each.first == following.last for each in draft.units
    ):
        return False  # a bound of the rows themselves, or of the amount that follows
    source = draft.source(unit, *operators)
    draft.used.update(range(following.first, following.last))
    op = _COMPARE[operators[0].op]
    measure = Item(metric=link.target.name, dataset=link.target.dataset, source=source)
    if measure not in draft.select:
        draft.select.append(measure)
    draft.having.append(Compare(measure, op, number.value, source=source))
    return True


def _compare_number(
    draft: Draft, at: int, unit: Unit, ref: Ref, operators: list[Cue], following: Unit, place: int
) -> bool:
    number = following.number
    assert number is not None
    held = draft.vocabulary.fields[ref.dataset, ref.field]
    numeric = draft.measurable(ref) or held.role == semantics_pb2.FIELD_ROLE_IDENTIFIER
    if not operators and held.role == semantics_pb2.FIELD_ROLE_MEASURE and not draft.after(at):
        return False
    if not draft.measurable(ref) and (number.unit or any(cue.op not in ("EQ", "NE") for cue in operators)):
        # Only amounts are more or less; an amount of money names no row.
        return False
    if not numeric and (
        held.role not in (semantics_pb2.FIELD_ROLE_DIMENSION, semantics_pb2.FIELD_ROLE_TEXT) or not _holds_codes(held)
    ):
        return False
    source = draft.source(unit, *operators)
    draft.used.update(range(following.first, following.last))
    if operators and operators[0].op == "BETWEEN":
        upper = _upper(draft, place)
        if upper is not None:
            draft.used.update(range(upper.first, upper.last))
            draft.where.append(Between(ref, number.value, upper.value, source=source))
            return True
    op = _COMPARE[operators[0].op] if operators else "="
    draft.where.append(Compare(Item(ref, source=source), op, _code(draft, number, held), source=source))
    return True


def _holds_codes(held: semantics_pb2.Field) -> bool:
    """Whether a text field may hold numbers: none is known that says otherwise."""
    return not held.values or any(value.value.isdigit() for value in held.values)


def _upper(draft: Draft, place: int) -> Number | None:
    """The number that follows another and an "and"."""
    return next((other.number for other in draft.units[place + 1 : place + 3] if other.number), None)


def _bounded_before(draft: Draft, at: int, unit: Unit, ref: Ref) -> bool:
    """A bound before the name of the amount: "mais de 5 pallets", "with at least 300 kg"."""
    beside = draft.units[at - 1] if at else None
    number = beside.number if beside is not None else None
    if beside is None or number is None or beside.last < unit.first - 1 or number.first in draft.used:
        return False
    held = draft.vocabulary.fields[ref.dataset, ref.field]
    if held.role == semantics_pb2.FIELD_ROLE_MEASURE and _between_before(draft, at, unit, ref):
        return True
    comparison = next((cue for cue in draft.before(at - 1)[:1] if cue.op in _COMPARE or cue.op == "WITH"), None)
    if (
        comparison is None
        or (unit.link is not None and unit.link.coverage < 1)
        or held.role != semantics_pb2.FIELD_ROLE_MEASURE
    ):
        return False
    draft.used.update(range(number.first, number.last))
    source = draft.source(unit, comparison)
    draft.where.append(Compare(Item(ref, source=source), _COMPARE.get(comparison.op, "="), number.value, source=source))
    return True


def _between_before(draft: Draft, at: int, unit: Unit, ref: Ref) -> bool:
    """ "Between 10 and 20 pallets": both bounds before the name of the amount."""
    units = draft.units[max(0, at - 4) : at]
    cues = [each.cue.op for each in units if each.cue is not None]
    numbers = [each.number for each in units if each.number is not None]
    if len(units) != len(("between", "one", "and", "other")) or cues != ["BETWEEN", "AND"] or len(numbers) != 2:
        return False
    if units[0].cue is None or units[0].cue.op != "BETWEEN" or any(each.first in draft.used for each in numbers):
        return False
    source = draft.source(unit, *[each.cue for each in units if each.cue is not None])
    draft.used.update(at for each in numbers for at in range(each.first, each.last))
    draft.where.append(Between(ref, numbers[0].value, numbers[1].value, source=source))
    return True


def _money(draft: Draft, at: int, number: Number, comparisons: list[Cue]) -> bool:
    """A bound of an amount of money that no field is named for: what the rows of the root are worth."""
    name = draft.vocabulary.datasets[draft.root].default_measure
    alike = [
        each.name for each in draft.vocabulary.datasets[draft.root].fields
        if each.role == semantics_pb2.FIELD_ROLE_MEASURE and each.unit == number.unit
    ]  # fmt: skip
    if name not in alike and len(alike) == 1:
        name = alike[0]
    held = draft.vocabulary.fields.get((draft.root, name))
    if held is None or held.unit != number.unit or not comparisons:
        return False
    cue, tokens = comparisons[0], set(range(number.first, number.last))
    ref = Ref(draft.root, name)
    upper = _upper(draft, at) if cue.op == "BETWEEN" else None
    if cue.op == "BETWEEN" and upper is None:
        return False
    if upper is not None:
        tokens.update(range(upper.first, upper.last))
    draft.use(cue)
    draft.used |= tokens
    source = Source(tuple(sorted({*tokens, *range(cue.first, cue.last)})), "default", 0.8, name)
    if upper is not None:
        draft.where.append(Between(ref, number.value, upper.value, source=source))
    else:
        draft.where.append(Compare(Item(ref, source=source), _COMPARE[cue.op], number.value, source=source))
    return True


def _code(draft: Draft, number: Number, held: semantics_pb2.Field) -> Constant:
    """A number as the field holds it; codes keep the digits that were typed."""
    if held.role == semantics_pb2.FIELD_ROLE_IDENTIFIER:
        return draft.parsed.text(number.first, number.last)
    return number.value


def take_number(draft: Draft, at: int, number: Number) -> None:  # one branch a part that a number can take
    if set(range(number.first, number.last)) & draft.used:
        return
    before, after = draft.before(at), draft.after(at)
    ops, next_ops = draft.ops(before), draft.ops(after)
    tokens = range(number.first, number.last)
    source = Source(tuple(tokens), "cue")
    following = draft.units[at + 1] if at + 1 < len(draft.units) else None
    comparison = next((cue for cue in (*before[:1], *after[:1]) if cue.op in _COMPARE), None)
    unit = number.unit or next((other.unit for other in (_upper(draft, at),) if other is not None), "")
    bounds = [cue for cue in (*before[:1], *after[:1]) if cue.op in _COMPARE or cue.op == "BETWEEN"]
    if not unit and number.value >= _LARGE and not _measured_in(draft, following, number):
        # "Orders over 50k": nothing but what they are worth comes in thousands.
        unit = _worth(draft)
    if len(unit) == len("BRL") and _money(draft, at, replace(number, unit=unit), bounds):
        return
    if comparison is None and not before and _numbered(draft, at, number):
        return
    if comparison is not None and following is not None and following.link is not None:
        target = following.link.target
        op = _COMPARE[comparison.op]
        if (
            target.kind == "dataset"
            and number.whole
            and number_of(draft, target.dataset, comparison, op, int(number.value), source)
        ):
            return
        if target.kind == "dataset" and target.dataset != draft.root:
            draft.used.update(tokens)
            draft.use(comparison)
            draft.where.append(
                Related(draft.root, target.dataset, op=_COMPARE[comparison.op], count=int(number.value), source=source)
            )
            return
    degrees = [cue for cue in (*before[:1], *after[:2]) if cue.op in ("FIRST", "DEGREE", "MOST", "FEWEST", "LAST")]
    if degrees and number.whole and 0 < number.value <= 1000:
        draft.used.update(tokens)
        draft.use(*degrees)
        draft.limit = int(number.value)
    elif (
        number.whole
        and number.value <= 1000
        and not comparison
        and (next_ops[:1] == ["DEGREE"] or ops[:1] == ["LIST"] or _ranks_what_follows(draft, following))
    ):
        draft.used.update(tokens)
        draft.limit = int(number.value)


_LARGE = 1000


def _measured_in(draft: Draft, following: Unit | None, number: Number) -> bool:
    """Whether a number is followed by the name of what it measures, or is a year."""
    named = following is not None and following.link is not None and following.first == number.last
    return named or any(period.first <= number.first < period.last for period in draft.parsed.periods)


def _worth(draft: Draft) -> str:
    """The currency that the rows of the root are worth something in; empty where they are not."""
    held = draft.vocabulary.datasets[draft.root]
    metric = draft.vocabulary.metrics.get(held.default_measure)
    field = draft.vocabulary.fields.get((held.name, held.default_measure))
    return metric.unit if metric is not None else field.unit if field is not None else ""


def _ranks_what_follows(draft: Draft, following: Unit | None) -> bool:
    """Whether a number says how many of the following are wanted, in a question that ranks ("os 5 clientes que mais")."""
    ranking = any(
        unit.cue is not None and unit.cue.op in ("MOST", "FEWEST", "DEGREE", "RANKING", "MAIN") for unit in draft.units
    )
    return (ranking or bool(draft.order)) and following is not None and following.link is not None


def _numbered(draft: Draft, at: int, number: Number) -> bool:
    """Whether a number right behind the name of a dataset is the one that its rows go by ("pedido 123")."""
    beside = draft.units[at - 1] if at else None
    if beside is None or beside.link is None or beside.link.target.kind != "dataset" or beside.last != number.first:
        return False
    held = draft.vocabulary.datasets[beside.link.target.dataset]
    names = [held.label_field, *held.key_fields]
    for name in names:
        found = draft.vocabulary.fields.get((held.name, name))
        if found is not None and (found.role == semantics_pb2.FIELD_ROLE_IDENTIFIER or found.family in (1, 2)):
            ref = Ref(held.name, name)
            source = Source(tuple(range(number.first, number.last)), "cue")
            draft.used.update(source.tokens)
            draft.where.append(Compare(Item(ref), "=", _code(draft, number, found), source=source))
            return True
    return False
