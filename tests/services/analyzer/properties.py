"""How the analyzer's property tests run: the same examples every time, however slow the machine."""

from hypothesis import HealthCheck, settings

PROPERTY = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)  # fmt: skip
