"""One condition said of two tables: "the films and books of 2020" are films of that year and books of it."""

from dataclasses import replace

from services.analyzer.features import Evidence
from services.analyzer.reading import Compare, Condition, Item, Ref
from services.analyzer.said import KINDS, VALUE, code_run, condition, tests
from services.analyzer.slots import source_of


def twins_of(place: int, tables: tuple[str, str], evidence: Evidence) -> tuple[Condition, Condition] | None:
    """The same condition on a field of each of two datasets, or on one that both refer to; None where there is none.

    place: the number of the unit that makes the condition.
    """
    one, other = tables
    found: dict[str, Condition] = {}
    first, last = code_run(place, evidence)
    for link in evidence.frame.units[place].links if last - first < 3 else ():
        if link.target.kind == "value" and link.score >= VALUE:
            ref, source = Ref(link.target.dataset, link.target.name), source_of(link)
            found.setdefault(ref.dataset, Compare(Item(ref, source=source), "=", link.target.value, source=source))
    for test in tests(evidence) if last - first < 3 else ():
        if test.unit == place and test.kind in KINDS:
            found.setdefault(test.on.dataset, test.condition)
    alone = (
        condition(place, evidence)
        or condition(place, evidence, Ref(one, ""))
        or condition(place, evidence, Ref(other, ""))
    )
    if isinstance(alone, Compare) and alone.left.ref is not None:
        found.setdefault(alone.left.ref.dataset, alone)
    for own, wanted in ((one, other), (other, one)):
        if own in found and wanted not in found:
            same = _same_field(found[own], wanted, evidence)
            if same is not None:
                found[wanted] = same
    if one in found and other in found:
        return found[one], found[other]
    for dataset, held in found.items():
        if (
            dataset not in (one, other)
            and _joins(one, dataset, other, evidence)
            and _joins(other, dataset, one, evidence)
        ):
            return held, held
    return None


def _same_field(held: Condition, dataset: str, evidence: Evidence) -> Condition | None:
    """The condition on the field of another dataset that is called the same."""
    if not isinstance(held, Compare) or held.left.ref is None:
        return None
    name = _plain(held.left.ref.field)
    for each in evidence.vocabulary.datasets[dataset].fields:
        if _plain(each.name) == name:
            return replace(held, left=replace(held.left, ref=Ref(dataset, each.name)))
    return None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace(" ", "")


def _joins(dataset: str, goal: str, but: str, evidence: Evidence) -> bool:
    """Whether a dataset hangs together with another by a step or two, and not by way of a third."""
    paths = evidence.vocabulary.graph.paths(dataset, goal, 2)
    return any(len(path) <= 2 and all(edge.goal != but for edge in path) for path in paths)
