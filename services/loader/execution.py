"""Running of a plan: its head, its later pages, their number, within limits."""

import time
from dataclasses import dataclass, replace
from typing import Any

from maestro.result.v1 import result_pb2
from mesh import telemetry
from mesh.fault import Fault
from services.loader.bindings import Moment
from services.loader.ceilings import Ceilings, Limits
from services.loader.cells import families_of, makers, row_of
from services.loader.compiler import Compiled, Compiler, Shown, Task
from services.loader.settings import LoaderSettings
from services.loader.shape import Shape, Values, shape_of
from services.loader.source import Answer, Database, Estimate
from services.loader.tokens import Token, fingerprint, read_token, write_token
from services.loader.types import Family


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted of a plan. page_size: rows; page_token: "" for the beginning; hypothetical: statements that create
    indexes which an estimate is to assume. without_total: rows behind the head are not counted."""

    task: Task
    moment: Moment
    limits: Limits
    page_size: int
    page_token: str
    explain: bool
    hypothetical: tuple[str, ...] = ()
    without_total: bool = False


@dataclass(slots=True)
class Head:
    """What Execute gives."""

    head: result_pb2.ResultHead
    statements: list[result_pb2.Statement]
    warnings: list[tuple[str, str]]


@dataclass(slots=True)
class Draft:
    """What Compile gives. explanation: the planner's own text, "" where it was not asked."""

    statement: result_pb2.Statement
    columns: list[result_pb2.ResultColumn]
    explanation: str


class Execution:
    """Runs plans on databases."""

    def __init__(self, compiler: Compiler, settings: LoaderSettings) -> None:
        self._compiler = compiler
        self._settings = settings
        self._ceilings = Ceilings()

    def values(self, shape: Shape, moment: Moment) -> Values:
        """The values of the plan's own slots and of those that every statement may refer to."""
        return {
            **shape.values,
            "as_of_day": moment.as_of.date().isoformat(),
            "as_of_moment": moment.as_of.isoformat(),
            "zone": moment.zone_name,
        }

    async def head(self, database: Database, ask: Ask) -> Head:
        """The first rows of a result, or those behind a page token. Raises the faults of Loader.Execute."""
        made = await self._head(database, ask)
        if made is None:
            # Rows so wide that a head cannot hold those that the plan ends with: others follow after all.
            made = await self._head(database, ask, followed=True)
            assert made is not None
        return made

    async def _head(self, database: Database, ask: Ask, *, followed: bool = False) -> Head | None:
        """followed: as if rows might follow, although the plan's limit says that there are none. None where there are
        some, as the head's size is limited too."""
        shape = shape_of(ask.task.plan.query)
        belongs = fingerprint(ask.task, shape) if ask.page_token else ""
        token = read_token(ask.page_token, belongs) if ask.page_token else Token()
        room = _room(ask, token)
        wanted = min(ask.page_size or 100, self._settings.head_rows, room.rows)
        values = self.values(shape, ask.moment) | token.values()
        values["fetch"] = token.ties + wanted + (wanted < room.rows or room.by_ceiling)
        ends = not ask.page_token and not followed and wanted == room.rows and not room.by_ceiling
        variant = token.variant if ask.page_token else "only" if ends else "head"
        compiled = await self.compiled(database, ask, shape, values, variant)
        answer, statement = await self._run(database, ask, compiled, values, "main")
        families = _families(compiled, answer)
        rows = answer.rows[token.ties :]
        left = min(self._settings.head_bytes, ask.limits.max_bytes - token.size)
        making = makers(families, answer.zoned[: len(families)], ask.moment.zone)
        shown, size = _fitting(rows[:wanted], making, left)
        page = _Page(rows[: len(shown)], token, token.size + size, more=len(rows) > len(shown))
        if page.more and ends:
            return None
        head = result_pb2.ResultHead(columns=columns_of(compiled.columns, families), rows=shown)
        statements = [statement]
        if page.more and token.total < 0 and not ask.without_total:
            head.total_rows = await self._total(database, ask, shape, values, statements)
        else:
            head.total_rows = token.total if page.more else page.delivered
        _close(head, ask, page, compiled, belongs or fingerprint(ask.task, shape) if page.more else "")
        return Head(head, statements, list(compiled.warnings))

    async def count(self, database: Database, ask: Ask) -> tuple[int, list[result_pb2.Statement]]:
        """(rows in the whole result, the statements that told). Raises the faults of Loader.Count."""
        shape = shape_of(ask.task.plan.query)
        statements: list[result_pb2.Statement] = []
        total = await self._total(database, ask, shape, self.values(shape, ask.moment), statements)
        return total, statements

    async def compile(self, database: Database, ask: Ask) -> Draft:
        """The statement of a plan's head, not run. Raises the faults of Loader.Compile."""
        shape = shape_of(ask.task.plan.query)
        values = self.values(shape, ask.moment)
        values["fetch"] = _room(ask, Token()).rows
        compiled = self._compiler.compile(ask.task, shape, "head")
        bound = compiled.bind(values, ask.moment)
        estimate = None
        if ask.explain and ask.hypothetical:
            indexes = list(ask.hypothetical)
            estimate = await database.explain_with(compiled.sql, bound, ask.limits.timeout, indexes)
        elif ask.explain:
            estimate = await database.explain(compiled.sql, bound, ask.limits.timeout)
        families = tuple(each.type.family for each in compiled.columns)
        return Draft(
            statement_of(compiled, bound, "main", 0, 0, estimate),
            columns_of(compiled.columns, families),
            estimate.text if estimate is not None else "",
        )

    async def lookup(self, database: Database, ask: Ask) -> Answer:
        """The rows of a small plan as the driver gives them, in one statement."""
        shape = shape_of(ask.task.plan.query)
        values = self.values(shape, ask.moment)
        compiled = self._compiler.compile(ask.task, shape, "all")
        answer, _ = await self._run(database, ask, compiled, values, "lookup")
        return answer

    async def compiled(self, database: Database, ask: Ask, shape: Shape, values: Values, variant: str) -> Compiled:
        """The statement of a variant; where there are forks of which nobody knows whether they pay, the planner is
        asked once, and the cheaper statement kept."""
        taken = self._compiler.compile(ask.task, shape, variant)
        if not taken.undecided or not database.estimates:
            return taken
        best, cost = taken, await self._cost(database, ask, taken, values)
        off: frozenset[str] = frozenset()
        for name, unless in taken.undecided:
            other = self._compiler.without(ask.task, shape, variant, off | {name})
            others = await self._cost(database, ask, other, values)
            if others < cost * unless:
                best, cost, off = other, others, off | {name}
        self._compiler.settle(ask.task, shape, variant, taken, best)
        return best

    @staticmethod
    async def _cost(database: Database, ask: Ask, compiled: Compiled, values: Values) -> float:
        bound = compiled.bind(values, ask.moment)
        return (await database.explain(compiled.sql, bound, ask.limits.timeout)).cost

    async def _total(
        self,
        database: Database,
        ask: Ask,
        shape: Shape,
        values: Values,
        statements: list[result_pb2.Statement],
    ) -> int:
        """Rows in the whole result, counted by the database."""
        counted = await self.compiled(database, ask, shape, values, "count")
        answer, statement = await self._run(database, ask, counted, values, "count")
        statements.append(statement)
        return int(answer.rows[0][0])

    async def _run(
        self, database: Database, ask: Ask, compiled: Compiled, values: Values, purpose: str
    ) -> tuple[Answer, result_pb2.Statement]:
        bound = compiled.bind(values, ask.moment)
        estimate = await self.estimate(database, ask, compiled, bound)
        attributes: dict[str, Any] = {
            "db.system.name": database.system,
            "db.query.text": compiled.sql,
            "db.operation.name": "SELECT",
            "db.collection.name": compiled.tables[0] if compiled.tables else "",
            "maestro.source": database.name,
            "maestro.purpose": purpose,
        }
        began = time.perf_counter()
        with telemetry.span(summary(compiled), kind="client", attributes=attributes) as span:
            answer = await database.run(compiled.sql, bound, single=compiled.single, timeout=ask.limits.timeout)
            span.set("db.response.returned_rows", len(answer.rows))
        elapsed = time.perf_counter() - began
        return answer, statement_of(compiled, bound, purpose, elapsed, len(answer.rows), estimate)

    async def estimate(self, database: Database, ask: Ask, compiled: Compiled, bound: list[Any]) -> Estimate | None:
        """The planner's estimate, where it is asked for or needed to keep a ceiling. Raises Fault COST_CEILING."""
        needed = self._ceilings.has_to_estimate(compiled, ask.limits)
        if not ask.explain and not needed:
            return None
        estimate = await database.explain(compiled.sql, bound, ask.limits.timeout)
        self._ceilings.check(compiled, estimate, ask.limits)
        return estimate if ask.explain else None


def summary(compiled: Compiled) -> str:
    """The statement in a few words."""
    return "SELECT " + ", ".join(compiled.tables[:3]) if compiled.tables else "SELECT"


@dataclass(frozen=True, slots=True)
class _Room:
    """Rows that may still be given. by_ceiling: a ceiling says so, not the plan."""

    rows: int
    by_ceiling: bool


@dataclass(frozen=True, slots=True)
class _Page:
    """The rows of a page, behind a token. size: bytes of the rows that were given so far. more: there are further
    ones."""

    rows: list[tuple[Any, ...]]
    token: Token
    size: int
    more: bool

    @property
    def delivered(self) -> int:
        return self.token.delivered + len(self.rows)


def _room(ask: Ask, token: Token) -> _Room:
    ceiling = ask.limits.max_rows - token.delivered
    limit = ask.task.plan.query.limit
    asked = limit - token.delivered if limit > 0 else ceiling + 1
    if min(ceiling, asked) <= 0:
        raise Fault("PAGE_TOKEN_INVALID", "The page token lies behind the last row that may be given.")
    return _Room(min(ceiling, asked), ceiling < asked)


def _close(head: result_pb2.ResultHead, ask: Ask, page: _Page, compiled: Compiled, belongs: str) -> None:
    """Says how a head ends: complete, cut by its size with a token for the rest, or cut by a ceiling."""
    if not page.more:
        head.complete = not ask.page_token
    elif page.delivered >= ask.limits.max_rows:
        head.truncated, head.truncation_reason = True, "ROW_CEILING"
    elif page.size + page.size // max(page.delivered, 1) > ask.limits.max_bytes:
        # Not even one more row of the usual size has room.
        head.truncated, head.truncation_reason = True, "BYTE_CEILING"
    elif compiled.paging.mode and page.rows:
        following = page.token.following(compiled.paging, page.rows, page.delivered, head.total_rows)
        following = replace(following, size=page.size)
        head.next_page_token = write_token(following, belongs)


def _fitting(rows: list[tuple[Any, ...]], making: list[Any], most: int) -> tuple[list[result_pb2.Row], int]:
    """(as many rows as fit in so many bytes, but at least one; their bytes)."""
    shown: list[result_pb2.Row] = []
    size = 0
    for each in rows:
        row = row_of(each, making)
        width = row.ByteSize()
        if size + width > most and shown:
            break
        size += width
        shown.append(row)
    return shown, size


def _families(compiled: Compiled, answer: Answer) -> tuple[Any, ...]:
    implied = tuple(each.type.family for each in compiled.columns)
    return families_of(implied, answer.families[: len(implied)], answer.rows)


def columns_of(shown: tuple[Shown, ...], families: tuple[Family, ...]) -> list[result_pb2.ResultColumn]:
    return [
        result_pb2.ResultColumn(
            name=each.name,
            label=each.label,
            family=family.value,  # type: ignore[arg-type]  # the numbers are the enum's
            unit=each.unit,
            measure=each.measure,
        )
        for each, family in zip(shown, families, strict=True)
    ]


def statement_of(
    compiled: Compiled,
    bound: list[Any],
    purpose: str,
    elapsed: float,
    row_count: int,
    estimate: Estimate | None,
) -> result_pb2.Statement:
    """The statement as it was sent. elapsed: seconds."""
    made = result_pb2.Statement(
        sql=compiled.sql,
        parameters=[str(each)[:200] for each in bound],
        choices=[
            result_pb2.AccessChoice(table=table, index=index, choice=choice, reason=reason)
            for table, index, choice, reason in compiled.choices
        ],
        estimated_rows=-1,
        row_count=row_count,
        purpose=purpose,
    )
    if estimate is not None:
        made.estimated_cost, made.estimated_rows = estimate.cost, estimate.rows
    made.elapsed.FromNanoseconds(int(elapsed * 1e9))
    return made
