"""Stage 6: which of the overlapping links are taken together, from the point of view of one dataset.

The stretches that are taken cover as much of the question as they can, each by its best link, those into the dataset or
near it before those far away.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import GLUE, Cue
from services.analyzer.dates import Period
from services.analyzer.link import Link
from services.analyzer.misleading import careless
from services.analyzer.numbers import Number
from services.analyzer.parse import Parse
from services.analyzer.vocabulary import Vocabulary

_SURE = 0.9
UnitKind = Literal["link", "number", "period", "cue"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of the question that is taken as one thing; exactly one of the four is set.

    others: further links of the same stretch, best first.
    """

    first: int
    last: int
    link: Link | None = None
    number: Number | None = None
    period: Period | None = None
    cue: Cue | None = None
    others: tuple[Link, ...] = ()


def nearness(vocabulary: Vocabulary, root: str, dataset: str) -> float:
    """How much a link into a dataset is worth when the root is asked about: 1 for the root, less by distance."""
    if not dataset or dataset == root:
        return 1.0
    distance = vocabulary.graph.distance(root, dataset)
    return max(0.25, 0.92 - 0.14 * distance) if distance != float("inf") else 0.05


_BONUS = {"metric": 0.06, "filter": 0.04, "entity": 0.08, "value": 0.02, "dataset": 0.03, "role": -0.3}


def worths(links: Sequence[Link], vocabulary: Vocabulary, root: str) -> list[float]:
    """What taking each link is worth from the root's point of view."""
    # By dataset: how near it is, and what its weight adds.
    known: dict[str, tuple[float, float]] = {}
    made = []
    for link in links:
        target = link.target
        held = known.get(target.dataset)
        if held is None:
            dataset = vocabulary.datasets.get(target.dataset)
            weight = dataset.weight if dataset is not None else 0.5
            near = nearness(vocabulary, root, target.dataset)
            held = known[target.dataset] = (near, 0.05 * (weight - 0.5))
        near = held[0]
        if target.kind == "entity":
            filters = {each.dataset for each in vocabulary.entities[target.name].filters}
            near = max((nearness(vocabulary, root, each) for each in filters), default=0.05)
        made.append(link.score * near + _BONUS.get(target.kind, 0.0) + held[1])
    return made


def units(parsed: Parse, vocabulary: Vocabulary, root: str) -> list[Unit]:
    """The question as units in order, from one dataset's point of view."""
    spans: dict[tuple[int, int], list[tuple[float, Link]]] = {}
    links = _sensible(parsed)
    for link, worth in zip(links, worths(links, vocabulary, root), strict=True):
        if not _status_elsewhere(link, parsed, root) and not _foreign_time(link, vocabulary, root):
            spans.setdefault((link.first, link.last), []).append((worth, link))
    for (first, last), found in list(spans.items()):
        found[:] = [entry for entry in found if not _composite(entry[1], parsed, first, last)]
        if not found:
            del spans[first, last]
    for found in spans.values():
        found.sort(key=lambda entry: (-entry[0], entry[1].target))
    chosen = _cover(parsed, spans)
    found_units = [
        Unit(first, last, link=spans[first, last][0][1], others=tuple(link for _, link in spans[first, last][1:]))
        for first, last in chosen
    ]
    held = {at for unit in found_units for at in range(unit.first, unit.last)}
    for period in parsed.periods:
        if not held & set(range(period.first, period.last)):
            found_units.append(Unit(period.first, period.last, period=period))
    held = {at for unit in found_units for at in range(unit.first, unit.last)}
    for number in parsed.numbers:
        if not held & set(range(number.first, number.last)):
            found_units.append(Unit(number.first, number.last, number=number))
    held = {at for unit in found_units for at in range(unit.first, unit.last)}
    for cue in _steering(parsed):
        covered = held & set(range(cue.first, cue.last))
        if not covered or (len(covered) < cue.last - cue.first and cue.op not in GLUE):
            found_units.append(Unit(cue.first, cue.last, cue=cue))
    return sorted(found_units, key=lambda unit: (unit.first, unit.last))


_EXPECTED = frozenset({"previsao", "previsoes", "forecast", "forecasts"})


def _steering(parsed: Parse) -> list[Cue]:
    return [cue for cue in parsed.cues if not _expected_date(cue, parsed)]


def _sensible(parsed: Parse) -> tuple[Link, ...]:
    """The links that are no part of a period, and do not rest on a coincidence of words."""
    held = parsed._sensible
    if held is None:
        # Only cues that cover where a link begins can say anything of it.
        around: list[tuple[Cue, ...]] = [()] * len(parsed.keys)
        for cue in _steering(parsed):
            for at in range(cue.first, cue.last):
                around[at] += (cue,)
        taken = {at for each in parsed.periods if not each.weak for at in range(each.first, each.last)}
        held = tuple(
            link for link in parsed.links
            if (_exact(link) or taken.isdisjoint(range(link.first, link.last)))
            and not any(cue.op == "FORECAST" and link.last <= cue.last for cue in around[link.first])
            and not careless(link, parsed.keys, around[link.first])
            and not _groups(link, around[link.last - 1])
        )  # fmt: skip
        object.__setattr__(parsed, "_sensible", held)
    return held


def _groups(link: Link, ending: tuple[Cue, ...]) -> bool:
    """Whether a part of a name ends in what says how rows are grouped: "freight per carrier" is no "freight per kilo"."""
    return link.coverage < 1 and link.last - link.first > 1 and any(cue.op in ("EACH", "BY") for cue in ending)


def _exact(link: Link) -> bool:
    return link.target.kind == "value" and link.score >= 0.99


def _expected_date(cue: Cue, parsed: Parse) -> bool:
    """Whether "previsão de" speaks of an expected date rather than of a measure to come: no measure follows."""
    if cue.op != "FORECAST" or parsed.keys[cue.first] not in _EXPECTED:
        return False
    return not any(link.target.kind == "metric" and link.coverage == 1 and link.first - cue.last in (0, 1)
                   for link in parsed.links)  # fmt: skip


def _status_elsewhere(link: Link, parsed: Parse, root: str) -> bool:
    """Whether "situação dos …" is taken for the state of another dataset's rows, or for a state of the map."""
    if link.target.kind != "field" or (link.target.dataset == root and link.score >= _SURE):
        return False
    return any(cue.op == "STATUS" and cue.first <= link.first and link.last <= cue.last for cue in parsed.cues)


def _foreign_time(link: Link, vocabulary: Vocabulary, root: str) -> bool:
    """Whether a bare "data" or "date" is taken for a time of another dataset: every dataset has one of its own."""
    held = vocabulary.field_of(link.target) if link.target.kind == "field" else None
    time = held is not None and held.role == semantics_pb2.FIELD_ROLE_TIME
    return time and link.target.dataset != root and link.last - link.first == 1 and link.score < _SURE


def _composite(link: Link, parsed: Parse, first: int, last: int) -> bool:
    """Whether a metric only says what a dataset and a filter of it say word by word ("entregas atrasadas"): taken apart,
    the same words can be listed, counted, grouped and ranked."""
    if link.target.kind != "metric":
        return False
    inside = [each for each in parsed.links if first <= each.first and each.last <= last and each.coverage == 1]
    datasets = [each for each in inside if each.target.kind == "dataset" and each.target.dataset == link.target.dataset]
    filters = [each for each in inside if each.target.kind == "filter" and each.target.dataset == link.target.dataset]
    return any(one.last <= other.first or other.last <= one.first for one in datasets for other in filters)


def _cover(parsed: Parse, spans: dict[tuple[int, int], list[tuple[float, Link]]]) -> list[tuple[int, int]]:
    """Non-overlapping stretches of the greatest worth together."""
    size = len(parsed.keys)
    ending: dict[int, list[tuple[int, float]]] = {}
    strong_cues = {
        (cue.first, cue.last) for cue in parsed.cues if cue.op not in ("RANKING",) and cue.last - cue.first > 1
    }
    for (first, last), found in spans.items():
        value = found[0][0]
        if value < 0.28:
            continue
        length = last - first
        # A cue of several words ("number of", "mais recente") beats a name inside it, and a part of a name around it.
        partial = found[0][1].coverage < 1
        if any(
            (start <= first and last <= end and end - start > length) or (partial and first <= start and end <= last)
            for start, end in strong_cues
        ):
            value -= 0.55
        elif any(cue.first == first and cue.last == last and cue.op not in GLUE for cue in parsed.cues):
            value -= 0.12
        if value > 0:
            ending.setdefault(last, []).append((first, value * length + 0.08 * (length - 1) - 0.05))
    best: list[tuple[float, list[tuple[int, int]]]] = [(0.0, [])]
    for last in range(1, size + 1):
        option = best[last - 1]
        for first, value in ending.get(last, ()):
            total = best[first][0] + value
            if total > option[0] + 1e-9:
                option = (total, [*best[first][1], (first, last)])
        best.append(option)
    return best[size][1]
