"""What a difference comes from, as one query: for each of several fields the measure before and after, side by side.

The part of a value in the difference is its measure after less its measure before. Over all values of one field the
parts add up to the whole difference, so they can be told as contributions; between fields they overlap.
"""

from collections.abc import Sequence

from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2
from services.analyzer.reading import AnyOf, Contrast, Item, Missing, Reading
from services.analyzer.vocabulary import Vocabulary

COLUMNS = ("dimensao", "valor", "antes", "depois", "diferenca")
_ALIAS = "contribuicoes"
_SHOWN = 20


def contrast_blocks(reading: Reading, contrast: Contrast, vocabulary: Vocabulary) -> list[Reading]:
    """One reading for each field; all have the same columns."""
    before = _measure(contrast, contrast.before)
    after = _measure(contrast, contrast.after)
    blocks = []
    for ref in contrast.by:
        items = (
            Item(text=_spoken(vocabulary.fields[ref.dataset, ref.field]), title=COLUMNS[0]),
            Item(ref, title=COLUMNS[1]),
            _titled(before, COLUMNS[2]),
            _titled(after, COLUMNS[3]),
            _titled(after, COLUMNS[4], before),
        )
        where = (*reading.where, AnyOf((contrast.before, contrast.after)), Missing(ref, negated=True))
        blocks.append(Reading(root=reading.root, select=items, where=where, group=(Item(ref),), tables=reading.tables))
    return blocks


def contrasted(blocks: Sequence[plan.Query]) -> plan.Query:
    """The blocks in one table, the greatest differences first."""
    table = blocks[0]
    for block in blocks[1:]:
        both = plan.Query()
        both.set_operation.operator = plan.SET_OPERATOR_UNION
        both.set_operation.keep_duplicates = True
        both.set_operation.left.CopyFrom(table)
        both.set_operation.right.CopyFrom(block)
        table = both
    made = plan.Query(limit=_SHOWN)
    relation = made.select.__getattribute__("from")
    relation.alias = _ALIAS
    relation.query.CopyFrom(table)
    for name in COLUMNS:
        made.select.projections.add(name=name, expression=_output(name))
    size = plan.Expression(function=plan.FunctionCall(function=plan.FUNCTION_ABS, arguments=[_output(COLUMNS[4])]))
    made.order_by.add(expression=size, descending=True)
    for name in COLUMNS[:2]:
        made.order_by.add(expression=_output(name))
    return made


def _output(name: str) -> plan.Expression:
    return plan.Expression(output=plan.OutputRef(alias=_ALIAS, name=name))


def _measure(contrast: Contrast, only: object) -> Item:
    measure = contrast.measure
    return Item(
        measure.ref, measure.fn, measure.distinct, measure.metric, measure.dataset, where=(only,)  # type: ignore[arg-type]
    )  # fmt: skip


def _titled(item: Item, title: str, minus: Item | None = None) -> Item:
    return Item(
        item.ref, item.fn, item.distinct, item.metric, item.dataset, minus=minus, where=item.where, title=title
    )  # fmt: skip


def _spoken(held: semantics_pb2.Field) -> str:
    return held.description or held.name.replace("_", " ")
