"""What the columns of a result are, and what they are called."""

from dataclasses import dataclass

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from services.processor.expressions import UNITLESS, Wording
from services.processor.names import selects
from services.processor.phrases import sentence

_TIME = (catalog_pb2.TYPE_FAMILY_DATE, catalog_pb2.TYPE_FAMILY_TIMESTAMP)
_NUMBERS = (
    catalog_pb2.TYPE_FAMILY_INTEGER,
    catalog_pb2.TYPE_FAMILY_DECIMAL,
    catalog_pb2.TYPE_FAMILY_FLOAT,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a result, labelled.

    measures, groups and times hold places, from 0; a time is a group as well. grains: the time grain of each
    bucketed place.
    """

    columns: tuple[result_pb2.ResultColumn, ...]
    measures: tuple[int, ...]
    groups: tuple[int, ...]
    times: tuple[int, ...]
    grains: dict[int, int]

    def label(self, place: int) -> str:
        """What a column is called, as the beginning of a sentence."""
        return sentence(self.columns[place].label)


def describe(plan: plan_pb2.QueryPlan, head: result_pb2.ResultHead, words: Wording) -> Columns:
    """Labels the columns of a head, and sorts them into measures and groups.

    A column is told by the plan's label, else by what it computes, else by its own label.
    """
    projections = _projections(plan, len(head.columns))
    columns: list[result_pb2.ResultColumn] = []
    grains: dict[int, int] = {}
    measures: list[int] = []
    for place, column in enumerate(head.columns):
        made = result_pb2.ResultColumn()
        made.CopyFrom(column)
        projection = projections[place] if projections else None
        made.label = _label(column, projection, words)
        if projection is not None:
            _complete(made, projection.expression, words)
            if projection.expression.WhichOneof("kind") == "time_bucket":
                grains[place] = projection.expression.time_bucket.grain
        columns.append(made)
        if made.measure and (made.family in _NUMBERS or not made.family):
            measures.append(place)
    groups = [place for place in range(len(columns)) if place not in measures]
    times = [place for place in groups if columns[place].family in _TIME or place in grains]
    return Columns(tuple(columns), tuple(measures), tuple(groups), tuple(times), grains)


def _projections(plan: plan_pb2.QueryPlan, width: int) -> list[plan_pb2.Projection] | None:
    select = next(selects(plan.query), None)
    if select is None or len(select.projections) != width:
        return None
    return list(select.projections)


def _label(column: result_pb2.ResultColumn, projection: plan_pb2.Projection | None, words: Wording) -> str:
    if projection is not None and projection.label:
        return projection.label
    if projection is not None and projection.expression.WhichOneof("kind") != "output":
        # The loader knows no language: its labels are for who reads the rows without an answer.
        return words.expression(projection.expression)
    if column.label and column.label != column.name:
        return column.label
    if projection is not None:
        return words.expression(projection.expression)
    return column.name.replace("_", " ")


def _complete(column: result_pb2.ResultColumn, expression: plan_pb2.Expression, words: Wording) -> None:
    """Fills in what the plan says of a column and the loader did not."""
    kind = expression.WhichOneof("kind")
    if kind in ("aggregate", "metric"):
        column.measure = True
    if kind == "window" and expression.window.function == plan_pb2.WINDOW_FUNCTION_SHARE:
        column.measure, column.unit = True, "share"
    if kind == "aggregate" and expression.aggregate.function in UNITLESS:
        # A correlation of kilograms is no number of kilograms.
        column.unit = ""
        return
    if column.unit == "currency":
        column.unit = words.names.currency
    column.unit = column.unit or words.unit(expression)
