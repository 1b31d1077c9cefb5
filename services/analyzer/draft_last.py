"""The last one: "o último pedido", "the last 5 orders", "entregas do último pedido"."""

from services.analyzer.draft import Draft
from services.analyzer.reading import Compare, Condition, Item, Missing, Named, Order, Reading, Ref, Source
from services.analyzer.vocabulary import Vocabulary


def take_last(draft: Draft) -> None:
    """Rows of the root by their time, the latest first; or those that belong to the latest of another dataset."""
    for at, unit in enumerate(draft.units):
        if unit.cue is None or unit.cue.op not in ("LAST", "FIRST"):
            continue
        rest = [each for each in draft.units[at + 1 :] if each.cue is None]
        number = rest[0].number if rest and rest[0].number is not None else None
        named = rest[1] if number is not None and len(rest) > 1 else rest[0] if rest else None
        if named is None or named.link is None or named.link.target.kind != "dataset" or named.first > unit.last + 1:
            continue
        name = named.link.target.dataset
        time = draft.vocabulary.datasets[name].default_time_field
        one = not draft.parsed.keys[named.first].endswith("s")
        if not time or (number is None and not one):
            continue
        descending = unit.cue.op == "LAST"
        if name == draft.root and (descending or number is None) and not _ranks(draft, unit.first):
            draft.use(unit.cue)
            draft.where.append(Missing(Ref(name, time), negated=True))
            draft.order.append(Order(Item(Ref(name, time)), descending))
            draft.limit = int(number.value) if number is not None else 1
            if number is not None:
                draft.used.update(range(number.first, number.last))
        elif name != draft.root and number is None:
            draft.use(unit.cue)
            draft.latest.append((name, time, descending, unit.cue.first))
        return


def _ranks(draft: Draft, token: int) -> bool:
    """Whether another word says by what rows are ranked."""
    return any(
        unit.cue is not None and unit.cue.op in ("MOST", "FEWEST", "DEGREE") and unit.first != token
        for unit in draft.units
    )


def of_the_last(draft: Draft, where: list[Condition]) -> list[Condition]:
    """The conditions, with the one that the time of another dataset is its latest under the same conditions."""
    added: list[Condition] = []
    for name, time, descending, token in draft.latest:
        inner = [held for each in where if (held := _moved(draft.vocabulary, each, name)) is not None]
        latest = Item(Ref(name, time), fn="max" if descending else "min")
        query = Reading(root=name, select=(latest,), where=tuple(inner))
        added.append(Compare(Item(Ref(name, time)), "=", query, source=Source((token,), "cue")))
    return [*where, *added]


def _moved(vocabulary: Vocabulary, condition: Condition, dataset: str) -> Condition | None:
    """The same condition on another dataset, where it can tell it: an entity, or a value of a concept that it has too."""
    if isinstance(condition, Named):
        known = {each.dataset for each in vocabulary.entities[condition.entity].filters}
        return Named(dataset, condition.entity, condition.negated) if dataset in known else None
    if not isinstance(condition, Compare) or condition.left.ref is None or not isinstance(condition.right, str):
        return None
    concept = vocabulary.fields[condition.left.ref.dataset, condition.left.ref.field].concept
    for held in vocabulary.datasets[dataset].fields:
        if concept and held.concept == concept:
            return Compare(Item(Ref(dataset, held.name)), condition.op, condition.right)
    return None
