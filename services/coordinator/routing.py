"""Which source and which zone a request means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mesh.fault import Fault
from mesh.sources import SourceUrl


class Routes:
    """The configured sources, and what an empty field of a request means."""

    def __init__(self, sources: Mapping[str, SourceUrl], default: str, time_zone: str) -> None:
        self._sources = sources
        self._default = default.lower()
        self._time_zone = _zone(time_zone, "MAESTRO_TIME_ZONE")
        if self._default and self._default not in sources:
            raise Fault(
                "SETTINGS_INVALID",
                f"MAESTRO_DEFAULT_SOURCE: {default} is not one of the sources ({', '.join(sources) or 'none'}).",
                metadata={"setting": "MAESTRO_DEFAULT_SOURCE"},
            )

    def source(self, name: str) -> str:
        """The source that a name means; "" the default. Raises Fault SOURCE_UNKNOWN, which lists the known ones."""
        if name:
            if name.lower() in self._sources:
                return name.lower()
            raise self._unknown(f"There is no source {name[:63]!r}")
        if self._default:
            return self._default
        if len(self._sources) == 1:
            return next(iter(self._sources))
        raise self._unknown("The request names no source, and there is no default")

    def time_zone(self, asked: str, source: str) -> str:
        """The zone of a request. Raises Fault INVALID_ARGUMENT where the one asked for does not exist."""
        return _zone(asked, "") if asked else self._sources[source].time_zone or self._time_zone

    def moment(self, source: str, time_zone: str) -> datetime:
        """The moment of a request that names none: now, or the noon of the day that the source is kept as of."""
        day = self._sources[source].as_of
        if day is None:
            return datetime.now(UTC)
        return datetime.combine(day, time(12), ZoneInfo(time_zone))

    def _unknown(self, what: str) -> Fault:
        known = ", ".join(self._sources)
        return Fault(
            "SOURCE_UNKNOWN",
            f"{what}; {'known: ' + known if known else 'none is configured (MAESTRO_SOURCE_<NAME>)'}.",
            metadata={"known": known},
        )


def _zone(name: str, setting: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if setting:
            raise Fault("SETTINGS_INVALID", f"{setting}: there is no time zone {name!r}.") from None
        raise Fault(
            "INVALID_ARGUMENT",
            f"There is no time zone {name[:64]!r}.",
            violations=[("context.time_zone", "not an IANA time zone")],
        ) from None
    return name
