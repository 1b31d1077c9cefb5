"""How far "every" reaches: "the formats that every book has" are those that all books share, or each book's own.

Words may settle it: "in common", "shared by all" on one side; "for each book", "the books and their formats" on the other.
"""

from services.analyzer.doubt import Doubt, called, dataset_of, labelled, measures
from services.analyzer.features import Evidence
from services.analyzer.frame import Frame, Unit
from services.analyzer.joins import Edge
from services.analyzer.reading import Compare, Condition, Item, Reading, Ref, conditions, refs
from services.analyzer.vocabulary import Vocabulary

_SHARED = frozenset(
    "common shared share shares together equally alike same universal comum comuns compartilhado compartilhada "  # noqa: SIM905
    "compartilhados compartilhadas compartilham compartilha igualmente mesmo mesma mesmos mesmas".split()
)
_OWN = frozenset(
    "its their respective corresponding individually separately seu sua seus suas proprio propria proprios proprias "  # noqa: SIM905
    "respectivo respectiva respectivos respectivas correspondente correspondentes dele dela deles delas".split()
)
_LEAST = 0.6
"""Score of a link that names one of the two things."""
_WHOLE = 0.9
_FIELD = 0.75
"""Score from which a word surely asks for a field."""
_BY_ALL = frozenset({"FOR", "BY", "IN", "AT", "ON", "AMONG", "TO", "FROM"})


def scope(reading: Reading, evidence: Evidence) -> Doubt | None:
    """The doubt about a "every", "each" or "all"; or the one reading that the words around it leave."""
    frame = evidence.frame
    if measures(evidence):
        return None
    named = [(place, name) for place, unit in enumerate(frame.units) if (name := dataset_of(unit, _LEAST))]
    if len({name for _, name in named}) < 2:
        bridged = _bridged(reading, named, evidence)
        if bridged is not None:
            return bridged
        # What it has is named by its field alone: "the crop names that each farm has".
        named += [
            (place, unit.links[0].target.dataset) for place, unit in enumerate(frame.units)
            if unit.links and unit.links[0].target.kind == "field" and unit.links[0].score >= _WHOLE
        ]  # fmt: skip
    for place, over in named:
        if not _quantified(frame, place) and not _possessed(frame, place):
            continue
        ends = [(at, _end(name, over, evidence.vocabulary)) for at, name in named if name != over]
        things = {name: at for at, name in ends if name != over and _shares(over, name, evidence.vocabulary)}
        if len(things) != 1:
            continue
        thing, at = next(iter(things.items()))
        given = _given(reading, over)
        shown = _shown(thing, at, over, place, evidence)
        if given is None or shown is None:
            continue
        made = _readings(over, thing, shown, given, evidence.vocabulary)
        if made is None:
            continue
        kept = _settled(frame, place, at, made)
        if not kept or (len(kept) > 1 and _happens(over, thing, evidence.vocabulary)):
            continue
        tokens = _tokens(frame, [place, at], shown, evidence)
        return Doubt("scope", kept, called(place, frame), (called(place, frame), called(at, frame)), tokens)
    return None


def _bridged(reading: Reading, named: list[tuple[int, str]], evidence: Evidence) -> Doubt | None:
    """Where the name of the table between the two was read into "for every lab, list the equipment"."""
    frame, vocabulary = evidence.frame, evidence.vocabulary
    for place, between in named:
        unit = frame.units[place]
        ends = list(dict.fromkeys(edge.goal for edge in vocabulary.graph.neighbours(between) if edge.forward))
        firsts = {name: first for name in ends if (first := _inside(name, unit, evidence)) is not None}
        if len(firsts) != 2 or not (_quantified(frame, place) or _OWN.intersection(_keys(frame, place))):
            continue
        over, thing = sorted(firsts, key=lambda name: firsts[name])
        given, label = _given(reading, over), labelled(thing, vocabulary)
        if given is None or label is None or any("field" in each.tags for each in frame.units[place + 1 :]):
            continue
        made = _readings(over, thing, ((label, place),), given, vocabulary)
        if made is not None:
            tokens = _tokens(frame, [place], (), evidence)
            return Doubt("scope", made[1:], called(place, frame), (over, thing), tokens)
    return None


def _inside(dataset: str, unit: Unit, evidence: Evidence) -> int | None:
    """Where in a unit a dataset is named by itself."""
    links = evidence.by_dataset.get(dataset, ())
    return next(
        (link.first for link in links if unit.first <= link.first and link.last <= unit.last and link.score >= _LEAST),
        None,
    )


def _keys(frame: Frame, place: int) -> tuple[str, ...]:
    unit = frame.units[place]
    return frame.parsed.keys[unit.first : unit.last]


def _quantified(frame: Frame, place: int) -> bool:
    """Whether "every", "each" or "all" stands right before a unit."""
    return any(unit.tags & {"EACH", "ALL"} for unit in frame.units[max(0, place - 2) : place])


def _possessed(frame: Frame, place: int) -> bool:
    """Whether "and their" follows a unit: "the books and their formats"."""
    return _own_follows(frame, place) and not _quantified(frame, place)


def _own_follows(frame: Frame, place: int) -> bool:
    after = frame.units[place + 1 : place + 3]
    if len(after) < 2 or "AND" not in after[0].tags:
        return False
    return bool(_OWN.intersection(frame.parsed.keys[after[1].first : after[1].last]))


def _settled(frame: Frame, place: int, at: int, made: tuple[Reading, Reading]) -> tuple[Reading, ...]:
    """Of the shared and the own, those that the words leave. place: of what is quantified; at: of what it has."""
    keys = set(frame.parsed.keys)
    shared, each = made
    if keys & _SHARED:
        return (shared,) if _quantified(frame, place) else ()
    if place < at:
        # "For each book, its formats", "the books and their formats"; but "all books and formats" is no such thing.
        fronted = place <= 3 and any(unit.tags & {"EACH"} for unit in frame.units[:place])
        return (each,) if fronted or _own_follows(frame, place) else ()
    if not _reaches(frame, place):
        return ()
    return made if not keys & _OWN else (each,)


def _reaches(frame: Frame, place: int) -> bool:
    """Whether the quantity is more than a way to list: "all" needs something that all of them do."""
    before = frame.units[max(0, place - 2) : place]
    if any("EACH" in unit.tags for unit in before):
        return True
    if any(unit.tags & _BY_ALL for unit in frame.units[max(0, place - 3) : place]):
        return True
    after = frame.units[place + 1 : place + 3]
    return bool(after) and bool(
        {"word", "HAVE", "DO"} & after[0].tags or (after[0].links and "comma" not in after[0].tags)
    )


def _shares(one: str, other: str, vocabulary: Vocabulary) -> bool:
    """Whether many rows of one go with many of the other, by way of a table between them."""
    return bool(_bridge(one, other, vocabulary))


def _bridge(one: str, other: str, vocabulary: Vocabulary) -> tuple[Edge, ...]:
    """The way from one to the other by a table that refers to both; empty where there is none."""
    paths = vocabulary.graph.paths(one, other, 4)
    return next((path for path in paths if len(path) == 2 and not path[0].forward and path[1].forward), ())


def _happens(one: str, other: str, vocabulary: Vocabulary) -> bool:
    """Whether the table between two things tells of something that happened ("purchases"), and does not only tie them: what
    each of them bought is hardly what all of them bought."""
    between = _bridge(one, other, vocabulary)[0].goal
    held = vocabulary.datasets[between]
    own_key = [name for name in held.key_fields if (between, name) not in vocabulary.referring]
    rest = [
        each
        for each in held.fields
        if each.name not in held.key_fields and (between, each.name) not in vocabulary.referring
    ]
    return not held.junction and bool(own_key) and bool(rest)


def _end(name: str, over: str, vocabulary: Vocabulary) -> str:
    """The dataset itself; of one that only ties another to what is quantified, that other."""
    held = vocabulary.datasets[name]
    goals = list(dict.fromkeys(edge.goal for edge in vocabulary.graph.neighbours(name) if edge.forward))
    if len(goals) != 2 or over not in goals or (held.label_field and not held.junction):
        return name
    return next(goal for goal in goals if goal != over)


def _given(reading: Reading, over: str) -> tuple[Condition, ...] | None:
    """Conditions of a reading on what is quantified: of those all share it; None where others are made."""
    if reading.combine is not None or reading.having:
        return () if not conditions(reading) else None
    plain = Reading(over, where=reading.where)
    return reading.where if all(ref.dataset == over for ref in refs(plain)) else None


def _shown(thing: str, at: int, over: str, place: int, evidence: Evidence) -> tuple[tuple[Item, int], ...] | None:
    """Fields of the thing that the question names, with their units; what it goes by where it names none; None where fields
    of the quantified are asked for."""
    frame, vocabulary = evidence.frame, evidence.vocabulary
    found: list[tuple[Item, int]] = []
    for number, unit in enumerate(frame.units):
        if number == place or not unit.links or dataset_of(unit):
            continue
        own = _field(unit.links, thing, vocabulary)
        other = _field(unit.links, over, vocabulary)
        if own is None and other is None:
            continue
        if own is None or (other is not None and other[1] > own[1] + 0.01 and not _nearer(number, at, place)):
            if other is not None and other[1] >= _FIELD:
                return None
            continue
        item = Item(Ref(thing, own[0]))
        if all(item != known for known, _ in found):
            found.append((item, number))
    if found:
        return tuple(found)
    label = labelled(thing, vocabulary)
    return ((label, at),) if label else None


def _nearer(number: int, at: int, place: int) -> bool:
    """Whether a unit goes with the thing, which is named behind it: "the names of the crops that each farm grows"."""
    return number < at and not number < place < at


def _field(links: object, dataset: str, vocabulary: Vocabulary) -> tuple[str, float] | None:
    keys = vocabulary.datasets[dataset].key_fields
    for link in links:  # type: ignore[attr-defined]
        target = link.target
        if target.kind == "field" and target.dataset == dataset and target.name not in keys and link.score >= 0.45:
            return target.name, link.score
    return None


def _readings(
    over: str, thing: str, shown: tuple[tuple[Item, int], ...], given: tuple[Condition, ...], vocabulary: Vocabulary
) -> tuple[Reading, Reading] | None:
    """What all of one share; what each of it has for itself."""
    label = labelled(over, vocabulary)
    keys, thing_keys = vocabulary.datasets[over].key_fields, vocabulary.datasets[thing].key_fields
    if label is None or len(keys) != 1 or len(thing_keys) != 1:
        return None
    fields = tuple(item for item, _ in shown)
    bridge = _bridge(over, thing, vocabulary)
    # A shorter way would ask something else.
    ways = tuple(edge.name for edge in bridge) if vocabulary.graph.paths(over, thing, 1)[0] != bridge else ()
    between = (bridge[0].goal,) if ways else ()
    each = Reading(over, select=(label, *fields), where=given, tables=(*between, thing), ways=ways, intent="list")
    count = Item(Ref(over, keys[0]), fn="count", distinct=True)
    whole = Reading(over, select=(Item(fn="count", dataset=over),), where=given)
    shared = Reading(
        thing, select=fields, where=given, group=(Item(Ref(thing, thing_keys[0])),),
        having=(Compare(count, "=", whole),), tables=(*between, over), ways=ways, intent="list",
    )  # fmt: skip
    return shared, each


def _tokens(frame: Frame, places: list[int], shown: tuple[tuple[Item, int], ...], evidence: Evidence) -> frozenset[int]:
    """Tokens that the readings account for: the things, what is shown of them, and the words that put them together."""
    used = {at for place in {*places, *(place for _, place in shown)} for at in _span(frame, place)}
    used |= {at for at, key in enumerate(evidence.frame.parsed.keys) if key in _SHARED or key in _OWN}
    last = max(places)
    if last + 1 < len(frame.units) and "word" in frame.units[last + 1].tags:
        used |= set(_span(frame, last + 1))
    return frozenset(used)


def _span(frame: Frame, place: int) -> range:
    return range(frame.units[place].first, frame.units[place].last)
