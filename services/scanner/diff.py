"""What is different between two catalogs."""

from dataclasses import dataclass

from services.scanner.snapshot import Snapshot, spelled


@dataclass(frozen=True, slots=True)
class Difference:
    """Names of tables that appeared, went, or have other columns, keys or indexes."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def difference(before: Snapshot | None, after: Snapshot) -> Difference:
    """Compares tables by their structure."""
    old = before.structures if before is not None else {}
    new = after.structures
    return Difference(
        added=tuple(spelled(key) for key in sorted(new.keys() - old.keys())),
        removed=tuple(spelled(key) for key in sorted(old.keys() - new.keys())),
        changed=tuple(spelled(key) for key in sorted(new.keys() & old.keys()) if new[key] != old[key]),
    )
