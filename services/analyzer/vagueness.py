"""A word for what is asked that names two things of the model alike, or is wider than both: one, the other, or both?

two fields    "when was it released?" of a table with a year and a month of release; "the lead" of a film
two tables    "which company?" where a project has a contractor and a developer, and nothing is called company
"""

import re
from collections.abc import Iterable, Sequence

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.asked_for import ASKING, asked_for, words_in
from services.analyzer.doubt import Doubt, called, dataset_of, labelled
from services.analyzer.features import Evidence
from services.analyzer.frame import Unit
from services.analyzer.normalize import fold
from services.analyzer.reading import Compare, Condition, Item, Order, Reading, Ref, conditions
from services.analyzer.said import amounts, condition, says
from services.analyzer.stem import stem_en, stem_pt
from services.analyzer.topics import Topic, covered, topic_of
from services.analyzer.trees import NotConnected, tree_of
from services.analyzer.vocabulary import Vocabulary

_LEAST = 0.45
"""Score of a link that counts among those that name a thing."""
_SURE = 0.6
"""Score from which a word names something."""
_WHOLE = 0.9
"""Score from which it is its name."""
_EXACT = 0.98
_EQUAL = 0.12
_MEASURING = frozenset(
    {"COUNT", "HOW_MUCH", "AVG", "SUM", "PERCENT", "DIFFERENCE", "COMPARE", "TREND", "DISTRIBUTION", "CORRELATION", "FORECAST",
     "WHY", "RANKING", "ABOVE_AVG", "BELOW_AVG", "SEVERAL", "NOT", "NE"}
)  # fmt: skip
_NAMES = frozenset("name names nome nomes called id ids code codes codigo number".split())  # noqa: SIM905
_HOLLOW = frozenset(
    "related available other various following corresponding one ones someone anyone somebody out kind type relacionados "  # noqa: SIM905
    "disponiveis lista alguem outro outra outros outras".split()
)
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def vagueness(reading: Reading, evidence: Evidence) -> Doubt | None:
    """The doubt about a word for what is asked; None where none is vague."""
    frame = evidence.frame
    if (
        any(unit.tags & _MEASURING for unit in frame.units)
        or reading.combine is not None
        or reading.contrast is not None
    ):
        return None
    for place, unit in enumerate(frame.units):
        if unit.number is not None or not asked_for(place, evidence):
            continue
        for kind in (_alike, _covered, _amounts, _tables, _neighbours):
            made = kind(place, unit, reading, evidence)
            if made is not None:
                return made
    return None


def _parts(name: str) -> set[str]:
    """The folded words of a name of the schema."""
    return {fold(part) for part in _PART.findall(name.replace("_", " "))}


# Two fields of one table


def _alike(place: int, unit: Unit, reading: Reading, evidence: Evidence) -> Doubt | None:
    """A word that two fields of a table have in their names, or that stands for both as well."""
    if words_in(unit, evidence) & _NAMES or dataset_of(unit, _SURE):
        return None
    for dataset in _near(reading, evidence):
        names = _named(unit, dataset, evidence)
        if len(names) == 2 and not _decided(place, dataset, names, evidence):
            return _either(place, [(Item(Ref(dataset, name)),) for name in names], reading, evidence)
    return None


def _near(reading: Reading | None, evidence: Evidence, but: int = -1) -> list[str]:
    """Datasets that the question is about, those that it names first. reading: what it was taken for, which may name further
    ones; but: a unit that does not count."""
    units = [unit for place, unit in enumerate(evidence.frame.units) if place != but]
    named = [name for unit in units if (name := dataset_of(unit, _SURE))]
    told = [unit.links[0].target.dataset for unit in units if unit.links and unit.links[0].score >= _WHOLE]
    taken = [reading.root, *(item.ref.dataset for item in reading.select if item.ref)] if reading is not None else []
    return [name for name in dict.fromkeys([*named, *told, *taken]) if name]


def _named(unit: Unit, dataset: str, evidence: Evidence) -> list[str]:
    """Fields of a dataset that a unit names alike, if none of any dataset is named better."""
    vocabulary = evidence.vocabulary
    links = [link for link in unit.links if link.target.kind == "field" and link.score >= _LEAST]
    best = max((link.score for link in links), default=0.0)
    if best >= _EXACT or not links:
        return []
    stem = stem_pt if evidence.frame.parsed.language.code == "pt" else stem_en
    words = {stem(word) for word in words_in(unit, evidence)}
    sharing = [
        each.name for each in vocabulary.datasets[dataset].fields
        if _shown_field(dataset, each.name, vocabulary) and words <= {stem(part) for part in _parts(each.name)}
    ]  # fmt: skip
    if len(sharing) == 2:
        return sharing
    if best >= _WHOLE:
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


def _decided(place: int, dataset: str, names: Sequence[str], evidence: Evidence) -> bool:
    """Whether another word of the question tells the fields apart: "start" of a start and an end date."""
    for number, unit in enumerate(evidence.frame.units):
        if number == place:
            continue
        scores = {
            link.target.name: link.score for link in reversed(unit.links)
            if link.target.kind == "field" and link.target.dataset == dataset and link.target.name in names
            and link.score >= 0.55 and "DEGREE_MIN" not in unit.tags and "DEGREE_MAX" not in unit.tags
        }  # fmt: skip
        if scores and (len(scores) == 1 or max(scores.values()) - min(scores.values()) > 0.05):
            return True
        own = {word for word in words_in(unit, evidence) if len(word) > 3 and not unit.tags & ASKING}
        if abs(number - place) <= 2 and len({name for name in names if any(word in fold(name) for word in own)}) == 1:
            return True
    return False


# What a wide word covers


def _covered(place: int, unit: Unit, reading: Reading, evidence: Evidence) -> Doubt | None:
    """A word that is wider than the names of two things: fields of a table, or tables that it refers to."""
    words = words_in(unit, evidence)
    near = _near(reading, evidence, place)
    others = _near(None, evidence, place)
    if any(link.score >= _WHOLE and link.target.dataset in others for link in unit.links):
        return None
    for topic in topic_of(words):
        for dataset in [*near, *_around(near, evidence)]:
            options = list(_covering(dataset, topic, evidence))
            names = [item.ref.field for item in options if item.ref is not None and item.ref.dataset == dataset]
            if (
                len(options) == 2
                and not (names and _decided(place, dataset, names, evidence))
                and not _said(options, evidence)
            ):
                by = "" if names else dataset
                return _either(place, [(item,) for item in options], reading, evidence, by)
    return None


def _around(near: Sequence[str], evidence: Evidence) -> list[str]:
    """Datasets that are a step away."""
    graph = evidence.vocabulary.graph
    found = [edge.goal for name in near for edge in graph.neighbours(name)]
    return [name for name in dict.fromkeys(found) if name not in near]


def _covering(dataset: str, topic: Topic, evidence: Evidence) -> Iterable[Item]:
    vocabulary = evidence.vocabulary
    for each in vocabulary.datasets[dataset].fields:
        if _shown_field(dataset, each.name, vocabulary) and covered(_called(each.name, each.terms), topic):
            yield Item(Ref(dataset, each.name))
    goals = [edge.goal for edge in vocabulary.graph.neighbours(dataset) if edge.forward]
    for name in dict.fromkeys(goals):
        label = labelled(name, vocabulary)
        if label is not None and covered(_called(name, vocabulary.datasets[name].terms), topic):
            yield label


def _called(name: str, terms: Iterable[semantics_pb2.Term]) -> set[str]:
    """The words of a name, and of what is surely the same."""
    found = _parts(name)
    for term in terms:
        if (term.weight or 1.0) >= _SURE:
            found |= set(fold(term.text).split())
    return found


def _said(options: Sequence[Item], evidence: Evidence) -> bool:
    """Whether the question names one of the tables itself."""
    said = _mentioned(evidence)
    return any(item.ref is not None and item.ref.dataset in said for item in options) and len(
        {item.ref.dataset for item in options if item.ref}
    ) == len(options)


def _amounts(place: int, unit: Unit, reading: Reading, evidence: Evidence) -> Doubt | None:
    """A table that goes by nothing, and has two amounts: "the life expectancy" of the average and of each sex."""
    name, vocabulary = dataset_of(unit, _WHOLE), evidence.vocabulary
    if not name or labelled(name, vocabulary) is not None:
        return None
    names = amounts(name, vocabulary)
    if len(names) != 2 or any(_speaks(each, name, vocabulary) for each in evidence.frame.units if each is not unit):
        return None
    return _either(place, [(Item(Ref(name, each)),) for each in names], reading, evidence)


def _speaks(unit: Unit, dataset: str, vocabulary: Vocabulary) -> bool:
    """Whether a unit names a field of a dataset that is no key."""
    return any(
        link.target.kind in ("field", "value") and link.target.dataset == dataset and link.score >= unit.links[0].score - 0.01
        and _shown_field(dataset, link.target.name, vocabulary)
        for link in unit.links
    )  # fmt: skip


# Two tables


def _tables(place: int, unit: Unit, reading: Reading, evidence: Evidence) -> Doubt | None:
    """A word that is part of the names of two tables."""
    vocabulary = evidence.vocabulary
    links = [link for link in unit.links if link.target.kind == "dataset" and link.score >= _LEAST]
    if not links or links[0].score >= _WHOLE or unit.links[0].score > links[0].score + 0.01:
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
    if not nameless(place, unit, evidence):
        return None
    vocabulary = evidence.vocabulary
    said = _mentioned(evidence)
    hubs = [name for each in evidence.frame.units if (name := dataset_of(each, _LEAST))]
    hubs += [
        each.left.ref.dataset
        for each in _given(reading, evidence)
        if isinstance(each, Compare) and each.left.ref is not None
    ]
    for hub in dict.fromkeys(hubs):
        goals = [edge.goal for edge in vocabulary.graph.neighbours(hub) if edge.forward]
        free = [name for name in dict.fromkeys(goals) if name not in said and labelled(name, vocabulary)]
        if len(free) == 2:
            options = [(label,) for name in free if (label := labelled(name, vocabulary)) is not None]
            return _either(place, options, reading, evidence, hub)
    return None


def nameless(place: int, unit: Unit, evidence: Evidence) -> bool:
    """Whether a unit is what is asked for and names nothing: "which company", "who"."""
    units = evidence.frame.units
    if any(link.score >= _SURE for link in unit.links) or unit.number is not None:
        return False
    keys = words_in(unit, evidence)
    if "WHO" in unit.tags or keys & {"who", "quem"}:
        return _who(place, evidence)
    if not _unnamed(unit) or keys & _HOLLOW or place == 0:
        return False
    after = units[place + 1 : place + 2]
    if after and dataset_of(after[0], _SURE):
        return False
    before = next((at for at in range(place - 1, -1, -1) if not _hollow(units[at], evidence)), -1)
    while before > 0 and _unnamed(units[before]):
        before -= 1
    if before < 0:
        return False
    return bool(units[before].tags & {"LIST", "AND", "BY"}) or (
        before <= 1 and bool(units[before].tags & {"WHAT", "WHICH"})
    )


def _who(place: int, evidence: Evidence) -> bool:
    """Whether a "who" asks for somebody of whom only is said what they do: "who hires", not "who is the manager"."""
    units = evidence.frame.units
    if place == 0 and "THAT" in units[0].tags:
        return True
    after = units[place + 1 : place + 2]
    return place <= 1 and len(words_in(units[place], evidence)) == 1 and bool(after) and (
        _unnamed(after[0]) or (bool(after[0].links) and after[0].links[0].score < _WHOLE)
    )  # fmt: skip


def _unnamed(unit: Unit) -> bool:
    """Whether a unit is a word that names nothing, or hardly anything."""
    if unit.number is not None or any(link.score >= (0.5 if link.kind == "name" else _SURE) for link in unit.links):
        return False
    return "word" in unit.tags or bool(unit.links and not any(tag.isupper() for tag in unit.tags))


def _hollow(unit: Unit, evidence: Evidence) -> bool:
    return bool(words_in(unit, evidence) & _HOLLOW) or unit.tags <= {"THE", "ALL", "IT"}


def _mentioned(evidence: Evidence) -> set[str]:
    """Datasets of which the question says something that nothing else is called."""
    found = set()
    for unit in evidence.frame.units:
        best = {link.target.dataset for link in unit.links if link.score >= max(unit.links[0].score - 0.05, _SURE)}
        if len(best) == 1:
            found |= best
    return found


# The readings


def _either(
    place: int, options: Sequence[tuple[Item, ...]], reading: Reading, evidence: Evidence, by: str = ""
) -> Doubt | None:
    """One, the other, or both, in the place of what the word was taken for. by: a table that joins them to the rest."""
    vocabulary, frame = evidence.vocabulary, evidence.frame
    kept = _kept(place, {item.ref for option in options for item in option}, evidence)
    where = _given(reading, evidence)
    order, limit = _order(reading, evidence)
    made = []
    for items in (options[0], options[1], (*options[0], *options[1])):
        select = (*(item for item, at in kept if at < place), *items, *(item for item, at in kept if at > place))
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
        held = amounts(next(iter(names)), vocabulary) if len(names) == 1 else []
        if len(held) == 1:
            most = "DEGREE_MAX" in frame.units[degree].tags
            return (Order(Item(Ref(next(iter(names)), held[0])), descending=most),), 1
    return (), 0


def _kept(place: int, refs: set[Ref | None], evidence: Evidence) -> list[tuple[Item, int]]:
    """What is shown besides: what the question lists beside the word, each with its place."""
    frame, vocabulary = evidence.frame, evidence.vocabulary
    found: list[tuple[Item, int]] = []
    for number, unit in enumerate(frame.units):
        if not _listed(number, place, evidence):
            continue
        name = dataset_of(unit, _SURE)
        item = (
            labelled(name, vocabulary) if name else Item(Ref(unit.links[0].target.dataset, unit.links[0].target.name))
        )
        # "the paper names": the paper is said only to say whose names.
        of_next = name and number + 1 < len(frame.units) and _listed(number + 1, place, evidence)
        if item is not None and item.ref not in refs and not of_next and item not in [known for known, _ in found]:
            found.append((item, number))
    return found


def _listed(number: int, place: int, evidence: Evidence) -> bool:
    """Whether a unit is asked for beside the vague one: "projects and related resources", "projects by company"."""
    units = evidence.frame.units
    unit = units[number]
    if number == place or not asked_for(number, evidence) or not unit.links or unit.links[0].score < 0.55:
        return False
    if not dataset_of(unit, _SURE) and (unit.links[0].target.kind != "field" or words_in(unit, evidence) <= _NAMES):
        return False
    first, last = sorted((number, place))
    between = units[first + 1 : last]
    return any(each.tags & {"AND", "BY", "comma", "CONTAIN"} for each in between) and not any(
        each.tags & {"THAT", "IN", "OF"} for each in between
    )


def _given(reading: Reading, evidence: Evidence) -> tuple[Condition, ...]:
    """The conditions that the question makes, by its values and numbers."""
    found: list[Condition] = []
    for place, unit in enumerate(evidence.frame.units):
        if not says(unit):
            continue
        made = next((each for each in conditions(reading) if _of(each, unit)), None) or condition(place, evidence)
        if made is not None and made not in found:
            found.append(made)
    return tuple(found)


def _of(each: Condition, unit: Unit) -> bool:
    source = getattr(each, "source", None)
    return source is not None and bool(set(source.tokens).intersection(range(unit.first, unit.last)))
