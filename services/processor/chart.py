"""Which chart fits a result."""

from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from services.processor.columns import Columns

P = plan_pb2
_MOST_BARS = 50
_MOST_SLICES = 6


def propose(plan: plan_pb2.QueryPlan, head: result_pb2.ResultHead, columns: Columns) -> result_pb2.Chart | None:
    """A line over time, bars over groups, a pie for parts of a whole, points for two measures; or none."""
    rows = len(head.rows)
    if rows < 2 or not columns.measures:
        return None
    name = [column.name for column in columns.columns]
    measures = [name[place] for place in columns.measures]
    if not columns.groups:
        return result_pb2.Chart(kind="scatter", x=measures[0], y=measures[1:]) if len(measures) > 1 else None
    if columns.times and len(columns.groups) <= 2:
        time = columns.times[0]
        others = [name[place] for place in columns.groups if place != time]
        y = measures[:1] if others else measures
        return result_pb2.Chart(kind="line", x=name[time], y=y, series=others[0] if others else "")
    if len(columns.groups) > 2 or rows > _MOST_BARS:
        return None
    group = columns.groups[0]
    split = name[columns.groups[1]] if len(columns.groups) == 2 else ""
    if plan.intent == P.INTENT_CORRELATION and len(measures) > 1:
        return result_pb2.Chart(kind="scatter", x=measures[0], y=measures[1:2], series=name[group])
    parts = rows <= _MOST_SLICES and head.complete and not split and len(measures) == 1
    if parts and plan.intent == P.INTENT_DISTRIBUTION:
        return result_pb2.Chart(kind="pie", x=name[group], y=measures)
    return result_pb2.Chart(kind="bar", x=name[group], y=measures[:1] if split else measures, series=split)
