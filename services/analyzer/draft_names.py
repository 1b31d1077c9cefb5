"""The names of datasets, fields and metrics: the part that each takes by the cues beside it."""

from dataclasses import replace

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import Cue
from services.analyzer.draft import Draft
from services.analyzer.draft_numbers import bounded_metric, compared
from services.analyzer.draft_ranking import measure_of, rank, rank_by, ranked, ranked_by_metric, top_by
from services.analyzer.draft_sums import summed
from services.analyzer.draft_superlative import take_degree, take_superlative
from services.analyzer.link import Link
from services.analyzer.mentions import Unit
from services.analyzer.phrases import say
from services.analyzer.reading import (
    Assumed,
    Item,
    Missing,
    Order,
    Ref,
    Related,
    Source,
)
from services.analyzer.shown import PT_VERB

_NAMED = 0.95
"""Below it a metric is named by another form of its word."""
_CURRENCIES = frozenset({"BRL", "USD", "EUR"})
_AGGREGATES = {"AVG": "avg", "SUM": "sum", "MAX": "max", "MIN": "min"}


def named_beside(draft: Draft) -> None:
    """A name that a dataset has too, right beside a filter of that dataset, is the dataset's: "agendamento aguardando
    confirmação" speaks of the appointment, not of its date."""
    for at, unit in enumerate(draft.units):
        if unit.link is None or unit.link.target.kind != "field":
            continue
        beside = [each.link.target.dataset for each in draft.units[at + 1 : at + 2] if each.link is not None
                  and each.link.target.kind in ("filter", "value") and each.first == unit.last]  # fmt: skip
        meant = next((each for each in unit.others if each.target.kind == "dataset" and each.target.dataset in beside
                      and each.score >= _NAMED and each.target.dataset != draft.root), None)  # fmt: skip
        if meant is not None:
            draft.units[at] = replace(unit, link=meant, others=())


def take_dataset(draft: Draft, at: int, unit: Unit, link: Link) -> None:
    """The rows of a dataset: counted, grouped by, ranked by, or only joined."""
    name = link.target.dataset
    draft.named.add(name)
    if link.kind == "default":
        held = draft.vocabulary.datasets[name]
        language = draft.parsed.language.code
        chosen = say("whole_dataset", language, name=held.description or name.replace("_", " "))
        draft.assumed.append(Assumed("dataset", draft.parsed.text(unit.first, unit.last), chosen))
    before = draft.before(at)
    ops = draft.ops(before)
    source = draft.source(unit)
    if name != draft.root and "NOT" in ops[:2] and not draft.counted:
        draft.use(*[cue for cue in before if cue.op == "NOT"])
        draft.where.append(Related(draft.root, name, negated=True, source=source))
    elif "COUNT" in ops[:1] and "BY" in ops[1:2] and rank_by(draft, at, name, source):
        draft.tables.append(name)
    elif "COUNT" in ops[:2] and (kinds := _kinds_of(draft, at, name, before, source)) is not None:
        draft.select.append(kinds)
    elif "COUNT" in ops[:2] or ("SUM" in ops[:1] and not _is_measure_after(draft, at)):
        draft.use(*[cue for cue in before[:2] if cue.op != "AVG"])
        draft.counted = draft.counted or name
    elif name == draft.root and {"BY", "EACH"} & set(ops[:2]) and draft.averaged(at):
        # "Média de pallets por embarque": a row of the root is what the average is over.
        draft.use(*before[:2])
    elif "EACH" in ops[:1] or ("BY" in ops[:1] and (name != draft.root or draft.measured(at))):
        draft.use(*before[:1])
        draft.group.append(draft.label_of(name, source))
    elif (cue := ranked(draft, at)) and rank(draft, at, cue, measure_of(draft, at, name, source), name):
        draft.tables.append(name)
    elif ops[:1] in (["MOST"], ["FEWEST"]):
        draft.use(*before[:1])
        draft.order.append(Order(Item(fn="count", dataset=name, source=source), ops[0] == "MOST"))
        draft.tables.append(name)
    elif take_superlative(draft, at, name, before):
        pass
    elif name != draft.root and not (link.score < _NAMED and PT_VERB.search(draft.parsed.keys[unit.first])):
        # A verb says what was done to the rows, and names no others: "quanto gastamos com frete".
        draft.tables.append(name)
    if "DISTINCT" in ops:
        draft.distinct = True


def _kinds_of(draft: Draft, at: int, name: str, before: list[Cue], source: Source) -> Item | None:
    """ "Quantos produtos diferentes": where rows repeat what they are called, names are counted, each once."""
    different = {"different", "distinct", "diferentes", "distintos", "distintas"}
    cue = next(
        (
            cue
            for cue in (*before[:2], *draft.after(at)[:1])
            if cue.op == "DISTINCT" or different & set(draft.parsed.keys[cue.first : cue.last])
        ),
        None,
    )
    held = draft.vocabulary.fields.get((name, draft.vocabulary.datasets[name].label_field))
    called = {ref.field for link in draft.units[at].others if link.target.kind == "field" and link.score >= _NAMED
              and (ref := Ref(link.target.dataset, link.target.name)).dataset == name}  # fmt: skip
    if cue is None or held is None:
        return None
    # The row's own label where it repeats, else the field that is called as the rows are.
    field = next((each for each in sorted(called) if not draft.vocabulary.fields[name, each].unique), held.name)
    if draft.vocabulary.fields[name, field].unique:
        return None
    draft.use(cue, *before[:2])
    return Item(Ref(name, field), fn="count", distinct=True, source=source)


def take_field(draft: Draft, at: int, unit: Unit, link: Link) -> None:
    """A field: bounded, aggregated, grouped by, ordered by, or shown."""
    ref = Ref(link.target.dataset, link.target.name)
    before, after = draft.before(at), draft.after(at)
    if _taken_whole(draft, at, unit, ref, before, after) or _ranked_values(draft, unit, ref, before, after):
        return
    if not _summed_up(draft, at, unit, ref, before):
        _taken_by_cues(draft, at, unit, ref, before, after)


def _taken_whole(draft: Draft, at: int, unit: Unit, ref: Ref, before: list[Cue], after: list[Cue]) -> bool:
    """Whether a field stands beside what it is compared with or ranked by, or only says what the value before it is."""
    if take_degree(draft, at, unit) is not None:
        return True
    if _says_which(draft, at, unit, ref):
        draft.source(unit)
        return True
    if compared(draft, at, unit, ref, before, after):
        return True
    amount = draft.amount(Item(ref))
    if amount and _goes_on(draft, at, unit, ref):
        return True
    return amount and draft.ops(before)[:1] == ["BY"] and top_by(draft, at, unit, ref, before)


def _ranked_values(draft: Draft, unit: Unit, ref: Ref, before: list[Cue], after: list[Cue]) -> bool:
    """Whether the values are ranked by how many rows have them: "principais motivos"."""
    common = next((cue for cue in (*before[:1], *after[:1]) if cue.op in ("MAIN", "COMMON", "RARE")), None)
    if common is None or not draft.groups(ref):
        return False
    item = Item(ref, source=draft.source(unit, common))
    draft.group.append(item)
    if draft.vocabulary.fields[ref.dataset, ref.field].nullable:
        draft.where.append(Missing(ref, negated=True))
    draft.order.append(Order(Item(fn="count", dataset=draft.root), common.op != "RARE"))
    draft.intent = "ranking"
    if common.op != "MAIN":
        draft.limit = draft.limit or 1
    return True


def _summed_up(draft: Draft, at: int, unit: Unit, ref: Ref, before: list[Cue]) -> bool:
    """Whether an amount is asked for in all, or for each of what was named before."""
    if not draft.amount(Item(ref)) or {"EACH", "BY", "ORDER"} & set(draft.ops(before)[:2]):
        return False
    most = next((cue for cue in before[:2] if cue.op in ("MOST", "FEWEST")), None)
    if most is not None and _of_groups(draft, at):
        # "Qual rota tem mais peso": the sum of each route, not the heaviest row.
        return rank(draft, at, most, Item(ref, fn="sum", source=draft.source(unit, most)), "")
    counting = any(cue.op == "COUNT" for cue in before[:2])
    if counting and (_says_total(draft, before) or _how_many(draft, before)):
        draft.select.append(Item(ref, fn="sum", source=draft.source(unit, *before[:2])))
        return True
    return False


def _taken_by_cues(draft: Draft, at: int, unit: Unit, ref: Ref, before: list[Cue], after: list[Cue]) -> None:
    ops, next_ops = draft.ops(before), draft.ops(after)
    aggregate = next((cue for cue in before[:2] if cue.op in _AGGREGATES), None) or next(
        (cue for cue in after[:1] if cue.op in _AGGREGATES and draft.parsed.language.code == "pt"), None
    )
    degree = next((cue for cue in before[:2] if cue.op in ("DEGREE", "MOST", "FEWEST")), None)
    if ops[:1] in (["EACH"], ["BY"]) or (ops[:2] and "EACH" in ops[:2]):
        source = draft.source(unit, *before[:1])
        draft.group.append(Item(ref, source=source))
    elif "ORDER" in ops[:2]:
        source = draft.source(unit, *before[:1], *after[:1])
        draft.order.append(Order(Item(ref, source=source), "DESC" in ops or "DESC" in next_ops))
        draft.use(*[cue for cue in after[:2] if cue.op in ("ASC", "DESC")])
    elif aggregate is not None:
        draft.select.append(Item(ref, fn=_AGGREGATES[aggregate.op], source=draft.source(unit, aggregate)))
    elif degree is not None and draft.measurable(ref):
        largest = degree.op == "MOST" or (degree.op == "DEGREE" and degree.largest)
        source = draft.source(unit, degree)
        if draft.named_before(at) or _named_right_after(draft, at):
            draft.order.append(Order(Item(ref, source=source), largest))
            draft.limit = draft.limit or 1
        else:
            draft.select.append(Item(ref, fn="max" if largest else "min", source=source))
    elif _totalled(draft, unit, ref, before):
        draft.select.append(Item(ref, fn="sum", source=draft.source(unit, *before[:1])))
    elif "COUNT" in ops[:2]:
        source = draft.source(unit, *before[:2])
        draft.select.append(
            Item(ref, fn="count", distinct="DISTINCT" in ops or _many_to_one(draft, ref), source=source)
        )
    elif "HOW_MUCH" in ops[:2] and draft.measurable(ref):
        draft.select.append(Item(ref, fn="sum", source=draft.source(unit, *before[:2])))
    elif "NOT" in ops[:2]:
        draft.where.append(Missing(ref, source=draft.source(unit, *before[:2])))
    else:
        draft.select.append(Item(ref, source=draft.source(unit)))


def _says_which(draft: Draft, at: int, unit: Unit, ref: Ref) -> bool:
    """Whether the field only says of what kind the value right before it is: "São Paulo city"."""
    beside = draft.units[at - 1] if at else None
    if beside is None or beside.link is None or beside.last != unit.first or draft.parsed.language.code != "en":
        return False
    return any(each.target.kind == "value" and (each.target.dataset, each.target.name) == (ref.dataset, ref.field)
               for each in (beside.link, *beside.others))  # fmt: skip


def _of_others(draft: Draft, at: int, link: Link) -> bool:
    """ "Produtos que o cliente comprou": the verb that another dataset's measure is called by too is no sum of it, where rows
    of the root are asked for."""
    asked = any(unit.link is not None and unit.link.target.kind == "dataset" and unit.link.target.dataset == draft.root
                for unit in draft.units[:at])  # fmt: skip
    ranking = draft.has("MOST", "FEWEST", "HOW_MUCH", "SUM", "DEGREE", "RANKING", "FIRST", "AVG", "PERCENT", "BY")
    return asked and link.target.dataset != draft.root and ranking is None


def _of_groups(draft: Draft, at: int) -> bool:
    """Whether what was named last before a unit is what rows are grouped by."""
    link = next((unit.link for unit in reversed(draft.units[:at]) if unit.link is not None), None)
    return link is not None and link.target.kind == "field" and draft.groups(Ref(link.target.dataset, link.target.name))


def take_metric(draft: Draft, at: int, unit: Unit, link: Link) -> None:
    """A measure of the model: shown, ranked by, or ordered by."""
    before = draft.before(at)
    used = [cue for cue in before[:2] if cue.op in ("HOW_MUCH", "SUM", "COUNT", "AVG")]
    if draft.vocabulary.metrics[link.target.name].unit in _CURRENCIES and _how_many(draft, used):
        used = [cue for cue in used if cue.op != "COUNT"]  # nothing says how many an amount of money is
    if bounded_metric(draft, at, unit, link):
        return
    counting = draft.counted == link.target.dataset and any(cue.op == "BE" for cue in _beside(draft, at))
    told = any(item.aggregated for item in draft.select) or (draft.counted and draft.counted != link.target.dataset)
    verb = link.score < _NAMED or (unit.last - unit.first == 1 and PT_VERB.search(draft.parsed.keys[unit.first]))
    if verb and not used and (counting or told or _of_others(draft, at, link)):
        # "How many invoices were billed": what was done to the rows that are counted is no other measure.
        draft.source(unit)
        return
    if (cue := next((cue for cue in used if cue.op == "AVG"), None)) and (
        ref := summed(draft.vocabulary, link.target.name)
    ):
        draft.select.append(Item(ref, fn="avg", source=draft.source(unit, cue)))
        return
    item = Item(metric=link.target.name, dataset=link.target.dataset, source=draft.source(unit, *used))
    if (cue := ranked(draft, at)) and rank(draft, at, cue, item, ""):
        return
    if "BY" in draft.ops(before)[:1] and ranked_by_metric(draft, at, item):
        draft.use(*before[:1])
        return
    degree = next((cue for cue in before[:2] if cue.op in ("DEGREE", "MOST", "FEWEST")), None)
    ordered = next((cue for cue in before[:2] if cue.op == "ORDER"), None)
    largest = degree is not None and (degree.op == "MOST" or (degree.op == "DEGREE" and degree.largest))
    if degree is not None and rank(draft, at, replace(degree, op="MOST" if largest else "FEWEST"), item, ""):
        return
    if item not in draft.select:
        draft.select.append(item)
    if degree is not None:
        draft.use(degree)
        draft.order.append(Order(item, largest))
    elif ordered is not None:
        draft.use(ordered)
        draft.order.append(Order(item, "DESC" in draft.ops(draft.after(at))))


def _many_to_one(draft: Draft, ref: Ref) -> bool:
    """Whether several rows have one value of the field, so that what is counted is values, not rows."""
    held = draft.vocabulary.fields[ref.dataset, ref.field]
    return draft.groups(ref) or (bool(held.concept) and not held.unique)


def _says_total(draft: Draft, before: list[Cue]) -> bool:
    """Whether "total de" stands before: of an amount it is a sum, of rows a number."""
    return any("total" in draft.parsed.keys[cue.first : cue.last] for cue in before[:2] if cue.op == "COUNT")


def _how_many(draft: Draft, before: list[Cue]) -> bool:
    """Whether "how many" stands before: of what is measured in pieces it asks for their sum ("quantas caixas")."""
    asking = {"quantos", "quantas", "quanto", "quanta", "many"}
    return any(asking & set(draft.parsed.keys[cue.first : cue.last]) for cue in before[:2] if cue.op == "COUNT")


def _goes_on(draft: Draft, at: int, unit: Unit, ref: Ref) -> bool:
    """ "Total de peso e de pallets": behind an "and" the aggregate of the amount before goes on."""
    through = frozenset({"OF", "THE"})
    if not draft.select or draft.ops(draft.before(at, 1, through))[:1] != ["AND"]:
        return False
    last = draft.select[-1]
    if not last.fn or last.fn == "count" or max(last.source.tokens, default=-9) < unit.first - 3:
        return False
    draft.select.append(Item(ref, fn=last.fn, source=draft.source(unit)))
    return True


def _beside(draft: Draft, at: int) -> list[Cue]:
    """The cues right before a unit, glue included."""
    return draft.before(at, 2, frozenset())


def _is_measure_after(draft: Draft, at: int) -> bool:
    return any(
        unit.link is not None and unit.link.target.kind in ("metric", "field") for unit in draft.units[at + 1 : at + 3]
    )


def _totalled(draft: Draft, unit: Unit, ref: Ref, before: list[Cue]) -> bool:
    """Whether one total is asked for ("qual o peso total dos embarques"), rather than the amount of each row."""
    if draft.vocabulary.fields[ref.dataset, ref.field].role != semantics_pb2.FIELD_ROLE_MEASURE:
        return False
    asked = any(cue.op in ("WHICH", "WHAT", "HOW_MUCH") for cue in before[:1])
    if draft.parsed.keys[unit.first] in ("total", "soma") and draft.parsed.keys[unit.first + 1 : unit.first + 2] == (
        "de",
    ):
        return True
    # "Peso total embarcado ontem": what a question begins with is asked for as well.
    glue = {
        at for cue in draft.parsed.cues if cue.op in ("THE", "OF", "WHAT", "WHICH") for at in range(cue.first, cue.last)
    }
    asked = asked or all(at in glue for at in range(unit.first))
    return asked and bool({"total", "totais", "soma"} & set(draft.parsed.keys[unit.first : unit.last]))


def _named_right_after(draft: Draft, at: int) -> bool:
    """Whether the name of a dataset follows at once: "the most expensive product" is a product, not a price."""
    following = draft.units[at + 1] if at + 1 < len(draft.units) else None
    named = following is not None and following.link is not None and following.link.target.kind == "dataset"
    return named and following is not None and following.first == draft.units[at].last
