"""Features of a whole reading, part by part: what is shown, tested, grouped, joined, left out; which cues it honours."""

from collections.abc import Sequence

import numpy as np

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.assemble import Draft
from services.analyzer.ground import Ground
from services.analyzer.joins import Tree
from services.analyzer.rank_sense import sense
from services.analyzer.reading import AnyOf, Compare, Condition, Item, Reading, Ref, Related, Within, conditions
from services.analyzer.uncovered import negative, related

_NUMERIC = (1, 2, 3)
COMBINED = ("none", "intersect", "union", "except", "related")


def row(draft: Draft, place: int, best: float, ground: Ground, tree: Tree) -> list[float]:
    """All features of a draft, but for how much others agree with it. place: among the drafts; best: the least cost of them;
    tree: of its tables."""
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
        *sense(reading, ground),
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
    combined = reading.combine.op if reading.combine else "related" if related(reading) else "none"
    return [
        float(len(keys)), float(any(key for _, key, _ in kinds)),
        float(any(unique for _, _, unique in kinds)), float(sum(ref in shown for ref in keys)),
        float(len(reading.order)), float(order is not None and order.item.aggregated),
        float(order is not None and any(_same(order.item, item) for item in reading.select)),
        float(order is not None and order.descending), float(min(reading.limit, 20)), float(reading.limit == 1),
        float(reading.distinct), *(float(combined == how) for how in COMBINED),
    ]  # fmt: skip


def _same(one: Item, other: Item) -> bool:
    return (one.ref, one.fn) == (other.ref, other.fn)


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
    negated = negative(reading)
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
        float(cues.negative and not negated), float(negated and not cues.negative), float(cues.either and not either),
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
