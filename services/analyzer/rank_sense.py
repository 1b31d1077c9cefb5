"""Features of a whole reading that tell sense from nonsense: what is counted, what values are tested on, what is ordered by.

A reading may fit every word and still be one that nobody means: the routes of each route counted, a first name looked for
among customers and the last name beside it among employees.
"""

from collections.abc import Sequence

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.features import unit_of
from services.analyzer.ground import Ground, Ids
from services.analyzer.reading import Compare, Condition, Item, Reading, Ref, Within, conditions
from services.analyzer.roles import direction

NAMES: tuple[str, ...] = (
    "counted.own", "counted.grouped", "counted.unnamed", "counted.shown", "counted.double", "group.repeats",
    "ordered.count_unsaid", "ordered.count_missed", "ordered.unlimited", "limit.unsaid", "having.large", "names.split",
    "names.whole", "direction.with", "direction.against", "tested.amount", "tested.unshown", "tested.averaged",
    "year.elsewhere",
)  # fmt: skip
_LEAVING = frozenset({"from", "de", "do", "da", "dos", "das", "desde", "saindo", "leaving", "departing", "partindo"})
_ARRIVING = frozenset({"to", "para", "pra", "pro", "ate", "into", "toward", "towards", "reaching", "arriving"})
_FAR = 3
"""Digits from which on a number of related rows is an unlikely one."""
_NEAR = 4
"""Units between a field and the number that it is compared with."""
_AGGREGATES = frozenset({"AVG", "SUM", "MAX", "MIN"})
_FIRST_YEAR, _LAST_YEAR = 1850, 2100
Tested = tuple[tuple[int, ...], str, str, Compare]
"""Tokens of a value, the dataset and the field that it is looked for in, and how."""


def sense(reading: Reading, ground: Ground, ids: Ids) -> list[float]:
    """The features of a reading, in the order of NAMES. Many readings share the parts that these come from."""
    parts, root = ground.parts, reading.root
    counted_of = ("counted", root, ids.select, ids.having, ids.group, ids.order)
    counted: list[float] | None = parts.get(counted_of)
    if counted is None:
        counted = parts[counted_of] = _counted(reading, ground)
    ordered_of = ("ordered", ids.order, ids.having, reading.limit)
    ordered: list[float] | None = parts.get(ordered_of)
    if ordered is None:
        ordered = parts[ordered_of] = _ordered(reading, ground)
    return [*counted, *ordered, *_tested(reading, ground, ids)]


def _counted(reading: Reading, ground: Ground) -> list[float]:
    """Rows that are counted: those of the very thing that stands for a group, and those of what nobody named; groups that
    are called alike without being the same."""
    items = [*reading.select, *(order.item for order in reading.order)]
    items += [each.left for each in reading.having]
    keys = [item.ref for item in reading.group if item.ref]
    repeats = float(any(item.aggregated for item in items) and any(_repeats(ref, ground) for ref in keys))
    counted = {item.dataset or reading.root for item in items if item.fn == "count" and item.ref is None}
    if not counted:
        return [0.0, 0.0, 0.0, 0.0, _double(reading, ground), repeats]
    own = {ref.dataset for ref in keys if any(ground.kind(ref))}
    grouped = {ref.dataset for ref in keys}
    return [
        float(bool(counted & own)), float(bool(counted & grouped) and bool(ground.evidence.named - grouped)),
        float(bool(counted - ground.evidence.named)),
        float(any(item.ref and item.ref.dataset in counted for item in reading.select)), 0.0, repeats,
    ]  # fmt: skip


def _double(reading: Reading, ground: Ground) -> float:
    """Whether "number of flights" is taken for a count and for the flight's number at once."""
    cues = [cue for cue in ground.evidence.frame.parsed.cues if cue.op == "COUNT"]
    fields = [at for item in reading.select if item.fn == "count" and item.ref for at in item.source.tokens]
    return float(any(cue.first <= at < cue.last for cue in cues for at in fields))


def _repeats(ref: Ref, ground: Ground) -> bool:
    """Whether a label stands for several rows: people of one name are not one person."""
    label, key, unique = ground.kind(ref)
    held = ground.vocabulary.fields[ref.dataset, ref.field]
    rows = ground.vocabulary.datasets[ref.dataset].row_estimate
    return label and not key and not unique and 0 < held.distinct < rows


def _ordered(reading: Reading, ground: Ground) -> list[float]:
    order = reading.order[0].item if reading.order else None
    counts = order is not None and order.fn == "count"
    many = ground.cues.many
    return [
        float(counts and not many), float(order is not None and not order.fn and many),
        float(order is not None and not reading.limit and ground.cues.degree),
        float(reading.limit > 1 and reading.limit not in ground.amounts), _large(reading),
    ]  # fmt: skip


def _large(reading: Reading) -> float:
    digits = [
        len(str(int(each.right))) for each in reading.having if each.left.fn == "count" and isinstance(each.right, int)
    ]
    return float(max(digits, default=0) >= _FAR)


def _tested(reading: Reading, ground: Ground, ids: Ids) -> list[float]:
    if reading.combine is None:
        key = ("values", ids.where, ids.having)
        held: tuple[list[float], list[str], list[float]] | None = ground.parts.get(key)
        if held is None:
            held = ground.parts[key] = _of_values(reading, ground)
    else:
        held = _of_values(reading, ground)
    before, named, after = held
    if not named:
        return [*before, 0.0, *after]
    shown = {item.ref.dataset for item in reading.select if item.ref}
    return [*before, float(sum([dataset not in shown for dataset in named])), *after]


def _of_values(reading: Reading, ground: Ground) -> tuple[list[float], list[str], list[float]]:
    """Features of the conditions; between them comes the one that also looks at what is shown, which wants the datasets of
    the values that are tested."""
    found = _values(reading)
    beside = [
        (one, other) for one in found for other in found if one[0] and other[0] and one[0][-1] + 1 == other[0][0]
    ]  # fmt: skip
    keys = ground.evidence.frame.parsed.keys
    told = [(direction(field), _heading(tokens, keys)) for tokens, _, field, _ in found]
    amounts = sum(_amount(each, ground) for _, _, _, each in found)
    before = [
        float(sum(one[1] != other[1] for one, other in beside)),
        float(sum(one[1] == other[1] and one[2] != other[2] for one, other in beside)),
        float(sum(bool(way) and way == heading for way, heading in told)),
        float(sum(bool(way) and bool(heading) and way != heading for way, heading in told)),
        float(amounts),
    ]  # fmt: skip
    averaged = float(sum(_averaged(each, ground) for each in reading.where))
    return before, [dataset for _, dataset, _, _ in found], [averaged, float(_no_years(reading, ground))]


def _values(reading: Reading) -> list[Tested]:
    found: list[Tested] = []
    blocks = [reading, reading.combine.other] if reading.combine else [reading]
    for each in (each for block in blocks for each in conditions(block)):
        if (
            isinstance(each, Compare)
            and each.op in ("=", "<>")
            and each.left.ref
            and not isinstance(each.right, Reading | Item)
        ):
            found.append((tuple(sorted(each.source.tokens)), each.left.ref.dataset, each.left.ref.field, each))
    return found


def _amount(test: Compare, ground: Ground) -> bool:
    """Whether an amount is asked to equal a number: numbers that stand alone are keys and codes more often."""
    ref = test.left.ref
    if ref is None or test.left.fn or isinstance(test.right, str):
        return False
    return ground.vocabulary.fields[ref.dataset, ref.field].role == semantics_pb2.FIELD_ROLE_MEASURE


def _averaged(test: Condition, ground: Ground) -> bool:
    """Whether a row is tested where an aggregate is spoken of: "the average life expectancy is longer than 72"."""
    if not isinstance(test, Compare) or test.left.fn or not test.left.ref or not test.source.tokens:
        return False
    frame = ground.evidence.frame
    at = frame.unit_at[test.source.tokens[0]]
    named = [
        unit_of(frame, link) for link in ground.evidence.by_field.get((test.left.ref.dataset, test.left.ref.field), ())
    ]
    return any(
        0 < at - unit <= _NEAR
        and any(tag in _AGGREGATES for each in frame.units[max(0, unit - 1) : unit] for tag in each.tags)
        for unit in named
    )


def _no_years(reading: Reading, ground: Ground) -> int:
    """Numbers that look like years and are looked for in other fields, though the dataset has one that holds years."""
    found = conditions(reading)
    pairs: list[tuple[Ref, object]] = [
        (each.left.ref, each.right) for each in found if isinstance(each, Compare) and each.op == "=" and each.left.ref
    ]
    pairs += [(each.ref, value) for each in found if isinstance(each, Within) for value in each.values]
    return sum(_no_year(ref, str(value), ground) for ref, value in pairs if not isinstance(value, Reading | Item))


def _no_year(ref: Ref, number: str, ground: Ground) -> bool:
    if not number.isdigit() or not _FIRST_YEAR <= int(number) <= _LAST_YEAR:
        return False
    fields = ground.vocabulary.datasets[ref.dataset].fields
    return ground.vocabulary.fields[ref.dataset, ref.field].unit != "year" and any(
        each.unit == "year" for each in fields
    )


def _heading(tokens: Sequence[int], keys: Sequence[str]) -> str:
    """ "leaving" or "arriving" as the preposition before a value says; "" where none does."""
    before = keys[tokens[0] - 1] if tokens and tokens[0] else ""
    if before in ("the", "o", "a", "os", "as") and tokens[0] > 1:
        before = keys[tokens[0] - 2]
    return "leaving" if before in _LEAVING else "arriving" if before in _ARRIVING else ""
