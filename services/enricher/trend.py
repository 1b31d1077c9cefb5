"""Whether a series rises or falls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Two-sided 5 % points of Student's t for 1 to 30 degrees of freedom; beyond, the normal's.
_T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trend:
    """direction: "up", "down" or "flat". slope: change per step. r_squared: share of the variation that it explains."""

    direction: str
    slope: float
    r_squared: float


def trend(values: Sequence[float], steps: Sequence[int] | None = None) -> Trend | None:
    """The least-squares line through values at these steps (one apart where none are given); None for fewer than four.

    "up" and "down" are said only where the slope differs from 0 at the 5 % level of the t-test (Draper and Smith,
    Applied Regression Analysis, ch. 1): a series that only wavers is "flat".
    """
    n = len(values)
    if n < 4:
        return None
    steps = range(n) if steps is None else steps
    mean_x, mean_y = sum(steps) / n, sum(values) / n
    spread_x = sum((x - mean_x) ** 2 for x in steps)
    spread_y = sum((y - mean_y) ** 2 for y in values)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(steps, values, strict=True)) / spread_x
    residual = max(0.0, spread_y - slope**2 * spread_x)
    r_squared = 1 - residual / spread_y if spread_y else 0.0
    error = math.sqrt(residual / (n - 2) / spread_x)
    critical = _T95[n - 3] if n - 2 <= len(_T95) else 1.96
    if slope == 0 or abs(slope) <= critical * error:
        return Trend("flat", slope, r_squared)
    return Trend("up" if slope > 0 else "down", slope, r_squared)
