"""The fault of a statement that took too long."""

from mesh.fault import Fault


def timed_out(seconds: float) -> Fault:
    """What a caller is told, and what would make the question cheap."""
    return Fault(
        "STATEMENT_TIMEOUT",
        f"The database stopped the query after {seconds:.3g} s. Narrow the period, filter by an indexed column, or ask "
        "for a total instead of a list.",
        metadata={"limit": f"{seconds:.3g}"},
    )
