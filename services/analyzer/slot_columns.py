"""Columns that a question may want shown, grouped or ordered by: the fields that it names, and what stands for the rows of
the datasets that it names."""

from collections.abc import Sequence

from services.analyzer.features import Evidence, rows, unit_of
from services.analyzer.frame import FAR
from services.analyzer.link import Link
from services.analyzer.slot import Column
from services.analyzer.vocabulary import Target

_LEAST_FIELD = 0.3
_LEAST_DATASET = 0.5
_MOST = 48


def columns(evidence: Evidence) -> list[Column]:
    """The likeliest columns, best first."""
    frame, vocabulary = evidence.frame, evidence.vocabulary
    made: dict[Target, tuple[int, Link | None, float]] = {}
    for (dataset, name), links in evidence.by_field.items():
        link = _anchor(evidence, links)
        if link.score >= _LEAST_FIELD:
            made[Target("field", dataset, name)] = (unit_of(frame, link), link, link.score)
    for dataset, links in evidence.by_dataset.items():
        if links[0].score < _LEAST_DATASET:
            continue
        anchor = unit_of(frame, links[0])
        made[Target("dataset", dataset)] = (anchor, links[0], links[0].score + 0.5)
        held = vocabulary.datasets[dataset]
        for name in dict.fromkeys([held.label_field, *held.key_fields, *held.display_fields[:3]]):
            if name:
                made.setdefault(Target("field", dataset, name), (anchor, None, 0.3 * links[0].score))
    ranked = sorted(made.items(), key=lambda entry: (-entry[1][2], entry[0]))[:_MOST]
    anchors = [(target, unit, link) for target, (unit, link, _) in ranked]
    return [Column(*anchor, features) for anchor, features in zip(anchors, rows(evidence, anchors), strict=True)]


def _anchor(evidence: Evidence, links: Sequence[Link]) -> Link:
    """The link that stands for a field: of the best ones the one nearest to where its dataset is named, so that "train
    name and station name" are two names; then one that fills its unit."""
    frame = evidence.frame
    best = [link for link in links if link.score >= links[0].score - 0.02]
    if len(best) == 1:
        return best[0]
    own = [place for place, names in evidence.dataset_units if links[0].target.dataset in names]

    def order(link: Link) -> tuple[int, bool, int]:
        at = unit_of(frame, link)
        unit = frame.units[at]
        whole = unit.first == link.first and unit.last == link.last
        near = min((abs(place - at) for place in own), default=FAR)
        return (min(near, 4), not whole, link.first)

    return min(best, key=order)
