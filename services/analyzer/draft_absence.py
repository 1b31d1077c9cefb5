"""Who has none: "clientes que nunca tiveram entrega devolvida", "clients with orders but no pending delivery".

The one that is asked about is no row of the table that is read, so the rows that it must not have are found by what it
goes by in both tables: its tax number where both have one, else its name.
"""

from services.analyzer.cues import GLUE, Cue
from services.analyzer.draft import Draft
from services.analyzer.link import Link
from services.analyzer.mentions import Unit
from services.analyzer.reading import Between, Compare, Condition, Flag, Item, Missing, Reading, Ref, Source, Within

_BINDING = GLUE | {"EXISTS"}


def take_absence(draft: Draft) -> None:
    """A condition that the one asked about has no such row; done first, because a negation acts on all of it."""
    for at, unit in enumerate(draft.units):
        if unit.cue is None or unit.cue.op != "NOT":
            continue
        subject = _subject(draft, at)
        if subject is None:
            continue
        phrase, name = _phrase(draft, at)
        if not name:
            continue
        inner = _inside(draft, phrase, name)
        keys = _keys(draft, subject, name)
        if keys is None or inner is None or (name == draft.root and not inner):
            continue
        here, there = keys
        tokens = tuple(sorted({token for each in [unit, *phrase] for token in range(each.first, each.last)}))
        absent = Missing(there, negated=True)
        query = Reading(root=name, select=(Item(there),), where=(*inner, absent))
        draft.where.append(Within(here, query=query, negated=True, source=Source(tokens, "cue")))
        draft.used.update(tokens)
        gone = {id(each) for each in [unit, *phrase]}
        draft.units = [each for each in draft.units if id(each) not in gone]
        return


def _subject(draft: Draft, at: int) -> Ref | None:
    """The one asked about: the first field of the root with a concept that is named before."""
    for unit in draft.units[:at]:
        link = unit.link
        if link is None or link.target.kind != "field" or link.target.dataset != draft.root:
            continue
        held = draft.vocabulary.fields[link.target.dataset, link.target.name]
        return (
            Ref(draft.root, held.name)
            if held.concept and not held.unique and draft.groups(Ref(draft.root, held.name))
            else None
        )
    return None


def _phrase(draft: Draft, at: int) -> tuple[list[Unit], str]:
    """What the negation acts on, up to the next "and" or comparison; and the dataset that is named in it."""
    phrase: list[Unit] = []
    name = ""
    for unit in draft.units[at + 1 :]:
        if unit.cue is not None and unit.cue.op not in _BINDING:
            break
        if unit.number is not None:
            break
        if unit.link is not None and unit.link.target.kind == "dataset":
            if name:
                break
            name = unit.link.target.dataset
        elif unit.link is not None and unit.link.target.kind not in ("filter", "value"):
            break
        phrase.append(unit)
    return phrase, name


def _inside(draft: Draft, phrase: list[Unit], name: str) -> list[Condition] | None:
    """The conditions of a phrase on a dataset; None where one of them is on another."""
    found: list[Condition] = []
    for unit in phrase:
        if unit.period is not None:
            time = draft.vocabulary.datasets[name].default_time_field
            if not time:
                return None
            found.append(Between(Ref(name, time), unit.period.start, unit.period.end, True, unit.period.label))
        if unit.link is None or unit.link.target.kind == "dataset":
            continue
        link = next((each for each in (unit.link, *unit.others) if _fits(each, name)), None)
        if link is None:
            return None
        ref = Ref(name, link.target.name)
        found.append(Flag(ref) if link.target.kind == "filter" else Compare(Item(ref), "=", link.target.value))
    return found


def _fits(link: Link, name: str) -> bool:
    return link.target.dataset == name and link.target.kind in ("filter", "value") and link.coverage == 1


def _keys(draft: Draft, subject: Ref, name: str) -> tuple[Ref, Ref] | None:
    """The fields of the root and of a dataset that both tell the subject."""
    if name == draft.root:
        return subject, subject
    concept = draft.vocabulary.fields[subject.dataset, subject.field].concept
    here, there = (_of_concept(draft, dataset, concept) for dataset in (draft.root, name))
    for held in sorted(here.keys() & there.keys(), key=lambda each: (each == concept, each)):
        return Ref(draft.root, here[held]), Ref(name, there[held])
    return None


def _of_concept(draft: Draft, dataset: str, concept: str) -> dict[str, str]:
    """The fields of a dataset by their concept: that one, and those that go on from it ("client_tax_id")."""
    return {
        held.concept: held.name
        for held in draft.vocabulary.datasets[dataset].fields
        if held.column and (held.concept == concept or held.concept.startswith(f"{concept}_"))
    }


def number_of(draft: Draft, name: str, comparison: Cue, op: str, value: int, source: Source) -> bool:
    """ "Clientes que receberam mais de 100 entregas": a bound of the number of rows of the one asked about."""
    subject = next((item for item in draft.select if item.ref is not None and draft.groups(item.ref)), None)
    if name != draft.root or subject is None or draft.counted:
        return False
    draft.use(comparison)
    draft.used.update(source.tokens)
    draft.group.append(subject)
    count = Item(fn="count", dataset=name, source=source)
    draft.having.append(Compare(count, op, value, source=source))
    draft.select.append(count)
    return True
