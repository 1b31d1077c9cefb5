"""Readings by rules: the roots that are worth trying, each composed and scored."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2
from services.analyzer.build import build
from services.analyzer.compose import Composer
from services.analyzer.cues import GLUE
from services.analyzer.mentions import worths
from services.analyzer.parse import Parse
from services.analyzer.reading import (
    Between,
    Compare,
    Condition,
    Flag,
    Like,
    Missing,
    Named,
    Reading,
    Related,
    conditions,
    refs,
)
from services.analyzer.trees import NotConnected, tree_of
from services.analyzer.vocabulary import SMALL_WORDS, Vocabulary

_SIMPLE = (Compare, Between, Like, Missing, Flag, Named)
"""Conditions that join nothing."""
_ROOTS = 5
_CANDIDATES = 24
"""Datasets that are looked at as roots."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A reading that rules composed. score: greater is better; used: tokens that it explains; unexplained: content that
    it does not; make: writes it out as a plan."""

    reading: Reading
    make: Callable[[], plan.QueryPlan]
    score: float
    used: frozenset[int]
    unexplained: tuple[int, ...]

    @property
    def probability(self) -> float:
        """How surely it is what was meant, 0 to 1, by the words left over."""
        return max(0.05, 0.9 - 0.2 * len(self.unexplained))


def ruled(parsed: Parse, vocabulary: Vocabulary) -> list[Ruled]:
    """Readings of the parse, best first, each different; empty where nothing of the model is named."""
    found: dict[Reading, Ruled] = {}
    told = content(parsed)
    for root, prior in roots(parsed, vocabulary):
        composed = Composer(parsed, vocabulary, root).compose()
        reading = composed.reading
        try:
            joins = _joins(reading, parsed, vocabulary)
        except NotConnected:
            continue
        unexplained = tuple(at for at in told if at not in composed.used)
        score = prior - 0.5 * len(unexplained) - 0.12 * (joins + _met(reading, vocabulary))
        if reading not in found or found[reading].score < score:
            make = partial(build, reading, vocabulary, parsed.question)
            found[reading] = Ruled(reading, make, score, composed.used, unexplained)
    return sorted(found.values(), key=lambda each: -each.score)


def _joins(reading: Reading, parsed: Parse, vocabulary: Vocabulary) -> int:
    """How many joins its plan has, without writing it out where nothing but its own tables has to be joined. Raises
    NotConnected where these cannot be."""
    items = (*reading.select, *reading.group, *(order.item for order in reading.order))
    simple = reading.contrast is None and reading.combine is None and not any(item.where for item in items)
    if not simple or not all(isinstance(each, _SIMPLE) and not _asks(each) for each in conditions(reading)):
        return len(build(reading, vocabulary, parsed.question).query.select.joins)
    copies = {(ref.dataset, ref.role) for ref in refs(reading) if ref.role}
    return len(tree_of(reading, vocabulary).edges) + len(copies)


def _met(reading: Reading, vocabulary: Vocabulary) -> int:
    """How many joins it takes to see whether there are partners of which nothing else is said."""
    held = [each for each in reading.where if isinstance(each, Related) and not (each.where or each.negated or each.op)]
    ways = [vocabulary.graph.paths(each.start, each.dataset) for each in held]
    return sum(len(way[0]) for way in ways if way)


def _asks(condition: Condition) -> bool:
    """Whether there is a query inside."""
    return isinstance(condition, Compare) and isinstance(condition.right, Reading)


def roots(parsed: Parse, vocabulary: Vocabulary) -> list[tuple[str, float]]:
    """Datasets that the question may be about, with the worth of all links from their point of view."""
    candidates = {link.target.dataset for link in parsed.links if link.target.dataset}
    for link in parsed.links:
        if link.target.kind == "entity":
            candidates.update(each.dataset for each in vocabulary.entities[link.target.name].filters)
    if len(candidates) > _CANDIDATES:
        candidates = _likeliest(parsed, candidates)
    scored = []
    for root in sorted(candidates):
        best: dict[int, float] = defaultdict(float)
        named = 0.0
        for link, value in zip(parsed.links, worths(parsed.links, vocabulary, root), strict=True):
            for at in range(link.first, link.last):
                best[at] = max(best[at], value)
            if link.target.kind in ("dataset", "metric") and link.target.dataset == root:
                named = max(named, link.score)
        scored.append((root, sum(best.values()) + 0.6 * named + _first_of(parsed, vocabulary, root)))
    first = min(
        (link for link in parsed.links if link.target.kind == "dataset" and link.score >= 0.8),
        key=lambda link: (link.first, -link.score),
        default=None,
    )
    if first is not None:
        # What is named first is what is asked about; what follows says more of it.
        scored = [(root, value + 0.2 * (root == first.target.dataset)) for root, value in scored]
    return sorted(scored, key=lambda entry: (-entry[1], entry[0]))[:_ROOTS]


def _likeliest(parsed: Parse, candidates: Iterable[str]) -> set[str]:
    """Of very many datasets those of which the question itself says most."""
    said: dict[str, dict[int, float]] = {name: {} for name in candidates}
    for link in parsed.links:
        held = said.get(link.target.dataset, {})
        for at in range(link.first, link.last):
            held[at] = max(held.get(at, 0.0), link.score + (0.6 if link.target.kind == "dataset" else 0.0))
    ranked = sorted(said, key=lambda name: (-sum(said[name].values()), name))
    return set(ranked[:_CANDIDATES])


def _first_of(parsed: Parse, vocabulary: Vocabulary, root: str) -> float:
    """A little for the dataset of which most can be said, among those that an entity of the question is known to: nothing
    else may tell them apart."""
    for link in parsed.links:
        if link.target.kind == "entity":
            known = [each.dataset for each in vocabulary.entities[link.target.name].filters]
            richest = max(known, key=lambda name: (_flags(vocabulary, name), name), default="")
            return 0.03 if root == richest else 0.0
    return 0.0


def _flags(vocabulary: Vocabulary, dataset: str) -> int:
    return sum(each.role == semantics_pb2.FIELD_ROLE_FLAG for each in vocabulary.datasets[dataset].fields)


def content(parsed: Parse) -> list[int]:
    """Tokens that something has to explain: words and numbers that are neither glue nor small."""
    glue = {at for cue in parsed.cues if cue.op in GLUE for at in range(cue.first, cue.last)}
    # The small words are those of both languages, and "no" is one of them: in English it denies.
    denying = {cue.first for cue in parsed.cues if cue.op == "NOT" and cue.last - cue.first == 1}
    return [
        at
        for at, key in enumerate(parsed.keys)
        if parsed.question.letter(at)
        or (at not in glue and (key not in SMALL_WORDS or at in denying) and any(char.isalnum() for char in key))
        or (key == "%" and any(cue.op == "PERCENT" and cue.first == at for cue in parsed.cues))
    ]
