"""Features of a whole reading that tell sense from nonsense: what is counted, what values are tested on, what is ordered by.

A reading may fit every word and still be one that nobody means: the routes of each route counted, a first name looked for
among customers and the last name beside it among employees.
"""

from collections.abc import Sequence

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.ground import Ground
from services.analyzer.reading import Compare, Item, Reading, conditions
from services.analyzer.roles import direction

NAMES: tuple[str, ...] = (
    "counted.own", "counted.unnamed", "counted.shown", "ordered.count_unsaid", "ordered.count_missed", "ordered.unlimited",
    "limit.unsaid", "having.large", "names.split", "names.whole", "direction.with", "direction.against", "tested.amount",
    "tested.unshown",
)  # fmt: skip
_LEAVING = frozenset({"from", "de", "do", "da", "dos", "das", "desde", "saindo", "leaving", "departing", "partindo"})
_ARRIVING = frozenset({"to", "para", "pra", "pro", "ate", "into", "toward", "towards", "reaching", "arriving"})
_FAR = 3
"""Digits from which on a number of related rows is an unlikely one."""
Tested = tuple[tuple[int, ...], str, str, Compare]
"""Tokens of a value, the dataset and the field that it is looked for in, and how."""


def sense(reading: Reading, ground: Ground) -> list[float]:
    """The features of a reading, in the order of NAMES."""
    return [*_counted(reading, ground), *_ordered(reading, ground), *_tested(reading, ground)]


def _counted(reading: Reading, ground: Ground) -> list[float]:
    """Rows that are counted: those of the very thing that stands for a group, and those of what nobody named."""
    items = [*reading.select, *(order.item for order in reading.order)]
    items += [each.left for each in reading.having]
    counted = {item.dataset or reading.root for item in items if item.fn == "count" and item.ref is None}
    if not counted:
        return [0.0] * 3
    own = {item.ref.dataset for item in reading.group if item.ref and any(ground.kind(item.ref))}
    return [
        float(bool(counted & own)), float(bool(counted - ground.evidence.named)),
        float(any(item.ref and item.ref.dataset in counted for item in reading.select)),
    ]  # fmt: skip


def _ordered(reading: Reading, ground: Ground) -> list[float]:
    order = reading.order[0].item if reading.order else None
    counts = order is not None and order.fn == "count"
    many = ground.cue("MOST", "FEWEST", "COMMON", "RARE", "COUNT")
    said = {int(each.value) for each in ground.evidence.frame.parsed.numbers if each.value == int(each.value)}
    return [
        float(counts and not many), float(order is not None and not order.fn and many),
        float(order is not None and not reading.limit and ground.cues.degree),
        float(reading.limit > 1 and reading.limit not in said), _large(reading),
    ]  # fmt: skip


def _large(reading: Reading) -> float:
    digits = [
        len(str(int(each.right))) for each in reading.having if each.left.fn == "count" and isinstance(each.right, int)
    ]
    return float(max(digits, default=0) >= _FAR)


def _tested(reading: Reading, ground: Ground) -> list[float]:
    found = _values(reading)
    beside = [
        (one, other) for one in found for other in found if one[0] and other[0] and one[0][-1] + 1 == other[0][0]
    ]  # fmt: skip
    keys = ground.evidence.frame.parsed.keys
    told = [(direction(field), _heading(tokens, keys)) for tokens, _, field, _ in found]
    amounts = sum(_amount(each, ground) for _, _, _, each in found)
    shown = {item.ref.dataset for item in reading.select if item.ref}
    return [
        float(sum(one[1] != other[1] for one, other in beside)),
        float(sum(one[1] == other[1] and one[2] != other[2] for one, other in beside)),
        float(sum(bool(way) and way == heading for way, heading in told)),
        float(sum(bool(way) and bool(heading) and way != heading for way, heading in told)),
        float(amounts), float(sum(dataset not in shown for _, dataset, _, _ in found)),
    ]  # fmt: skip


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


def _heading(tokens: Sequence[int], keys: Sequence[str]) -> str:
    """ "leaving" or "arriving" as the preposition before a value says; "" where none does."""
    before = keys[tokens[0] - 1] if tokens and tokens[0] else ""
    if before in ("the", "o", "a", "os", "as") and tokens[0] > 1:
        before = keys[tokens[0] - 2]
    return "leaving" if before in _LEAVING else "arriving" if before in _ARRIVING else ""
