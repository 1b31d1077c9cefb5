"""Stage 9b: which reading is meant. Whole readings are compared by what only shows in the whole: what they leave
unexplained, which cues they do not honour, how far their tables lie apart.

Every feature has a name (`NAMES`), so that an answer's rank can be explained.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from services.analyzer.assemble import PARTS, Draft
from services.analyzer.ground import FUNCTIONS, Ground
from services.analyzer.joins import Tree
from services.analyzer.phrasing import Phrasing
from services.analyzer.rank_parts import COMBINED, row
from services.analyzer.rank_sense import NAMES as SENSE
from services.analyzer.reading import Compare, Reading, Related, Within, conditions
from services.analyzer.trees import NotConnected, tree_of
from services.analyzer.vocabulary import Vocabulary

NAMES: tuple[str, ...] = (
    *(f"cost.{part}" for part in PARTS), "cost", "cost.behind", "cost.place",
    "select", "select.plain", "select.aggregated", "select.counted", "select.label", "select.key", "select.unique",
    "select.linked", "select.score", "select.least", "select.datasets", "select.repeated", "select.foreign",
    "where", "where.any", "where.foreign", "where.on_shown", "where.text", "where.nested", "having", "group",
    "group.key", "group.unique", "group.shown", "order", "order.aggregated", "order.shown", "order.descending", "limit",
    "limit.one", "distinct", *(f"combined.{how}" for how in COMBINED), "tables", "joins", "joins.cost",
    "joins.multiply", "joins.junction", "joins.inferred", "tables.extra", "tables.unnamed", "named.left_out",
    "rows.multiply", "left.words", "left.links", "left.numbers", "left.values", "left.quotes", "left.fields",
    "left.share", *(f"cue.{fn}.unused" for fn in FUNCTIONS), *(f"cue.{fn}.missing" for fn in FUNCTIONS),
    "cue.not.unused", "cue.not.missing", "cue.or.unused", "cue.or.missing", "cue.each.unused", "cue.each.missing",
    "cue.order.unused", "cue.order.missing", "cue.distinct.unused", "cue.distinct.missing", "cue.degree.unused",
    "cue.both.unused", "cue.both.missing", "cue.compare.unused", "question.units", "question.fields",
    "question.datasets", "question.values", "question.numbers", "root.rank", "root.named", "root.affinity",
    "ruled.place", "ruled.left", "ruled.only",
    "shared.shown", "shared.tested", "shared.ordered", "mistyped.shown", "mistyped.ordered", "mistyped.extreme",
    "shown.after", "shown.spread", *SENSE, "agreed.shown", "agreed.where", "agreed.tables", "agreed.rest", "agreed.combined",
    "phrasing",
)  # fmt: skip


def rows(
    drafts: Sequence[Draft], ground: Ground, phrasing: Phrasing | None = None
) -> tuple[NDArray[np.float32], list[Draft]]:
    """The features of each draft whose tables can be joined, and those drafts. phrasing: without it, its column is 0."""
    evidence = ground.evidence
    best = min((draft.cost for draft in drafts if draft.cost >= 0), default=0.0)
    made, kept, trees = [], [], []
    for place, draft in enumerate(drafts):
        try:
            tree = tree_of(draft.reading, evidence.vocabulary)
            _joined_inside(draft.reading, evidence.vocabulary)
        except NotConnected:
            continue
        made.append(row(draft, place, best, ground, tree))
        kept.append(draft)
        trees.append(tree)
    if not made:
        return np.zeros((0, len(NAMES)), np.float32), kept
    seen = np.fromiter(chain.from_iterable(made), np.float32, len(made) * len(made[0])).reshape(len(made), -1)
    phrased = phrasing.scores(kept, ground) if phrasing else np.zeros(len(kept), np.float32)
    return np.concatenate([seen, _agreement(kept, trees, best), phrased[:, None]], axis=1), kept


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
    costs = np.array([draft.cost for draft in drafts])
    weights = np.exp(best - costs) * (costs >= 0)
    weights = (weights / max(float(weights.sum()), 1e-9)).tolist()
    shares = []
    held: dict[tuple[int, ...], frozenset[object]] = {}
    for draft, tree in zip(drafts, trees, strict=True):
        each = draft.reading
        chosen, tested = (0, *map(id, each.select)), (1, *map(id, each.where))
        shown, where = held.get(chosen), held.get(tested)
        if shown is None:
            shown = held[chosen] = frozenset((item.ref, item.fn, item.distinct) for item in each.select)
        if where is None:
            where = held[tested] = frozenset(each.where)
        rest = (each.group, each.having, each.order, each.limit, each.distinct)
        shares.append((shown, where, tree.datasets, rest, each.combine.op if each.combine else ""))
    made = np.zeros((len(drafts), 5), np.float32)
    for part, keys in enumerate(zip(*shares, strict=True)):
        sums: dict[object, float] = defaultdict(float)
        for key, weight in zip(keys, weights, strict=True):
            sums[key] += weight
        made[:, part] = [sums[key] for key in keys]
    return made
