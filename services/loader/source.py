"""What the loader asks of a database, whichever it is."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from services.loader.pieces import Pieces
from services.loader.types import Family

if TYPE_CHECKING:
    # pyarrow is imported when the first stream begins.
    from services.loader.arrow import Chunk


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows as the driver gave them: numbers and booleans as Python's, everything else as text, bytes as bytes.

    families: of the columns as the database says; UNKNOWN where it does not. zoned: whether a column's moments know
    their zone.
    """

    rows: list[tuple[Any, ...]]
    families: tuple[Family, ...]
    zoned: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the planner expects. cost: in its own units; 0 where it does not say. rows: -1 where it does not say. text:
    its own words."""

    cost: float
    rows: float
    text: str


class Database(Protocol):
    """One source. Every method raises Fault: SOURCE_UNAVAILABLE, SOURCE_BUSY, STATEMENT_TIMEOUT, NOT_READ_ONLY,
    PERMISSION_DENIED, PLAN_INVALID; a cancelled task stops the statement in the database."""

    name: str
    dialect: int
    system: str
    """db.system.name of its spans."""
    estimates: bool
    """Whether explain gives a cost."""

    async def run(self, sql: str, parameters: list[Any], *, single: bool, timeout: float) -> Answer:
        """Runs one statement and gives all its rows. single: it reads one row and is worth being prepared. timeout:
        seconds."""

    async def describe(self, sql: str, parameters: list[Any]) -> tuple[Family, ...]:
        """The families of a statement's columns, without running it; () where the database cannot tell."""

    def stream(
        self,
        sql: str,
        parameters: list[Any],
        names: list[str],
        implied: list[Family],
        pieces: Pieces,
        timeout: float,
    ) -> AsyncGenerator["Chunk", None]:
        """Runs one statement and gives its rows as they come, in bounded memory. names, implied: of the columns that
        are shown, which come first. pieces: into what batches. timeout: seconds for the whole."""

    async def explain(self, sql: str, parameters: list[Any], timeout: float) -> Estimate:
        """What the planner expects of a statement, without running it."""

    async def explain_with(self, sql: str, parameters: list[Any], timeout: float, indexes: list[str]) -> Estimate:
        """The same as if these indexes were there; none is created. Raises Fault INVALID_ARGUMENT where the database
        cannot plan so."""

    async def close(self) -> None:
        """Closes every connection."""

    async def close_idle(self, seconds: float) -> None:
        """Closes connections that were not used for so long."""
