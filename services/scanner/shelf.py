"""The last few versions of a source's catalog."""

from collections import OrderedDict

from services.scanner.snapshot import Snapshot


class Shelf:
    """Holds a bounded number of versions, the newest last put first thrown away last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[str, Snapshot] = OrderedDict()

    @property
    def current(self) -> Snapshot | None:
        """The snapshot put last."""
        return self._held[next(reversed(self._held))] if self._held else None

    def put(self, snapshot: Snapshot) -> bool:
        """Makes it the current one, in place of an older one of its version; returns whether anything but
        counters of writes is new.
        """
        before = self.current
        self._held.pop(snapshot.version, None)
        self._held[snapshot.version] = snapshot
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        return before is None or (before.version, before.statistics_version) != (
            snapshot.version,
            snapshot.statistics_version,
        )

    def get(self, version: str) -> Snapshot | None:
        """The snapshot of a version; of "" the current one."""
        return self._held.get(version) if version else self.current
