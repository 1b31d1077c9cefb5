"""A word for what is asked that names two things of the model equally, or none of them: one, the other, or both?

    two fields    "when was it released?" of a table with a year and a month of release
    two tables    "which company?" where a project has a contractor and a developer, and nothing is called company
"""

from collections.abc import Sequence

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.build import NotConnected, tree_of
from services.analyzer.doubt import Doubt, called, dataset_of, labelled
from services.analyzer.features import Evidence
from services.analyzer.frame import Unit
from services.analyzer.reading import Condition, Item, Order, Reading, Ref, conditions
from services.analyzer.said import amounts, condition, says
from services.analyzer.vocabulary import Vocabulary

_LEAST = 0.45
"""Score of a link that counts among those that name a thing."""
_SURE = 0.6
"""Score from which a word names something."""
_EQUAL = 0.12
_MEASURING = frozenset(
    {"COUNT", "HOW_MUCH", "AVG", "SUM", "PERCENT", "DIFFERENCE", "COMPARE", "TREND", "DISTRIBUTION", "CORRELATION", "FORECAST",
     "WHY", "RANKING", "ABOVE_AVG", "BELOW_AVG", "SEVERAL", "NOT", "NE", "EXISTS"}
)  # fmt: skip
_NAMES = frozenset("name names nome nomes called id ids code codes codigo".split())  # noqa: SIM905
_TIME = frozenset("when timeframe period time quando periodo epoca".split())  # noqa: SIM905
_TIME_PARTS = frozenset("year month day date quarter week ano mes dia data trimestre semana".split())  # noqa: SIM905
_HOLLOW = frozenset("related available other various following corresponding relacionados disponiveis list lista kind type".split())  # noqa: SIM905
_STEADY = frozenset({"THE", "OF", "ALL", "LIST", "AND", "BY", "FOR", "IT", "WITH", "IN", "AS", "DISTINCT"})


def vagueness(reading: Reading, evidence: Evidence) -> Doubt | None:
    """The doubt about a word for what is asked; None where none is vague."""
    frame = evidence.frame
    if any(unit.tags & _MEASURING for unit in frame.units) or reading.combine is not None or reading.contrast is not None:
        return None
    for place, unit in enumerate(frame.units):
        if not _asked(place, evidence):
            continue
        for kind in (_fields, _amounts, _tables, _neighbours):
            made = kind(place, unit, reading, evidence)
            if made is not None:
                return made
    return None


def _asked(place: int, evidence: Evidence) -> bool:
    """Whether a unit stands where what is asked for stands: not behind a word that begins a condition."""
    for unit in reversed(evidence.frame.units[:place]):
        if unit.tags & {"WHO", "WHAT", "WHICH", "LIST", "WHEN", "WHERE", "BY"}:
            return True
        if unit.tags & {"THAT", "WITH", "WHOSE", "IN", "FROM", "AT", "ON", "HAVE", "GT", "LT", "GE", "LE", "EQ", "BETWEEN", "SAME"}:
            return "AND" in evidence.frame.units[place - 1].tags
    return bool(evidence.frame.units[place].tags & {"WHO", "WHEN", "WHERE"}) or place <= 1


# Two fields of one table


def _fields(place: int, unit: Unit, reading: Reading, evidence: Evidence) -> Doubt | None:
    frame = evidence.frame
    words = set(frame.parsed.keys[unit.first : unit.last])
    if words & _NAMES or unit.number is not None or dataset_of(unit, _SURE):
        return None
    for dataset in _near(reading, evidence):
        names = _named(unit, dataset, evidence.vocabulary)
        if words & _TIME:
            names = _times(dataset, evidence.vocabulary)
        if len(names) == 2 and not _said_elsewhere(place, dataset, names, evidence):
            return _either(place, [(Item(Ref(dataset, name)),) for name in names], reading, evidence)
    return None


def _near(reading: Reading, evidence: Evidence) -> list[str]:
    """Datasets that the question is about, those that it names first."""
    named = [name for unit in evidence.frame.units if (name := dataset_of(unit, _SURE))]
    held = [name for name in _datasets(reading) if name not in named]
    return list(dict.fromkeys([*named, *held]))


def _datasets(reading: Reading) -> list[str]:
    return [reading.root, *(item.ref.dataset for item in reading.select if item.ref is not None)]


def _named(unit: Unit, dataset: str, vocabulary: Vocabulary) -> list[str]:
    """Fields of a dataset that a unit names equally well, if none of any dataset is named better."""
    links = [link for link in unit.links if link.target.kind == "field" and link.score >= _LEAST]
    best = max((link.score for link in links), default=0.0)
    if best >= 0.95:
        return []
    found = [
        link for link in links
        if link.target.dataset == dataset and link.score >= best - _EQUAL and _shown_field(dataset, link.target.name, vocabulary)
    ]  # fmt: skip
    # A word of the name of one of them says which.
    called_so = [link for link in found if link.kind == "name"] or found
    return list(dict.fromkeys(link.target.name for link in called_so))


def _shown_field(dataset: str, name: str, vocabulary: Vocabulary) -> bool:
    return name not in vocabulary.datasets[dataset].key_fields and (dataset, name) not in vocabulary.referring


def _times(dataset: str, vocabulary: Vocabulary) -> list[str]:
    """Fields of a dataset that say when."""
    return [
        each.name for each in vocabulary.datasets[dataset].fields
        if _shown_field(dataset, each.name, vocabulary)
        and (each.role == semantics_pb2.FIELD_ROLE_TIME or each.unit == "year" or _TIME_PARTS.intersection(each.name.lower().split("_")))
    ]  # fmt: skip


def _said_elsewhere(place: int, dataset: str, names: Sequence[str], evidence: Evidence) -> bool:
    """Whether one of the fields is called by its name in another place."""
    return any(
        link.target.kind == "field" and link.target.dataset == dataset and link.target.name in names and link.score >= 0.7
        and link.kind in ("name", "synonym")
        for number, unit in enumerate(evidence.frame.units) if number != place
        for link in unit.links
    )  # fmt: skip


def _amounts(place: int, unit: Unit, reading: Reading, evidence: Evidence) -> Doubt | None:
    """A table that goes by nothing, and has two amounts: "the life expectancy" of the average and of each sex."""
    name, vocabulary = dataset_of(unit, 0.9), evidence.vocabulary
    if not name or labelled(name, vocabulary) is not None:
        return None
    names = amounts(name, vocabulary)
    if len(names) != 2 or _said_elsewhere(place, name, names, evidence):
        return None
    return _either(place, [(Item(Ref(name, each)),) for each in names], reading, evidence)


# Two tables


def _tables(place: int, unit: Unit, reading: Reading, evidence: Evidence) -> Doubt | None:
    """A word that is part of the names of two tables."""
    vocabulary = evidence.vocabulary
    links = [link for link in unit.links if link.target.kind == "dataset" and link.score >= _LEAST]
    if not links or links[0].score >= 0.9 or unit.links[0].score > links[0].score + 0.01:
        return None
    names = [link.target.dataset for link in links if link.score >= links[0].score - _EQUAL]
    names = [name for name in dict.fromkeys(names) if not vocabulary.datasets[name].junction]
    if len(names) != 2 or vocabulary.graph.distance(*names) <= 1.3:
        return None
    labels = [labelled(name, vocabulary) for name in names]
    if labels[0] is None or labels[1] is None:
        return None
    return _either(place, [(labels[0],), (labels[1],)], reading, evidence)


def _neighbours(place: int, unit: Unit, reading: Reading, evidence: Evidence) -> Doubt | None:
    """A word that names nothing, where what the question is about has just two things of which it says nothing."""
    if not _nameless(place, unit, evidence):
        return None
    vocabulary = evidence.vocabulary
    said = _mentioned(evidence)
    hubs = [name for each in evidence.frame.units if (name := dataset_of(each, _SURE))]
    hubs += [each.left.ref.dataset for each in _given(reading, evidence) if getattr(each, "left", None) and each.left.ref]  # type: ignore[union-attr]
    for hub in dict.fromkeys(hubs):
        goals = [edge.goal for edge in vocabulary.graph.neighbours(hub) if edge.forward]
        free = [name for name in dict.fromkeys(goals) if name not in said and labelled(name, vocabulary)]
        if len(free) == 2:
            options = [(label,) for name in free if (label := labelled(name, vocabulary)) is not None]
            return _either(place, options, reading, evidence, hub)
    return None


def _nameless(place: int, unit: Unit, evidence: Evidence) -> bool:
    """Whether a unit is a noun that is asked for and names nothing: "which company", "who"."""
    frame = evidence.frame
    if any(link.score >= _SURE for link in unit.links) or unit.number is not None:
        return False
    keys = set(frame.parsed.keys[unit.first : unit.last])
    if "WHO" in unit.tags or (unit.tags == frozenset({"THAT"}) and place == 0 and keys & {"who", "quem"}):
        following = frame.units[place + 1 : place + 4]
        return not any("BE" in each.tags for each in following[:1])
    if "word" not in unit.tags or keys & _HOLLOW or place == 0:
        return False
    before = next((each for each in reversed(frame.units[:place]) if not _hollow(each, evidence)), None)
    return before is not None and bool(before.tags & {"WHAT", "WHICH", "LIST", "AND", "BY"})


def _hollow(unit: Unit, evidence: Evidence) -> bool:
    keys = set(evidence.frame.parsed.keys[unit.first : unit.last])
    return bool(keys & _HOLLOW) or unit.tags <= {"THE", "ALL", "IT"}


def _mentioned(evidence: Evidence) -> set[str]:
    """Datasets of which the question says something that nothing else is called."""
    found = set()
    for unit in evidence.frame.units:
        if not unit.links:
            continue
        best = {link.target.dataset for link in unit.links if link.score >= max(unit.links[0].score - 0.05, _SURE)}
        if len(best) == 1:
            found |= best
    return found


# The readings


def _either(
    place: int, options: list[tuple[Item, ...]], reading: Reading, evidence: Evidence, by: str = ""
) -> Doubt | None:
    """One, the other, or both, in the place of what the word was taken for."""
    vocabulary, frame = evidence.vocabulary, evidence.frame
    choices = [options[0], options[1], (*options[0], *options[1])]
    refs = {item.ref for item in choices[2]}
    kept = _kept(place, reading, refs, evidence)
    where = _given(reading, evidence)
    order, limit = _order(reading, evidence)
    made = []
    for items in choices:
        select = _ordered(kept, items, place)
        root = select[0].ref.dataset if select[0].ref else reading.root
        tables = (by,) if by and by != root else ()
        made.append(Reading(root, select=select, where=where, order=order, limit=limit, tables=tables, intent="list"))
    try:
        for each in made:
            tree_of(each, vocabulary)
    except NotConnected:
        return None
    unit = frame.units[place]
    tokens = frozenset(range(unit.first, unit.last))
    return Doubt("vagueness", tuple(made), called(place, frame), (), tokens, sure=False)


def _order(reading: Reading, evidence: Evidence) -> tuple[tuple[Order, ...], int]:
    """The order that a superlative asks for."""
    frame, vocabulary = evidence.frame, evidence.vocabulary
    degree = next((at for at, unit in enumerate(frame.units) if unit.tags & {"DEGREE_MAX", "DEGREE_MIN"}), -1)
    if degree < 0:
        return (reading.order, reading.limit) if frame.has("ORDER") else ((), 0)
    if reading.order:
        return reading.order, reading.limit or 1
    for unit in frame.units[degree + 1 : degree + 2]:
        names = {link.target.dataset for link in unit.links if link.score >= unit.links[0].score - 0.01}
        held = amounts(name, vocabulary) if len(names) == 1 and (name := next(iter(names))) else []
        if len(held) == 1:
            most = "DEGREE_MAX" in frame.units[degree].tags
            return (Order(Item(Ref(next(iter(names)), held[0])), descending=most),), 1
    return (), 0


def _kept(place: int, reading: Reading, refs: set[Ref | None], evidence: Evidence) -> list[tuple[Item, int]]:
    """What is shown besides: what the question names itself, each with its place."""
    frame, vocabulary = evidence.frame, evidence.vocabulary
    listed = [number for number in range(len(frame.units)) if _listed(number, place, evidence)]
    if not listed:
        return []
    found = []
    for item in reading.select:
        tokens = item.source.tokens
        if item.ref in refs or item.aggregated or not tokens or frame.unit_at[tokens[0]] == place:
            continue
        found.append((item, frame.unit_at[tokens[0]]))
    shown = {item.ref.dataset for item, _ in found if item.ref is not None}
    for number in listed:
        name = dataset_of(frame.units[number], _SURE)
        label = labelled(name, vocabulary)
        if label is not None and name not in shown:
            shown.add(name)
            found.append((label, number))
    return found


def _listed(number: int, place: int, evidence: Evidence) -> bool:
    """Whether a unit is asked for beside the vague one: "projects and related resources", "projects by company"."""
    if number == place or not _asked(number, evidence):
        return False
    first, last = sorted((number, place))
    between = evidence.frame.units[first + 1 : last]
    return bool(dataset_of(evidence.frame.units[number], _SURE)) and any(
        unit.tags & {"AND", "BY", "comma", "CONTAIN"} for unit in between
    ) and not any(unit.tags & {"THAT", "IN"} for unit in between)


def _ordered(kept: list[tuple[Item, int]], items: tuple[Item, ...], place: int) -> tuple[Item, ...]:
    before = [item for item, at in kept if at < place]
    after = [item for item, at in kept if at > place]
    return (*before, *items, *after)


def _given(reading: Reading, evidence: Evidence) -> tuple[Condition, ...]:
    """The conditions that the question makes, by its values and numbers."""
    held = [each for each in conditions(reading) if not isinstance(each, type(None))]
    found: list[Condition] = []
    for place, unit in enumerate(evidence.frame.units):
        if not says(unit):
            continue
        made = next((each for each in held if _of(each, unit)), None) or condition(place, evidence)
        if made is not None and made not in found:
            found.append(made)
    return tuple(found)


def _of(each: Condition, unit: Unit) -> bool:
    source = getattr(each, "source", None)
    return source is not None and bool(set(source.tokens).intersection(range(unit.first, unit.last)))

