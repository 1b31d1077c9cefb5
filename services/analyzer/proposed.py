"""How a language model's readings join the analyzer's own: agreement raises confidence, another reading lowers it.

By Bayes' rule, over the analyzer's candidates with their probabilities and what is left for readings that it has not
found. How often models are right is assumed once for all: a model that is mostly wrong is worth not having, and one that is
mostly right is not believed against a sure reading.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial

from maestro.plan.v1 import plan_pb2
from services.analyzer.analyze import Scored, content
from services.analyzer.build import build
from services.analyzer.cues import Cue
from services.analyzer.normalize import fold
from services.analyzer.parse import Parse
from services.analyzer.reading import (
    AnyOf,
    Between,
    Compare,
    Flag,
    Item,
    Named,
    Reading,
    Ref,
    Within,
    conditions,
    datasets,
    refs,
)
from services.analyzer.trees import NotConnected
from services.analyzer.vocabulary import Vocabulary

_RIGHT = 0.7
"""How often a model's valid proposal is right."""
_SAME_WRONG = 0.06
"""How often it proposes a wrong reading that the analyzer has found as well: a likely one rather than an unlikely one."""
_OTHER_WRONG = 0.24
"""How often it proposes something else though the analyzer has found the right reading."""
_MOST = 0.98


def joined(
    scored: Sequence[Scored], proposed: Sequence[Reading], proposer: str, parsed: Parse, vocabulary: Vocabulary
) -> list[Scored]:
    """The analyzer's readings and a model's, best first. Without proposals: the analyzer's as they are."""
    found = list(scored)
    for reading in proposed:
        try:
            made = build(reading, vocabulary, parsed.question)
        except NotConnected:
            continue
        made.proposer = proposer
        left = unexplained(reading, parsed, vocabulary)
        found = _with(found, Scored(reading, 0.0, left, 0.0, "model", (), partial(_as_is, made)), vocabulary)
    return found


def _with(scored: list[Scored], new: Scored, vocabulary: Vocabulary) -> list[Scored]:
    prior = _priors(scored)
    rest = 1 - sum(prior)
    kinds = Kinds(vocabulary, [*(each.reading for each in scored), new.reading])
    key = kinds.of(new.reading)
    same = next((at for at, each in enumerate(scored) if kinds.of(each.reading) == key), -1)
    if same >= 0:
        weights = [share * (_RIGHT if at == same else _slip(prior[same], share)) for at, share in enumerate(prior)]
        whole = sum(weights) + rest * _slip(prior[same], rest)
        agreed = scored[same]
        both = plan_pb2.QueryPlan()
        both.CopyFrom(agreed.plan)
        both.proposer = f"{agreed.plan.proposer}+{new.plan.proposer}"
        found = list(scored)
        found[same] = replace(agreed, make=partial(_as_is, both))
    else:
        weights = [*(share * _OTHER_WRONG for share in prior), rest * _RIGHT]
        whole = sum(weights) + rest * (1 - _RIGHT)
        # It is a candidate like any other: behind those that are as likely.
        found = [*scored, new]
    chances = [weight / whole for weight in weights]
    ranked = sorted(range(len(found)), key=lambda at: -chances[at])
    return [replace(found[at], probability=round(chances[at], 4)) for at in ranked]


def _as_is(made: plan_pb2.QueryPlan) -> plan_pb2.QueryPlan:
    return made


def _slip(proposed: float, true: float) -> float:
    """How often the model proposes a reading though another one is right; by how likely the analyzer holds the two."""
    return _SAME_WRONG * (0.2 + 0.8 * min(1.0, proposed / max(1.0 - true, 1e-9)))


def _priors(scored: Sequence[Scored]) -> list[float]:
    """The readings' probabilities, so that together they leave something for what has not been found."""
    left, found = _MOST, []
    for each in scored:
        share = min(max(each.probability, 0.0), left)
        found.append(share)
        left -= share
    return found


class Kinds:
    """What makes two readings the same question to the data, however they are written."""

    def __init__(self, vocabulary: Vocabulary, told: Iterable[Reading]) -> None:
        """told: the readings that are compared; what they do not name is not looked at, of what may be thousands."""
        self._vocabulary = vocabulary
        self._parent: dict[tuple[str, str], tuple[str, str]] = {}
        held = {name for reading in told for block in _blocks(reading) for name in datasets(block)}
        keyed = [each for name in held if len((each := vocabulary.datasets[name]).key_fields) == 1]
        self._labels = {(each.name, each.label_field): (each.name, each.key_fields[0]) for each in keyed}
        """What rows of a dataset are called → their key."""
        names = {(name, each.column): each.name for name in held for each in vocabulary.datasets[name].fields}
        for entry in vocabulary.model.relationships:
            if not {entry.from_dataset, entry.to_dataset} <= held:
                continue
            for one, other in zip(entry.relationship.from_columns, entry.relationship.to_columns, strict=False):
                first = self._root((entry.from_dataset, names.get((entry.from_dataset, one), one)))
                second = self._root((entry.to_dataset, names.get((entry.to_dataset, other), other)))
                if first != second:
                    self._parent[first] = second

    def _root(self, key: tuple[str, str]) -> tuple[str, str]:
        while key in self._parent:
            key = self._parent[key]
        return key

    def of(self, reading: Reading) -> Hashable:
        """Equal for readings that ask the same."""
        return (
            frozenset(datasets(reading)), tuple(sorted(map(repr, map(self._part, reading.select)))), reading.distinct,
            frozenset(map(self._part, reading.where)), frozenset(map(self._grouped, reading.group)),
            frozenset(map(self._part, reading.having)), tuple((self._part(each.item), each.descending) for each in reading.order),
            reading.limit, reading.offset,
            (reading.combine.op, self.of(reading.combine.other)) if reading.combine else None,
        )  # fmt: skip

    def _grouped(self, item: Item) -> Hashable:
        """A row of a dataset is a group by whatever tells rows apart: the key, the name, or both."""
        ref = item.ref
        if ref is None or item.aggregated or item.grain or item.minus or item.per:
            return self._part(item)
        root = self._root(self._labels.get((ref.dataset, ref.field), (ref.dataset, ref.field)))
        told = {self._root(key) for key in self._labels.values()}
        return ("rows", *root, ref.role) if root in told else self._part(item)

    def _part(self, part: object) -> Hashable:  # noqa: PLR0911  # one return a kind
        match part:
            case Ref():
                return (*self._root((part.dataset, part.field)), part.role)
            case Item():
                counted = None if part.fn == "count" and not part.distinct and self._always(part.ref) else part.ref
                dataset = part.dataset if part.metric or part.entities else ""
                others = (part.minus, part.per)
                return (
                    part.fn, self._part(counted), part.distinct, part.metric, dataset, part.grain, part.share,
                    part.entities, *map(self._part, others),
                )  # fmt: skip
            case Reading():
                return self.of(part)
            case AnyOf():
                return ("any", frozenset(map(self._part, part.options)))
            case Within() if part.query is None:
                options = frozenset(map(self._part, part.values))
                return ("within", self._part(part.ref), options, part.negated)
            case bool() | None:
                return part
            case int() | float() | Decimal():
                return float(part)
            case date():
                return part.isoformat()
            case str():
                return _plain(part)
            case tuple():
                return tuple(map(self._part, part))
        if is_dataclass(part):
            told = [each.name for each in fields(part) if each.compare and each.name not in ("fold", "label")]
            return (type(part).__name__, *(self._part(getattr(part, name)) for name in told))
        return repr(part)

    def _always(self, ref: Ref | None) -> bool:
        """Whether a field is set in every row, so that counting it is counting rows."""
        if ref is None:
            return True
        field = self._vocabulary.fields.get((ref.dataset, ref.field))
        return field is not None and not field.nullable


def _plain(text: str) -> Hashable:
    """A text folded; a number that is kept as text, as a number."""
    digits = text.strip().lstrip("-").replace(".", "", 1)
    return float(text) if digits.isascii() and digits.isdigit() else fold(text)


def unexplained(reading: Reading, parsed: Parse, vocabulary: Vocabulary) -> tuple[int, ...]:
    """Tokens of the question that nothing in a reading answers to."""
    blocks = list(_blocks(reading))
    named = {name for block in blocks for name in datasets(block)}
    used = {(ref.dataset, ref.field) for block in blocks for ref in refs(block)}
    found = [each for block in blocks for each in conditions(block)]
    values = {fold(text) for each in found for text in _texts(each)}
    numbers = {number for each in found for number in _numbers(each)} | {Decimal(block.limit) for block in blocks}
    taken: set[int] = set()
    for link in parsed.links:
        kind, target = link.target.kind, link.target
        if (
            (kind == "dataset" and target.dataset in named)
            or (kind in ("field", "filter") and (target.dataset, target.name) in used)
            or (kind == "metric" and any(item.metric == target.name for block in blocks for item in block.select))
            or (kind == "value" and fold(target.value) in values)
            or (kind == "entity" and any(isinstance(each, Named) and each.entity == target.name for each in found))
        ):
            taken.update(range(link.first, link.last))
    for number in parsed.numbers:
        if number.value in numbers:
            taken.update(range(number.first, number.last))
    if any(isinstance(each, Between) for each in found):
        for period in parsed.periods:
            taken.update(range(period.first, period.last))
    for cue in parsed.cues:
        if carries(blocks, cue):
            taken.update(range(cue.first, cue.last))
    return tuple(at for at in content(parsed) if at not in taken)


def carries(blocks: Sequence[Reading], cue: Cue) -> bool:  # noqa: PLR0911  # one return a kind of operator
    """Whether a reading does what an operator says; true for operators that say nothing of what the answer is."""
    items = [item for block in blocks for item in (*block.select, *(order.item for order in block.order))]
    items += [each.left for block in blocks for each in conditions(block) if isinstance(each, Compare)]
    found = [each for block in blocks for each in conditions(block)]
    functions = {item.fn for item in items}
    measured = bool(functions - {""}) or any(item.metric for item in items)
    ops = {each.op for each in found if isinstance(each, Compare)}
    ranges = any(isinstance(each, Between) for each in found)
    match cue.op:
        case "COUNT" | "HOW_MUCH":
            return measured
        case "AVG":
            return "avg" in functions
        case "SUM":
            return bool(functions & {"sum", "count"}) or any(item.metric for item in items)
        case "MAX" | "MIN" | "SECOND" | "THIRD":
            return any(block.order for block in blocks) or bool(functions & {"max", "min"})
        case "NOT":
            return (
                "<>" in ops or any(getattr(each, "negated", False) for each in found)
                or any(block.combine and block.combine.op == "except" for block in blocks)
                or any(isinstance(each, Flag) for each in found)
            )  # fmt: skip
        case "OR":
            return any(isinstance(each, (AnyOf, Within)) for each in found) or any(
                block.combine and block.combine.op == "union" for block in blocks
            )
        case "GT" | "GE" | "LT" | "LE" | "AFTER" | "BEFORE" | "ABOVE_AVG" | "BELOW_AVG":
            return ranges or bool(ops & {">", ">=", "<", "<="})
        case "BETWEEN":
            return ranges or len(ops & {">", ">=", "<", "<="}) > 1
        case "CONTAIN" | "STARTS" | "ENDS":
            return any(type(each).__name__ == "Like" for each in found)
        case "PERCENT" | "DIFFERENCE" | "CORRELATION" | "FORECAST" | "WHY" | "DISTRIBUTION":
            return False
    return True


def _blocks(reading: Reading) -> "Sequence[Reading]":
    """A reading and those inside it."""
    found = [reading]
    for each in conditions(reading):
        inner = each.right if isinstance(each, Compare) else each.query if isinstance(each, Within) else None
        if isinstance(inner, Reading):
            found.extend(_blocks(inner))
    if reading.combine is not None:
        found.extend(_blocks(reading.combine.other))
    return found


def _texts(each: object) -> Sequence[str]:
    if isinstance(each, Compare) and isinstance(each.right, str):
        return (each.right,)
    if isinstance(each, Within):
        return [value for value in each.values if isinstance(value, str)]
    text = getattr(each, "text", None)
    return (text,) if isinstance(text, str) else ()


def _numbers(each: object) -> Sequence[Decimal]:
    held: Sequence[object] = ()
    if isinstance(each, Compare):
        held = (each.right,)
    elif isinstance(each, Within):
        held = each.values
    elif isinstance(each, Between):
        held = (each.lower, each.upper)
    return [Decimal(str(value)) for value in held if isinstance(value, (int, float, Decimal))]
