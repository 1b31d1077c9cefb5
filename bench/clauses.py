"""Where a reading went wrong: the clauses in which it differs from the right one."""

from services.analyzer.reading import Reading, datasets
from services.analyzer.training.labels import Classes, signature
from services.analyzer.vocabulary import Vocabulary


def differing(gold: Reading, given: Reading, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Names of the clauses that differ: "tables", "select", "aggregate", "distinct", "where", "group", "having", "order",
    "limit", "combine"."""
    classes = Classes(vocabulary)
    found = []
    if set(datasets(gold)) != set(datasets(given)):
        found.append("tables")
    columns = [{classes.ref(item.ref) if item.ref else None for item in each.select} for each in (gold, given)]
    if columns[0] != columns[1]:
        found.append("select")
    functions = [sorted((item.fn, item.distinct) for item in each.select) for each in (gold, given)]
    if functions[0] != functions[1]:
        found.append("aggregate")
    if gold.distinct != given.distinct:
        found.append("distinct")
    for name in ("where", "having"):
        sides = [
            {signature(condition, classes) or str(condition) for condition in getattr(each, name)}
            for each in (gold, given)
        ]
        if sides[0] != sides[1]:
            found.append(name)
    groups = [{classes.ref(item.ref) for item in each.group if item.ref} for each in (gold, given)]
    if groups[0] != groups[1]:
        found.append("group")
    orders = [
        [
            (order.item.fn, classes.ref(order.item.ref) if order.item.ref else None, order.descending)
            for order in each.order
        ]
        for each in (gold, given)
    ]
    if orders[0] != orders[1]:
        found.append("order")
    if (gold.limit, gold.offset) != (given.limit, given.offset):
        found.append("limit")
    if (gold.combine.op if gold.combine else "") != (given.combine.op if given.combine else ""):
        found.append("combine")
    return tuple(found or ["values"])
