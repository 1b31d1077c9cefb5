"""Conditions on values that the data hold: "from Lisbon", "not from Lisbon"."""

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.link import Link
from services.analyzer.reading import Compare, Item, Ref
from services.analyzer.slot import source_of
from services.analyzer.slot_tests import Tests

_LEAST = 0.7
_MOST = 6
"""Fields that the same words may be a value of."""


def values(tests: Tests) -> None:
    """A field equals a value that was found in it; or it does not, where a negation is near."""
    frame = tests.frame
    spans: dict[tuple[int, int], list[Link]] = {}
    for link in frame.parsed.links:
        if link.target.kind == "value" and link.score >= _LEAST:
            spans.setdefault((link.first, link.last), []).append(link)
    affinity = tests.evidence.affinity
    for (first, last), links in spans.items():
        links.sort(key=lambda link: (-link.score, -affinity.get(link.target.dataset, 0.0), link.target))
        unit = frame.unit_at[last - 1]
        negated = any(min(frame.near(unit, tag)) < 5 for tag in ("NOT", "NE"))
        for link in links[:_MOST]:
            target = link.target
            held = tests.vocabulary.fields[target.dataset, target.name]
            if held.role == semantics_pb2.FIELD_ROLE_FLAG and held.HasField("predicate") and not held.column:
                continue
            better = sum(other.score > link.score + 0.001 for other in links)
            source = source_of(link)
            item = Item(Ref(target.dataset, target.name), source=source)
            for op in ("=", "<>") if negated else ("=",):
                tests.add(
                    Compare(item, op, target.value, source=source), "value", target, unit, range(first, last), op=op,
                    score=link.score, rivals=len(links) - 1, better=better,
                )  # fmt: skip
