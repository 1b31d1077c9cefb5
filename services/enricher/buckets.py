"""Time buckets in their order, so that a missing one leaves a gap."""

from __future__ import annotations

from datetime import date

from maestro.plan.v1 import plan_pb2 as plan


def number(day: date, grain: plan.TimeGrain.ValueType) -> int:
    """The number of the bucket that a day lies in; neighbouring buckets have neighbouring numbers."""
    if grain == plan.TIME_GRAIN_YEAR:
        return day.year
    if grain == plan.TIME_GRAIN_QUARTER:
        return day.year * 4 + (day.month - 1) // 3
    if grain == plan.TIME_GRAIN_MONTH:
        return day.year * 12 + day.month - 1
    if grain == plan.TIME_GRAIN_WEEK:
        return (day.toordinal() - 1) // 7  # 1 January of year 1 was a Monday
    return day.toordinal()
