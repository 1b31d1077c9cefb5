"""The faults of knowledge that is missing or a plan that is wrong. Missing knowledge is an error, never a guess."""

from collections.abc import Iterable
from difflib import get_close_matches

from mesh.fault import Fault


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names that look most like it, best first; none where nothing is near."""
    spelled = {each.casefold(): each for each in known}
    return [spelled[each] for each in get_close_matches(name.casefold(), spelled, count, 0.5)]


def _hint(near: list[str]) -> str:
    return f"; the nearest is {near[0]!r}" if near else ""


def plan_invalid(path: str, why: str) -> Fault:
    """The plan is not well formed at this path."""
    return Fault("PLAN_INVALID", f"{path}: {why}.", violations=[(path, why)])


def term_unresolved(path: str, kind: str, term: str, known: Iterable[str]) -> Fault:
    """A name of the semantic model that its slice does not define."""
    near = nearest(term, known)
    return Fault(
        "TERM_UNRESOLVED",
        f"{path}: no {kind} is called {term!r}{_hint(near)}.",
        metadata={"term": term, "nearest": ", ".join(near)},
        violations=[(path, f"no {kind} is called {term!r}")],
    )


def table_unknown(path: str, source: str, table: str, known: Iterable[str]) -> Fault:
    """A table that the catalog does not hold."""
    near = nearest(table, known)
    return Fault(
        "TABLE_UNKNOWN",
        f"{path}: source {source!r} has no table {table!r}{_hint(near)}.",
        metadata={"source": source, "table": table, "nearest": ", ".join(near)},
        violations=[(path, f"no table {table!r}")],
    )


def column_unknown(path: str, source: str, table: str, column: str, known: Iterable[str]) -> Fault:
    """A column that the table does not have."""
    near = nearest(column, known)
    return Fault(
        "COLUMN_UNKNOWN",
        f"{path}: table {table!r} has no column {column!r}{_hint(near)}.",
        metadata={"source": source, "table": table, "column": column, "nearest": ", ".join(near)},
        violations=[(path, f"table {table!r} has no column {column!r}")],
    )
