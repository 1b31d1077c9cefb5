"""Values that lie far from the others.

Measured by the modified z-score, (x - median) * 0.6745 / MAD with MAD the median of the distances from the median; beyond
3.5 a value is an outlier (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993). Neither median is moved by the
outliers themselves, as mean and standard deviation are.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

# So few values have no usual one.
LEAST = 8
THRESHOLD = 3.5
_NORMAL = 0.6745


def outlying(value: float, middle: float, deviation: float) -> bool:
    """Whether a value is an outlier. deviation: the MAD; of none, nothing is."""
    return deviation > 0 and abs(value - middle) * _NORMAL / deviation > THRESHOLD


def spread(values: Sequence[float]) -> tuple[float, float]:
    """(median, median of the distances from it)."""
    middle = median(values)
    return middle, median(abs(each - middle) for each in values)


def residuals(steps: Sequence[int], values: Sequence[float]) -> list[float]:
    """How far each value of a series lies from the least-squares line through all: a course has no one usual value."""
    n = len(values)
    mean_x, mean_y = sum(steps) / n, sum(values) / n
    width = sum((x - mean_x) ** 2 for x in steps)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(steps, values, strict=True)) / width if width else 0.0
    return [y - mean_y - slope * (x - mean_x) for x, y in zip(steps, values, strict=True)]
