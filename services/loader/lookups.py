"""Values of columns that begin with a text or contain it, through an index where there is one.

A column without an index that serves is read only where its table is small; else it is left out and named.
"""

from dataclasses import dataclass, field

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.loader.access.folds import functions_over, has_trigram
from services.loader.bindings import Moment
from services.loader.catalog import ColumnInfo, Knowledge, TableInfo
from services.loader.ceilings import Limits
from services.loader.compiler import Task
from services.loader.execution import Ask, Execution
from services.loader.folding import fold
from services.loader.shortage import column_unknown, table_unknown
from services.loader.source import Database
from services.loader.types import NUMERIC, Family

_SMALL = 20_000
_ORDERED = (catalog_pb2.INDEX_METHOD_BTREE, catalog_pb2.INDEX_METHOD_HASH)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. columns: (schema, table, column). most: values for each column."""

    columns: list[tuple[str, str, str]]
    text: str
    most: int
    catalog: catalog_pb2.CatalogSlice
    moment: Moment
    limits: Limits


@dataclass(slots=True)
class Found:
    """values: (position of the column, value). skipped: positions of columns that were not read."""

    values: list[tuple[int, str]] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)


class Lookups:
    """Looks values up."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    async def find(self, database: Database, wanted: Wanted) -> Found:
        """Raises the faults of Loader.Execute."""
        made = Found()
        text = wanted.text.strip()
        knowledge = Knowledge(wanted.catalog, database.name, database.dialect)
        for at, (schema, name, column) in enumerate(wanted.columns):
            table, info = _known(knowledge, schema, name, column, f"columns[{at}]")
            if info.proto.samples_complete:
                made.values += [(at, each) for each in _among(info.proto.sample_values, text, wanted.most)]
                continue
            where = _condition(table, info, text, database.dialect) if text else None
            if where is None:
                if text:
                    made.skipped.append(at)
                continue
            for each in await self._values(database, wanted, table, column, where):
                made.values.append((at, each))
        return made

    async def _values(
        self, database: Database, wanted: Wanted, table: TableInfo, column: str, where: plan_pb2.Predicate
    ) -> list[str]:
        relation = plan_pb2.Relation(alias="t", table=plan_pb2.TableRef(schema=table.schema, name=table.name))
        value = plan_pb2.Expression(column=plan_pb2.ColumnRef(alias="t", column=column))
        select = plan_pb2.Select(
            projections=[plan_pb2.Projection(expression=value, name="value")], distinct=True, where=where
        )
        getattr(select, "from").CopyFrom(relation)
        plan = plan_pb2.QueryPlan(query=plan_pb2.Query(select=select, limit=wanted.most))
        task = Task(database.name, database.dialect, plan, wanted.catalog, semantics_pb2.SemanticSlice())
        ask = Ask(task, wanted.moment, wanted.limits, wanted.most, "", explain=False)
        answer = await self._execution.lookup(database, ask)
        return [str(row[0]) for row in answer.rows if row[0] is not None]


def _known(knowledge: Knowledge, schema: str, name: str, column: str, path: str) -> tuple[TableInfo, ColumnInfo]:
    table = knowledge.table(schema, name)
    if table is None:
        raise table_unknown(path, knowledge.source, name, [each.name for each in knowledge.tables])
    info = table.column(column)
    if info is None:
        raise column_unknown(path, knowledge.source, name, column, table.columns)
    return table, info


def _among(values: object, text: str, most: int) -> list[str]:
    """Of values that are all known, those that contain the text but for case and accents."""
    wanted = fold(text)
    found = [str(each) for each in values if wanted in fold(str(each))]  # type: ignore[attr-defined]  # a repeated field
    found.sort(key=lambda each: (fold(each) != wanted, not fold(each).startswith(wanted), len(each)))
    return found[:most]


def _condition(  # a case for each kind of index
    table: TableInfo, info: ColumnInfo, text: str, dialect: int
) -> plan_pb2.Predicate | None:
    """What finds the text in the column at a bounded cost; None where nothing does."""
    if info.type.family in NUMERIC:
        return _equal(info.name, text) if text.isdecimal() and len(text) < 19 and _ordered(table, info) else None
    if info.type.family is not Family.TEXT:
        return None
    if 0 <= table.rows <= _SMALL:
        return _pattern(info.name, "CONTAINS", text, fold=True)
    by_bytes = dialect == catalog_pb2.DIALECT_SQLITE
    parts: list[plan_pb2.Predicate] = []
    for index in table.indexes:
        if index.predicate:
            continue
        key = index.keys[0]
        trigrams = key.operator_class in ("gin_trgm_ops", "gist_trgm_ops") and has_trigram(text)
        if trigrams and key.column == info.name:
            parts += [_pattern(info.name, "CONTAINS", each) for each in _spellings(text)]
        elif trigrams and functions_over(key.expression, info.name):
            return _pattern(info.name, "CONTAINS", text, fold=True)
        elif key.column == info.name and (key.operator_class.endswith("pattern_ops") or by_bytes):
            parts += [_pattern(info.name, "PREFIX", each) for each in _spellings(text)]
        elif key.column == info.name and index.method in _ORDERED:
            parts.append(_one_of(info.name, _spellings(text)))
    if len(parts) < 2:
        return parts[0] if parts else None
    return plan_pb2.Predicate(any_of=plan_pb2.PredicateList(predicates=parts))


def _ordered(table: TableInfo, info: ColumnInfo) -> bool:
    return table.proto.primary_key[:1] == [info.name] or any(
        each.method in _ORDERED and not each.predicate and each.keys[0].column == info.name for each in table.indexes
    )


def _spellings(text: str) -> list[str]:
    """The ways in which a name is likely to be stored."""
    return list(dict.fromkeys([text, text.upper(), text.title(), text.lower(), fold(text).upper()]))


def _column(name: str) -> plan_pb2.Expression:
    return plan_pb2.Expression(column=plan_pb2.ColumnRef(alias="t", column=name))


def _literal(text: str) -> plan_pb2.Expression:
    return plan_pb2.Expression(literal=plan_pb2.Literal(text=text))


def _equal(column: str, text: str) -> plan_pb2.Predicate:
    comparison = plan_pb2.Comparison(
        operator=plan_pb2.COMPARISON_OPERATOR_EQUAL,
        left=_column(column),
        right=plan_pb2.Expression(literal=plan_pb2.Literal(integer=int(text))),
    )
    return plan_pb2.Predicate(comparison=comparison)


def _one_of(column: str, texts: list[str]) -> plan_pb2.Predicate:
    values = [_literal(each) for each in texts]
    return plan_pb2.Predicate(membership=plan_pb2.Membership(operand=_column(column), values=values))


def _pattern(column: str, kind: str, text: str, *, fold: bool = False) -> plan_pb2.Predicate:
    number = plan_pb2.PatternKind.Value(f"PATTERN_KIND_{kind}")
    return plan_pb2.Predicate(pattern=plan_pb2.Pattern(operand=_column(column), kind=number, text=text, fold=fold))
