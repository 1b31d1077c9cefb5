"""Which of the likely pairs are told: one direction of each, and of several targets the ones that mean
something.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from maestro.catalog.v1 import catalog_pb2 as pb
from services.scanner.reader import TableKey
from services.scanner.relationships.columns import Facts, Place
from services.scanner.relationships.confidence import LEAST, UNENFORCED, confidence
from services.scanner.relationships.evidence import Findings
from services.scanner.relationships.naming import home

_SPOKES = 0.75
"""At most this sure of a join between two columns that both refer to a third: the way over that one is the
better one.
"""
_LOOSE = 6
"""So many columns that are no key may one be told to meet; where more share its values, it is a topic."""
Scored = tuple[float, Findings]


def explained(declared: Collection[pb.Relationship]) -> set[Place]:
    """The columns of which foreign keys say what they refer to."""
    return {
        (each.from_schema, each.from_table, each.from_columns[0]) for each in declared if len(each.from_columns) == 1
    }


def choose(found: Sequence[Findings], declared: Collection[pb.Relationship] = ()) -> list[Scored]:
    """The findings worth telling, each with its confidence. declared: the foreign keys that there are."""
    known = explained(declared)
    likely = [(confidence(each), each) for each in found if each.pair.source.place not in known]
    likely = _one_direction([each for each in likely if each[0] >= LEAST])
    by_source: dict[Facts, list[Scored]] = defaultdict(list)
    for each in likely:
        by_source[each[1].pair.source].append(each)
    chosen = [each for group in by_source.values() for each in _of_source(group, by_source)]
    return _without_copies([each for each in _spokes(chosen) if each[0] >= LEAST], declared)


def _without_copies(chosen: Sequence[Scored], declared: Collection[pb.Relationship]) -> list[Scored]:
    """Where a table refers to a row of another by its key, further columns that agree with that row's are
    copies of them (an invoice's address, taken from its customer).
    """
    joined = {((each.from_schema, each.from_table), (each.to_schema, each.to_table)) for each in declared}
    joined |= {_tables(found) for sure, found in chosen if found.pair.target.key and sure > UNENFORCED}
    return [each for each in chosen if each[1].pair.target.key or _tables(each[1]) not in joined]


def _tables(found: Findings) -> tuple[TableKey, TableKey]:
    return (found.pair.source.where, found.pair.target.where)


def _rank(scored: Scored) -> tuple[float, ...]:
    sure, found = scored
    pair = found.pair
    return (
        round(sure, 1),
        float(pair.target.key) - float(pair.source.surrogate),
        home(pair.source.name, pair.target.name),
        sure,
        pair.target.rows,
    )


def _one_direction(likely: Sequence[Scored]) -> list[Scored]:
    best: dict[frozenset[Facts], Scored] = {}
    for each in likely:
        pair = each[1].pair
        columns = frozenset((pair.source, pair.target))
        if columns not in best or _rank(each) > _rank(best[columns]):
            best[columns] = each
    return list(best.values())


def _of_source(group: Sequence[Scored], by_source: Mapping[Facts, Sequence[Scored]]) -> list[Scored]:
    """A column that holds another table's row numbers refers to that table alone. One that holds a number
    known outside (an invoice's, an order's) may meet it in several tables.
    """
    targets = {each[1].pair.target for each in group}
    # Tables that extend another share its key, and are not where the key comes from.
    extending = {
        target for target in targets if any(each[1].pair.target in targets for each in by_source.get(target, ()))
    }
    ranked = sorted(group, key=lambda each: (each[1].pair.target not in extending, *_rank(each)), reverse=True)
    best = ranked[0]
    if best[1].pair.target.surrogate:
        return [best]
    outside = [each for each in ranked if not each[1].pair.target.surrogate]
    keys = [each for each in outside if each[1].pair.target.key]
    return keys + [each for each in outside if not each[1].pair.target.key][:_LOOSE]


def _spokes(chosen: Sequence[Scored]) -> list[Scored]:
    """Two columns that both refer to a third are joined through it, but for numbers known outside, which may
    meet without it as well.
    """
    hubs: dict[Facts, set[Facts]] = defaultdict(set)
    for _, found in chosen:
        hubs[found.pair.source].add(found.pair.target)
    told = []
    for sure, found in chosen:
        source, target = found.pair.source, found.pair.target
        shared = hubs[source] & hubs[target]
        if not shared:
            told.append((sure, found))
        elif not any(hub.surrogate for hub in shared):
            told.append((min(sure, _SPOKES), found))
    return told
