"""Stage 9b: which reading is meant. Whole readings are compared by what only shows in the whole: what they leave
unexplained, which cues they do not honour, how far their tables lie apart.

Every feature has a name (`NAMES`), so that an answer's rank can be explained.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.assemble import PARTS, Draft
from services.analyzer.build import NotConnected, tree_of
from services.analyzer.cues import GLUE
from services.analyzer.features import Evidence
from services.analyzer.joins import Tree
from services.analyzer.reading import (
    AnyOf,
    Compare,
    Condition,
    Item,
    Reading,
    Ref,
    Related,
    Within,
    conditions,
)
from services.analyzer.vocabulary import SMALL_WORDS, Vocabulary

_FUNCTIONS = ("avg", "sum", "max", "min", "count")
_CUE_OF = {
    "avg": ("AVG",),
    "sum": ("SUM", "HOW_MUCH"),
    "max": ("MAX", "DEGREE_MAX"),
    "min": ("MIN", "DEGREE_MIN"),
    "count": ("COUNT",),
}
_NUMERIC = (1, 2, 3)
_COMBINED = ("none", "intersect", "union", "except", "related")
NAMES: tuple[str, ...] = (
    *(f"cost.{part}" for part in PARTS), "cost", "cost.behind", "cost.place",
    "select", "select.plain", "select.aggregated", "select.counted", "select.label", "select.key", "select.unique",
    "select.linked", "select.score", "select.least", "select.datasets", "select.repeated", "select.foreign",
    "where", "where.any", "where.foreign", "where.on_shown", "where.text", "where.nested", "having", "group",
    "group.key", "group.unique", "group.shown", "order", "order.aggregated", "order.shown", "order.descending", "limit",
    "limit.one", "distinct", *(f"combined.{how}" for how in _COMBINED), "tables", "joins", "joins.cost",
    "joins.multiply", "joins.junction", "joins.inferred", "tables.extra", "tables.unnamed", "named.left_out",
    "rows.multiply", "left.words", "left.links", "left.numbers", "left.values", "left.quotes", "left.fields",
    "left.share", *(f"cue.{fn}.unused" for fn in _FUNCTIONS), *(f"cue.{fn}.missing" for fn in _FUNCTIONS),
    "cue.not.unused", "cue.not.missing", "cue.or.unused", "cue.or.missing", "cue.each.unused", "cue.each.missing",
    "cue.order.unused", "cue.order.missing", "cue.distinct.unused", "cue.distinct.missing", "cue.degree.unused",
    "cue.both.unused", "cue.both.missing", "cue.compare.unused", "question.units", "question.fields",
    "question.datasets", "question.values", "question.numbers", "root.rank", "root.named", "root.affinity",
    "ruled.place", "ruled.left", "ruled.only",
    "shared.shown", "shared.tested", "shared.ordered", "mistyped.shown", "mistyped.ordered", "mistyped.extreme",
    "shown.after", "shown.spread", "agreed.shown", "agreed.where", "agreed.tables", "agreed.rest", "agreed.combined",
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
    def cues(self) -> "_Cues":
        """Which operators are in the question."""
        return _Cues(
            tuple((fn, self.cue(*_CUE_OF[fn])) for fn in _FUNCTIONS),
            self.cue("EACH", "BY"), self.cue("ORDER", "ASC", "DESC"), self.cue("NOT", "NE"), self.cue("OR", "EITHER"),
            self.cue("DISTINCT"), self.cue("DEGREE_MAX", "DEGREE_MIN", "MOST", "FEWEST", "COMMON", "RARE"),
            self.cue("BOTH"), self.cue("BOTH", "AND"),
            self.cue("GT", "LT", "GE", "LE", "AFTER", "BEFORE", "CMP_GT", "CMP_LT"),
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
    def parts(self) -> dict[tuple[object, ...], list[float]]:
        """Features of parts of drafts, by the identity of what they are made of: many drafts share their parts. Good only
        while the drafts live."""
        return {}


@dataclass(frozen=True, slots=True)
class _Cues:
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


def rows(
    drafts: Sequence[Draft], evidence: Evidence, ground: Ground | None = None
) -> tuple[NDArray[np.float32], list[Draft]]:
    """The features of each draft whose tables can be joined, and those drafts. ground: of these drafts, where it is at
    hand."""
    ground = ground or Ground(evidence)
    best = min((draft.cost for draft in drafts if draft.cost >= 0), default=0.0)
    made, kept, trees = [], [], []
    for place, draft in enumerate(drafts):
        try:
            tree = tree_of(draft.reading, evidence.vocabulary)
            _joined_inside(draft.reading, evidence.vocabulary)
        except NotConnected:
            continue
        made.append(_row(draft, place, best, ground, tree))
        kept.append(draft)
        trees.append(tree)
    if not made:
        return np.zeros((0, len(NAMES)), np.float32), kept
    return np.concatenate([np.array(made, np.float32), _agreement(kept, trees, best)], axis=1), kept


def _joined_inside(reading: Reading, vocabulary: Vocabulary) -> None:
    """Raises NotConnected where the tables of a block inside a reading cannot be joined: no plan could be made of it."""
    inside = [reading.combine.other] if reading.combine else []
    for each in conditions(reading):
        inner = each.right if isinstance(each, Compare) else each.query if isinstance(each, Within) else None
        if isinstance(inner, Reading):
            inside.append(inner)
        elif isinstance(each, Related) and not each.path and not vocabulary.graph.paths(each.start, each.dataset, 8):
            raise NotConnected(f"{each.start} and {each.dataset}")
    for block in inside:
        tree_of(block, vocabulary)
        _joined_inside(block, vocabulary)


def _agreement(drafts: Sequence[Draft], trees: Sequence[Tree], best: float) -> NDArray[np.float32]:
    """How much of the likelihood of all drafts together goes to those that are alike in a part: what is shown, which
    conditions hold, which tables are joined, the rest, how blocks are combined."""
    weights = np.array([np.exp(best - draft.cost) if draft.cost >= 0 else 0.0 for draft in drafts])
    weights = weights / max(float(weights.sum()), 1e-9)
    shares = []
    shown: dict[tuple[int, ...], frozenset[object]] = {}
    for draft, tree in zip(drafts, trees, strict=True):
        each = draft.reading
        chosen = tuple(map(id, each.select))
        if chosen not in shown:
            shown[chosen] = frozenset((item.ref, item.fn, item.distinct) for item in each.select)
        shares.append(
            (
                shown[chosen],
                frozenset(each.where),
                tree.datasets,
                (each.group, each.having, each.order, each.limit, each.distinct),
                each.combine.op if each.combine else "",
            )
        )
    made = np.zeros((len(drafts), 5), np.float32)
    for part in range(5):
        sums: dict[object, float] = {}
        for key, weight in zip(shares, weights, strict=True):
            sums[key[part]] = sums.get(key[part], 0.0) + float(weight)
        made[:, part] = [sums[key[part]] for key in shares]
    return made


def uncovered(draft: Draft, ground: Ground) -> set[int]:
    """Tokens of numbers, values, quotes and negations that a draft leaves out."""
    left = {at for held in (*ground.numbers, *ground.values, *ground.quotes) if not held & draft.tokens for at in held}
    if not _negative(draft.reading):
        cues = [cue for cue in ground.evidence.frame.parsed.cues if cue.op in ("NOT", "NE")]
        left |= {at for cue in cues for at in range(cue.first, cue.last) if not ground.linked & {at}}
    return left


def _negative(reading: Reading) -> bool:
    held = conditions(reading)
    if reading.combine is not None:
        held += conditions(reading.combine.other)
    return (
        _related(reading)
        or (reading.combine is not None and reading.combine.op == "except")
        or any((isinstance(each, Compare) and each.op == "<>") or getattr(each, "negated", False) for each in held)
    )


def _row(draft: Draft, place: int, best: float, ground: Ground, tree: Tree) -> list[float]:
    reading = draft.reading
    cost = draft.cost
    return [
        *draft.costs, cost, cost - best, float(place),
        *_select(reading, ground),
        *_where(reading),
        *_groups(reading, ground),
        *_joins(reading, ground, tree),
        *_left(draft, ground),
        *_cues(reading, ground),
        *_question(reading, ground),
        float(draft.ruled), float(draft.left), float(draft.cost < 0),
        *_fit(reading, ground),
    ]  # fmt: skip


def _select(reading: Reading, ground: Ground) -> list[float]:
    key = ("select", reading.root, *map(id, reading.select))
    made = ground.parts.get(key)
    if made is None:
        made = ground.parts[key] = _shown(reading, ground)
    return made


def _shown(reading: Reading, ground: Ground) -> list[float]:
    plain = [item for item in reading.select if not item.aggregated]
    shown = [item.ref for item in plain if item.ref]
    kinds = [ground.kind(ref) for ref in shown]
    scores = [
        item.source.score if item.source.kind not in ("", "default") else 0.0 for item in reading.select if item.ref
    ]
    return [
        float(len(reading.select)), float(len(plain)), float(len(reading.select) - len(plain)),
        float(any(item.fn == "count" and item.ref is None for item in reading.select)),
        float(sum(label for label, _, _ in kinds)), float(sum(key for _, key, _ in kinds)),
        float(any(unique for _, _, unique in kinds)),
        float(sum(score > 0 for score in scores)), float(np.mean(scores)) if scores else 1.0, min(scores, default=1.0),
        float(len({ref.dataset for ref in shown})), float(len(reading.select) - len({(item.ref, item.fn) for item in reading.select})),
        float(sum(item.ref is not None and item.ref.dataset != reading.root for item in reading.select)),
    ]  # fmt: skip


def _where(reading: Reading) -> list[float]:
    if not reading.where and not reading.having:
        return [0.0] * 7
    found = conditions(reading)
    on = [ref for condition in reading.where for ref in _refs(condition)]
    shown = {item.ref for item in reading.select if item.ref and not item.fn}
    compared = [each for each in found if isinstance(each, Compare)]
    return [
        float(len(reading.where)), float(sum(isinstance(each, (AnyOf, Within)) for each in reading.where)),
        float(sum(ref.dataset != reading.root for ref in on)), float(sum(ref in shown for ref in on)),
        float(sum(each.fold for each in compared)), float(sum(isinstance(each.right, Reading) for each in compared)),
        float(len(reading.having)),
    ]  # fmt: skip


def _refs(condition: Condition) -> list[Ref]:
    if isinstance(condition, AnyOf):
        return [ref for option in condition.options for ref in _refs(option)]
    if isinstance(condition, Compare):
        return [condition.left.ref] if condition.left.ref else []
    ref = getattr(condition, "ref", None)
    return [ref] if isinstance(ref, Ref) else []


def _groups(reading: Reading, ground: Ground) -> list[float]:
    keys = [item.ref for item in reading.group if item.ref]
    shown = {item.ref for item in reading.select if item.ref and not item.fn} if keys else ()
    kinds = [ground.kind(ref) for ref in keys]
    order = reading.order[0] if reading.order else None
    combined = reading.combine.op if reading.combine else "related" if _related(reading) else "none"
    return [
        float(len(keys)), float(any(key for _, key, _ in kinds)),
        float(any(unique for _, _, unique in kinds)), float(sum(ref in shown for ref in keys)),
        float(len(reading.order)), float(order is not None and order.item.aggregated),
        float(order is not None and any(_same(order.item, item) for item in reading.select)),
        float(order is not None and order.descending), float(min(reading.limit, 20)), float(reading.limit == 1),
        float(reading.distinct), *(float(combined == how) for how in _COMBINED),
    ]  # fmt: skip


def _same(one: Item, other: Item) -> bool:
    return (one.ref, one.fn) == (other.ref, other.fn)


def _related(reading: Reading) -> bool:
    return any(isinstance(condition, Related) for condition in reading.where)


def _joins(reading: Reading, ground: Ground, tree: Tree) -> list[float]:
    datasets, named = ground.vocabulary.datasets, ground.evidence.named
    whole = tree.datasets
    absent = (
        {condition.dataset for condition in reading.where if isinstance(condition, Related)} if reading.where else set()
    )
    if reading.combine is not None:
        absent.add(reading.combine.other.root)
    aggregated = any(item.aggregated for item in reading.select)
    return [
        float(len(whole)), float(len(tree.edges)), tree.cost, float(tree.multiplies),
        float(sum([datasets[name].junction for name in whole])), float(sum([edge.cost > 1.0 for edge in tree.edges])),
        float(len(reading.tables)), float(len(whole - named)), float(len(named - whole - absent)),
        float(tree.multiplies and not aggregated and not reading.group and not reading.distinct),
    ]  # fmt: skip


def _left(draft: Draft, ground: Ground) -> list[float]:
    tokens = draft.tokens
    left = ground.content - tokens
    return [
        float(len(left)), float(len(ground.linked - tokens)), _missed(ground.numbers, tokens), _missed(ground.values, tokens),
        _missed(ground.quotes, tokens), _missed(ground.fields, tokens), len(left) / max(len(ground.content), 1),
    ]  # fmt: skip


def _missed(stretches: Sequence[frozenset[int]], tokens: frozenset[int]) -> float:
    return float(sum([tokens.isdisjoint(held) for held in stretches]))


def _cues(reading: Reading, ground: Ground) -> list[float]:
    used = {item.fn for item in reading.select}
    used.update(order.item.fn for order in reading.order)
    nested = conditions(reading)
    if reading.combine is not None:
        nested += conditions(reading.combine.other)
    compared = False
    for each in nested:
        if isinstance(each, Compare):
            compared = compared or each.op in ("<", ">", "<=", ">=")
            used.add(each.left.fn)
            if isinstance(each.right, Reading):
                used.update(item.fn for item in each.right.select)
    negative = _negative(reading)
    either = any(isinstance(each, (AnyOf, Within)) for each in reading.where) or (
        reading.combine is not None and reading.combine.op == "union"
    )
    both = reading.combine is not None and reading.combine.op == "intersect"
    ordered = bool(reading.order)
    plain_order = ordered and not reading.limit
    extreme = ordered or "max" in used or "min" in used
    cues = ground.cues
    return [
        *[float(asked and fn not in used) for fn, asked in cues.functions],
        *[float(fn in used and not asked) for fn, asked in cues.functions],
        float(cues.negative and not negative), float(negative and not cues.negative), float(cues.either and not either),
        float(either and not cues.either), float(cues.each and not reading.group), float(bool(reading.group) and not cues.each),
        float(cues.order and not ordered), float(plain_order and not cues.order),
        float(cues.distinct and not reading.distinct and not any(item.distinct for item in reading.select)),
        float(reading.distinct and not cues.distinct), float(cues.degree and not extreme), float(cues.both and not both),
        float(both and not cues.joined), float(cues.compared and not compared),
    ]  # fmt: skip


def _fit(reading: Reading, ground: Ground) -> list[float]:
    key = (
        "fit", tuple(map(id, reading.select)), tuple(map(id, reading.where)), tuple(id(order.item) for order in reading.order),
    )  # fmt: skip
    made = ground.parts.get(key)
    if made is None:
        made = ground.parts[key] = _fitting(reading, ground)
    return made


def _fitting(reading: Reading, ground: Ground) -> list[float]:
    """Words that have to carry two slots, functions that do not fit what they are applied to, and how far apart what is
    shown was said."""
    shown = [frozenset(item.source.tokens) for item in reading.select if item.source.kind not in ("", "default")]
    tested = {at for each in reading.where if isinstance(each, Compare) for at in each.source.tokens}
    ordered = {at for order in reading.order if not order.item.fn for at in order.item.source.tokens}
    shared = sum(bool(one & other) for number, one in enumerate(shown) for other in shown[number + 1 :])
    unit_at = ground.evidence.frame.unit_at
    units = sorted({unit_at[at] for tokens in shown for at in tokens})
    first_test = min((unit_at[at] for at in tested), default=len(ground.evidence.frame.units))
    return [
        float(shared), float(sum(bool(tokens & tested) for tokens in shown)),
        float(sum(bool(tokens & ordered) for tokens in shown)),
        float(sum(_mistyped(item, ground) for item in reading.select)),
        float(sum(_mistyped(order.item, ground) for order in reading.order)),
        float(sum(item.fn in ("max", "min") and _text(item, ground) for item in reading.select)),
        float(sum(unit > first_test for unit in units)), float(units[-1] - units[0] if units else 0),
    ]  # fmt: skip


def _mistyped(item: Item, ground: Ground) -> bool:
    """Whether amounts are made of what is none: texts, and numbers that only name."""
    if item.fn not in ("sum", "avg") or item.ref is None:
        return False
    held = ground.vocabulary.fields[item.ref.dataset, item.ref.field]
    return held.family not in _NUMERIC or held.role == semantics_pb2.FIELD_ROLE_IDENTIFIER


def _text(item: Item, ground: Ground) -> bool:
    return item.ref is not None and ground.vocabulary.fields[item.ref.dataset, item.ref.field].family not in _NUMERIC


def _question(reading: Reading, ground: Ground) -> list[float]:
    evidence, root = ground.evidence, reading.root
    return [
        *ground.question, float(min(evidence.ranked.get(root, 9), 9)), float(root in evidence.named),
        evidence.affinity.get(root, 0.0),
    ]  # fmt: skip
