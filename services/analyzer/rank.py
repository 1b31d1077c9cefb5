"""Stage 9b: which reading is meant. Whole readings are compared by what only shows in the whole: what they leave
unexplained, which cues they do not honour, how far their tables lie apart.

Every feature has a name (`NAMES`), so that an answer's rank can be explained.
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import chain
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from services.analyzer.assemble import PARTS, Draft
from services.analyzer.ground import FUNCTIONS, Ground, Ids
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
    made, kept, trees, named = [], [], [], []
    for place, draft in enumerate(drafts):
        ids = Ids.of(draft.reading)
        try:
            tree = tree_of(draft.reading, evidence.vocabulary)
            if not _plain(draft.reading, ids, ground):
                _joined_inside(draft.reading, evidence.vocabulary)
        except NotConnected:
            continue
        made.append(row(draft, place, best, ground, tree, ids))
        kept.append(draft)
        trees.append(tree)
        named.append(ids)
    if not made:
        return np.zeros((0, len(NAMES)), np.float32), kept
    seen = np.fromiter(chain.from_iterable(made), np.float32, len(made) * len(made[0])).reshape(len(made), -1)
    phrased = phrasing.scores(kept, ground) if phrasing else np.zeros(len(kept), np.float32)
    return np.concatenate([seen, _agreement(kept, trees, named, best), phrased[:, None]], axis=1), kept


def _plain(reading: Reading, ids: Ids, ground: Ground) -> bool:
    """Whether a reading has no block inside, nor asks for partners."""
    if reading.combine is not None:
        return False
    key = ("plain", ids.where, ids.having)
    held: bool | None = ground.parts.get(key)
    if held is None:
        held = ground.parts[key] = not any(
            isinstance(each, (Within, Related)) or (isinstance(each, Compare) and isinstance(each.right, Reading))
            for each in conditions(reading)
        )
    return held


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


def _agreement(drafts: Sequence[Draft], trees: Sequence[Tree], ids: Sequence[Ids], best: float) -> NDArray[np.float32]:
    """How much of the likelihood of all drafts together goes to those that are alike in a part: what is shown, which
    conditions hold, which tables are joined, the rest, how blocks are combined."""
    costs = np.array([draft.cost for draft in drafts])
    weights = np.exp(best - costs) * (costs >= 0)
    weights = weights / max(float(weights.sum()), 1e-9)
    numbers: tuple[dict[Hashable, int], ...] = tuple({} for _ in range(8))
    shown, where, group, having, order, tables, rest, combined = numbers
    shares = []
    for draft, tree, own in zip(drafts, trees, ids, strict=True):
        each = draft.reading
        others = (
            _number(group, own.group, _GROUP, each), _number(having, own.having, _HAVING, each),
            _number(order, tuple(map(id, each.order)), _ORDER, each), each.limit, each.distinct,
        )  # fmt: skip
        shares.append(
            (
                _number(shown, own.select, _shown, each),
                _number(where, own.where, _tested, each),
                tables.setdefault(tree.datasets, len(tables)),
                rest.setdefault(others, len(rest)),
                combined.setdefault(each.combine.op if each.combine else "", len(combined)),
            )
        )
    made = np.zeros((len(drafts), 5), np.float32)
    for part, alike in enumerate(np.array(shares, np.intp).T):
        made[:, part] = np.bincount(alike, weights)[alike]
    return made


_GROUP, _HAVING, _ORDER = attrgetter("group"), attrgetter("having"), attrgetter("order")


def _shown(reading: Reading) -> Hashable:
    return frozenset((item.ref, item.fn, item.distinct) for item in reading.select)


def _tested(reading: Reading) -> Hashable:
    return frozenset(reading.where)


def _number(
    known: dict[Hashable, int], ids: tuple[int, ...], part: Callable[[Reading], Hashable], reading: Reading
) -> int:
    """The number of a part of a reading, the same for equal ones; looked up by the identities of what it is made of."""
    number = known.get(("id", ids))
    if number is None:
        number = known["id", ids] = known.setdefault(part(reading), len(known))
    return number
