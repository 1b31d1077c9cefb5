"""Which links are kept: the best of each stretch and target, without values for which there is a better reading."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from heapq import nsmallest

from services.analyzer.link import CLOSE, NAMED, Link
from services.analyzer.vocabulary import Target

_MANY, _OF_EACH = 240, 12
"""Links from which on only the likeliest are kept; how many of each stretch and kind those are."""
_AFFINITY = 0.1
"""What it is worth that a question says more of a dataset."""


def strongest(links: Iterable[Link], keys: Sequence[str]) -> list[Link]:
    """One link for each stretch and target, the best; ordered by place, then score. Values for which there is a better
    reading of the same words are left out. keys: the tokens' norms."""
    best: dict[tuple[int, int, Target], Link] = {}
    for link in links:
        key = (link.first, link.last, link.target)
        if key not in best or best[key].score < link.score:
            best[key] = link
    values = [link for link in best.values() if link.target.kind == "value"]
    terms = [link for link in best.values() if link.target.kind in ("dataset", "field", "filter")]
    exact = {(link.first, link.last) for link in values if link.score >= _EXACT}
    joined = _joined(exact, keys)
    named = {(link.first, link.last) for link in terms if link.kind == "name" and link.score >= _CALLED}
    worse = {
        id(link)
        for link in values
        if (link.score < _EXACT and (_shadowed(link, exact, named) or (link.first, link.last) in joined))
        or _quantity(link, terms)
    }
    kept = [link for link in best.values() if id(link) not in worse]
    if len(kept) > _MANY:
        kept = _likeliest(kept)
    return sorted(kept, key=lambda link: (link.first, -link.length, -link.score, link.target))


def _joined(exact: Collection[tuple[int, int]], keys: Sequence[str]) -> frozenset[tuple[int, int]]:
    """Stretches that are two values as they are stored with "and" or "or" between: no third value is meant that is like
    both ("English and French" is not "Arabic-French-English")."""
    return frozenset(
        (one[0], other[1])
        for one in exact
        for other in exact
        if one[1] < other[0] and all(key in _JOINS for key in keys[one[1] : other[0]])
    )


def _likeliest(links: Sequence[Link]) -> list[Link]:
    """Of the links of a large schema, for each stretch and kind those that are surest and lead into datasets of which the
    question says most else: thousands of tables have a name and a status."""
    said: dict[str, dict[int, float]] = defaultdict(dict)
    for link in links:
        held = said[link.target.dataset]
        for at in range(link.first, link.last):
            held[at] = max(held.get(at, 0.0), link.score)
    affinity = {name: sum(scores.values()) for name, scores in said.items()}
    groups: dict[tuple[int, int, str], list[Link]] = defaultdict(list)
    for link in links:
        groups[link.first, link.last, link.target.kind].append(link)
    return [
        link
        for group in groups.values()
        for link in nsmallest(
            _OF_EACH, group, key=lambda link: (-link.score - _AFFINITY * affinity[link.target.dataset], link.target)
        )
    ]


_EXACT, _CALLED = 0.99, 0.95
"""Scores of a value as it is stored, and of a name as it is written."""
_JOINS = frozenset({"and", "or", "e", "ou", "nor", "nem", ",", "&"})
_LONG_NUMBER = 4
"""Digits of a number that nobody means as a quantity."""


def _shadowed(link: Link, exact: Iterable[tuple[int, int]], named: Collection[tuple[int, int]]) -> bool:
    """Whether a value that is only like the words is a worse reading of them: "San" of "San Francisco", Mr Driver where
    drivers are asked about."""
    if (link.first, link.last) in named:
        return True
    for first, last in exact:
        overlaps = link.first < last and first < link.last
        inside = first <= link.first and link.last <= last
        around = link.first <= first and last <= link.last
        if (inside and not around) or (link.kind == "fuzzy" and overlaps and not around):
            return True
    return False


def _quantity(link: Link, terms: Iterable[Link]) -> bool:
    """Whether a short number that is stored as text is no more than a number: nothing that it could belong to is named
    close by."""
    value = link.target.value
    if not value.isdigit() or len(value) >= _LONG_NUMBER or link.length > 1:
        return False
    return not any(
        link.target.dataset == term.target.dataset
        and term.target.name in ("", link.target.name)
        and term.score >= NAMED
        and -CLOSE <= link.first - term.last <= CLOSE
        for term in terms
    )
