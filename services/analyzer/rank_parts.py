"""Features of a whole reading, part by part: what is shown, tested, grouped, joined, left out; which cues it honours."""

from collections.abc import Sequence
from typing import NamedTuple

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.assemble import Draft
from services.analyzer.ground import Ground, Ids
from services.analyzer.joins import Tree
from services.analyzer.rank_sense import sense
from services.analyzer.reading import AnyOf, Compare, Condition, Item, Reading, Ref, Related, Within, conditions
from services.analyzer.uncovered import denied

_NUMERIC = (1, 2, 3)
COMBINED = ("none", "intersect", "union", "except", "related")


def row(draft: Draft, place: int, best: float, ground: Ground, tree: Tree, ids: Ids) -> list[float]:
    """All features of a draft, but for how much others agree with it. place: among the drafts; best: the least cost of them;
    tree: of its tables; ids: of its parts."""
    reading, cost = draft.reading, draft.cost
    shown, tested = _shown(reading, ground, ids), _tested(reading, ground, ids)
    return [
        *draft.costs, cost, cost - best, float(place),
        *shown.features, _foreign(reading),
        *_where(reading, shown, tested),
        *_groups(reading, ground, shown, tested),
        *_joins(reading, ground, tree, shown, tested),
        *_left(draft, ground),
        *_cues(reading, ground, shown, tested),
        *_question(reading, ground),
        float(draft.ruled), float(draft.left), float(draft.cost < 0),
        *_fit(reading, ground, ids),
        *sense(reading, ground, ids),
    ]  # fmt: skip


# What is shown


class _Shown(NamedTuple):
    """Of what is shown, whatever rows it is shown of: its features but for the last; the fields shown as they are; all
    fields with their functions; the functions; whether something is an aggregate, and whether equal values count once."""

    features: list[float]
    refs: frozenset[Ref]
    items: frozenset[tuple[Ref | None, str]]
    functions: frozenset[str]
    aggregated: bool
    distinct: bool


def _shown(reading: Reading, ground: Ground, ids: Ids) -> _Shown:
    key = ("shown", ids.select)
    made: _Shown | None = ground.parts.get(key)
    if made is None:
        made = ground.parts[key] = _of_shown(reading.select, ground)
    return made


def _of_shown(select: Sequence[Item], ground: Ground) -> _Shown:
    plain = [item for item in select if not item.aggregated]
    shown = [item.ref for item in plain if item.ref]
    kinds = [ground.kind(ref) for ref in shown]
    scores = [item.source.score if item.source.kind not in ("", "default") else 0.0 for item in select if item.ref]
    items = frozenset((item.ref, item.fn) for item in select)
    features = [
        float(len(select)), float(len(plain)), float(len(select) - len(plain)),
        float(any(item.fn == "count" and item.ref is None for item in select)),
        float(sum(label for label, _, _ in kinds)), float(sum(key for _, key, _ in kinds)),
        float(any(unique for _, _, unique in kinds)), float(sum(score > 0 for score in scores)),
        sum(scores) / len(scores) if scores else 1.0, min(scores, default=1.0),
        float(len({ref.dataset for ref in shown})), float(len(select) - len(items)),
    ]  # fmt: skip
    return _Shown(
        features, frozenset(item.ref for item in select if item.ref and not item.fn), items,
        frozenset(item.fn for item in select), len(plain) < len(select), any(item.distinct for item in select),
    )  # fmt: skip


def _foreign(reading: Reading) -> float:
    root = reading.root
    return float(sum([item.ref is not None and item.ref.dataset != root for item in reading.select]))


# Conditions


class _Tested(NamedTuple):
    """Of the conditions of a block: the fields that they are on; how many are alternatives, compared without case, compared
    with a query; their functions; whether they compare amounts, deny, are alternatives; datasets that partners are of."""

    refs: list[Ref]
    either: int
    folded: int
    nested: int
    functions: frozenset[str]
    compared: bool
    denied: bool
    related: frozenset[str]


_NOTHING = _Tested([], 0, 0, 0, frozenset(), False, False, frozenset())


def _tested(reading: Reading, ground: Ground, ids: Ids) -> _Tested:
    if not reading.where and not reading.having:
        return _NOTHING
    key = ("tested", ids.where, ids.having)
    made: _Tested | None = ground.parts.get(key)
    if made is None:
        made = ground.parts[key] = _of_tested(reading)
    return made


def _of_tested(reading: Reading) -> _Tested:
    found = conditions(reading)
    compared = [each for each in found if isinstance(each, Compare)]
    queries = [each.right for each in compared if isinstance(each.right, Reading)]
    return _Tested(
        refs=[ref for condition in reading.where for ref in _refs(condition)],
        either=sum(isinstance(each, (AnyOf, Within)) for each in reading.where),
        folded=sum(each.fold for each in compared),
        nested=len(queries),
        functions=frozenset(
            [*(each.left.fn for each in compared), *(item.fn for query in queries for item in query.select)]
        ),
        compared=any(each.op in ("<", ">", "<=", ">=") for each in compared),
        denied=denied(found),
        related=frozenset(each.dataset for each in reading.where if isinstance(each, Related)),
    )


def _where(reading: Reading, shown: _Shown, tested: _Tested) -> list[float]:
    if tested is _NOTHING:
        return [0.0] * 7
    root, refs = reading.root, tested.refs
    return [
        float(len(reading.where)), float(tested.either), float(sum([ref.dataset != root for ref in refs])),
        float(sum([ref in shown.refs for ref in refs])), float(tested.folded), float(tested.nested),
        float(len(reading.having)),
    ]  # fmt: skip


def _refs(condition: Condition) -> list[Ref]:
    if isinstance(condition, AnyOf):
        return [ref for option in condition.options for ref in _refs(option)]
    if isinstance(condition, Compare):
        return [condition.left.ref] if condition.left.ref else []
    ref = getattr(condition, "ref", None)
    return [ref] if isinstance(ref, Ref) else []


# Groups, order, tables


def _groups(reading: Reading, ground: Ground, shown: _Shown, tested: _Tested) -> list[float]:
    keys = [item.ref for item in reading.group if item.ref]
    kinds = [ground.kind(ref) for ref in keys]
    order = reading.order[0] if reading.order else None
    combined = reading.combine.op if reading.combine else "related" if tested.related else "none"
    limit = reading.limit
    return [
        float(len(keys)), float(any(key for _, key, _ in kinds)),
        float(any(unique for _, _, unique in kinds)), float(sum([ref in shown.refs for ref in keys])),
        float(len(reading.order)), float(order is not None and order.item.aggregated),
        float(order is not None and (order.item.ref, order.item.fn) in shown.items),
        float(order is not None and order.descending), float(min(limit, 20)), float(limit == 1),
        float(reading.distinct), *_AS_COMBINED.get(combined, _AS_NONE),
    ]  # fmt: skip


_AS_COMBINED = {one: [float(one == how) for how in COMBINED] for one in COMBINED}
_AS_NONE = [0.0] * len(COMBINED)


def _joins(reading: Reading, ground: Ground, tree: Tree, shown: _Shown, tested: _Tested) -> list[float]:
    whole = tree.datasets
    key = ("tree", id(tree))
    held: tuple[list[float], Tree] | None = ground.parts.get(key)
    if held is None:
        datasets = ground.vocabulary.datasets
        made = [
            float(len(whole)), float(len(tree.edges)), tree.cost, float(tree.multiplies),
            float(sum([datasets[name].junction for name in whole])), float(sum([edge.cost > 1.0 for edge in tree.edges])),
        ]  # fmt: skip
        # With the tree itself, so that no other can come to have its id.
        held = ground.parts[key] = (made, tree)
    named = ground.evidence.named
    absent = tested.related if reading.combine is None else tested.related | {reading.combine.other.root}
    return [
        *held[0], float(len(reading.tables)), float(len(whole - named)), float(len(named - whole - absent)),
        float(tree.multiplies and not shown.aggregated and not reading.group and not reading.distinct),
    ]  # fmt: skip


# Words


def _left(draft: Draft, ground: Ground) -> list[float]:
    tokens = draft.tokens
    made: list[float] | None = ground.parts.get(tokens)
    if made is None:
        left = ground.content - tokens
        made = ground.parts[tokens] = [
            float(len(left)), float(len(ground.linked - tokens)), _missed(ground.numbers, tokens),
            _missed(ground.values, tokens), _missed(ground.quotes, tokens), _missed(ground.fields, tokens),
            len(left) / max(len(ground.content), 1),
        ]  # fmt: skip
    return made


def _missed(stretches: Sequence[frozenset[int]], tokens: frozenset[int]) -> float:
    return float(sum([tokens.isdisjoint(held) for held in stretches]))


def _cues(reading: Reading, ground: Ground, shown: _Shown, tested: _Tested) -> list[float]:
    combine = reading.combine
    used, compared, denies = shown.functions | tested.functions, tested.compared, tested.denied or bool(tested.related)
    either, both = tested.either > 0, False
    if reading.order:
        used |= {order.item.fn for order in reading.order}
    if combine is not None:
        other = _tested(combine.other, ground, Ids.of(combine.other))
        used |= other.functions
        compared = compared or other.compared
        denies = denies or other.denied or combine.op == "except"
        either, both = either or combine.op == "union", combine.op == "intersect"
    ordered, group = bool(reading.order), bool(reading.group)
    plain_order = ordered and not reading.limit
    extreme = ordered or "max" in used or "min" in used
    cues = ground.cues
    return [
        *[float(asked and fn not in used) for fn, asked in cues.functions],
        *[float(fn in used and not asked) for fn, asked in cues.functions],
        float(cues.negative and not denies), float(denies and not cues.negative), float(cues.either and not either),
        float(either and not cues.either), float(cues.each and not group), float(group and not cues.each),
        float(cues.order and not ordered), float(plain_order and not cues.order),
        float(cues.distinct and not reading.distinct and not shown.distinct),
        float(reading.distinct and not cues.distinct), float(cues.degree and not extreme), float(cues.both and not both),
        float(both and not cues.joined), float(cues.compared and not compared),
    ]  # fmt: skip


def _fit(reading: Reading, ground: Ground, ids: Ids) -> list[float]:
    key = ("fit", ids.select, ids.where, ids.order)
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
    root = reading.root
    made: list[float] | None = ground.parts.get(root)
    if made is None:
        evidence = ground.evidence
        made = ground.parts[root] = [
            *ground.question, float(min(evidence.ranked.get(root, 9), 9)), float(root in evidence.named),
            evidence.affinity.get(root, 0.0),
        ]  # fmt: skip
    return made
