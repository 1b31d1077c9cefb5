"""All sources of this scanner, by name."""

from collections.abc import Mapping

from mesh.fault import Fault
from services.scanner.keeper import Keeper
from services.scanner.slices import Slicer
from services.scanner.snapshot import Snapshot


class House:
    """Finds the source that a request means, and cuts slices of its catalogs."""

    def __init__(self, keepers: Mapping[str, Keeper], default_source: str) -> None:
        self.keepers = dict(sorted(keepers.items()))
        only = next(iter(self.keepers)) if len(self.keepers) == 1 else ""
        self.default_source = default_source.lower() or only
        self._slicers: dict[tuple[str, str], Slicer] = {}

    def keeper(self, source: str) -> Keeper:
        """The source of that name; of "" the default one. Raises Fault SOURCE_UNKNOWN."""
        found = self.keepers.get(source.lower() or self.default_source)
        if found is not None:
            return found
        known = ", ".join(self.keepers)
        if source:
            message = (
                f'There is no source "{source}"; known are {known}.' if known else f'There is no source "{source}".'
            )
        else:
            message = f"The request names no source; known are {known}." if known else "No source is configured."
        raise Fault("SOURCE_UNKNOWN", message, metadata={"source": source, "known": known})

    def slicer(self, snapshot: Snapshot) -> Slicer:
        """The slicer of a snapshot; the one of an older snapshot of the same version is let go."""
        place = (snapshot.source, snapshot.version)
        held = self._slicers.get(place)
        if held is None or held.snapshot is not snapshot:
            held = self._slicers[place] = Slicer(snapshot)
            keeper = self.keepers[snapshot.source]
            for other in [each for each in self._slicers if each[0] == snapshot.source]:
                if not keeper.holds(other[1]):
                    del self._slicers[other]
        return held

    async def tried(self) -> bool:
        """Whether every source was tried once: one that is down must not keep the others from being
        served.
        """
        for keeper in self.keepers.values():
            await keeper.tried.wait()
        return True
