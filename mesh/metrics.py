"""Counters and histograms, which cost nothing until somebody collects them.

With OTEL_EXPORTER_OTLP_ENDPOINT set, the OpenTelemetry SDK is loaded and they are sent there; otherwise each is one
comparison. Loading the SDK takes a sixth of a second of processor time, times thirteen processes, so nobody else
pays for it.
"""

from collections.abc import Mapping
from typing import Any

from mesh.attributes import Value, accepts


class Instrument:
    """What counters and histograms have in common."""

    __slots__ = ("description", "name", "on", "real", "unit")

    def __init__(self, name: str, unit: str, description: str) -> None:
        self.name = name
        self.unit = unit
        self.description = description
        self.real: Any = None
        self.on = False


class Counter(Instrument):
    """Counts up."""

    __slots__ = ()

    def add(self, amount: float = 1, attributes: Mapping[str, Value] | None = None) -> None:
        """Adds an amount of 0 or more."""
        if self.on:
            self.real.add(amount, _declared(attributes))


class Histogram(Instrument):
    """Collects how values spread."""

    __slots__ = ()

    def record(self, value: float, attributes: Mapping[str, Value] | None = None) -> None:
        """Adds one value, in the histogram's unit."""
        if self.on:
            self.real.record(value, _declared(attributes))


def _declared(attributes: Mapping[str, Value] | None) -> dict[str, Value]:
    return {key: value for key, value in (attributes or {}).items() if accepts(key, value)}


_instruments: dict[str, Instrument] = {}
_meter: Any = None


def counter(name: str, unit: str, description: str) -> Counter:
    """The counter of that name; unit in UCUM (`{question}`, `By`)."""
    made = _instruments.get(name)
    if not isinstance(made, Counter):
        made = Counter(name, unit, description)
        _take(made)
    return made


def histogram(name: str, unit: str, description: str) -> Histogram:
    """The histogram of that name; unit in UCUM (`s`, `By`)."""
    made = _instruments.get(name)
    if not isinstance(made, Histogram):
        made = Histogram(name, unit, description)
        _take(made)
    return made


def instruments() -> list[Instrument]:
    """All that there are, by name."""
    return [_instruments[name] for name in sorted(_instruments)]


def _take(made: Instrument) -> None:
    _instruments[made.name] = made
    if _meter is not None:
        _connect(made)


def _connect(made: Instrument) -> None:
    make = _meter.create_counter if isinstance(made, Counter) else _meter.create_histogram
    made.real = make(made.name, unit=made.unit, description=made.description)
    made.on = True


def collect(provider: Any) -> None:
    """Sends every instrument, present and future, to a meter provider of the OpenTelemetry SDK."""
    global _meter  # noqa: PLW0603  # instruments are made when modules are imported, long before this
    _meter = provider.get_meter("maestro.mesh")
    for made in _instruments.values():
        _connect(made)


def export(module: str, attributes: Mapping[str, Value]) -> Any:
    """Sends every instrument to where OpenTelemetry's variables say; gives the provider, to be shut down at
    the end.

    attributes: the resource, as spans have it.
    """
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter  # noqa: PLC0415  # heavy
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415  # as above
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415  # as above
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # as above

    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    provider = MeterProvider([reader], resource=Resource.create(dict(attributes)))
    collect(provider)
    return provider
