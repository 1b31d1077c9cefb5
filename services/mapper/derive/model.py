"""The semantic model of a catalog, derived with no configuration."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive.datasets import dataset_of, names_of
from services.mapper.derive.names import Name, Namer
from services.mapper.derive.prefixes import spoken_for
from services.mapper.derive.relationships import relationships_of
from services.mapper.derive.terms import Speaker
from services.mapper.fold import fold
from services.mapper.lexicon import judging
from services.mapper.lexicon.book import Lexicon

# Words that only Brazilian schemas have.
_BRAZIL = judging.words("brazilian")


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a source beside its catalog; empty texts: nothing."""

    locale: str = ""
    time_zone: str = ""
    currency: str = ""


def derive(found: catalog.Catalog, lexicon: Lexicon, hints: Hints | None = None) -> semantics.SemanticModel:
    """The model of a catalog, without a version of its own yet. Pure: same catalog, same model, byte for byte."""
    hints = hints or Hints()
    namer = Namer(lexicon, [name for table in found.tables for name in _identifiers(table)])
    speaker = Speaker(namer)
    locale, currency = _place(found, namer, hints)
    names = names_of(found.tables)
    referring: dict[tuple[str, str], dict[str, tuple[str, str]]] = defaultdict(dict)
    for relationship in found.relationships:
        if relationship.confidence >= 0.8 and relationship.to_unique and not relationship.list_valued:
            target = relationship.to_schema, relationship.to_table
            for column in relationship.from_columns:
                referring[relationship.from_schema, relationship.from_table].setdefault(column, target)
    columns, datasets = {}, []
    tables = {(table.schema, table.name): namer.table(table.name) for table in found.tables}
    heads = Counter(speaker.head(name.folded) for name in tables.values())
    for table in found.tables:
        key = (table.schema, table.name)
        columns[key] = _columns(table, tables, referring[key], namer)
        datasets.append(
            dataset_of(
                table,
                names[key],
                tables[key],
                columns[key],
                frozenset(referring[key]),
                speaker,
                currency,
                alone=heads[speaker.head(tables[key].folded)] == 1,
            )
        )
    return semantics.SemanticModel(
        source=found.source,
        catalog_version=found.version,
        datasets=datasets,
        relationships=relationships_of(found.relationships, names, tables, columns, speaker),
        locale=locale,
        time_zone=hints.time_zone,
        currency=currency,
        dialect=found.dialect,
    )


def _columns(
    table: catalog.Table,
    tables: Mapping[tuple[str, str], Name],
    referring: Mapping[str, tuple[str, str]],
    namer: Namer,
) -> dict[str, Name]:
    """The names of a table's columns. referring: the tables that columns lead to."""
    own = tables[table.schema, table.name]
    beside = {fold(column.name) for column in table.columns}
    found = {}
    for column in table.columns:
        target = tables.get(referring[column.name]) if column.name in referring else None
        owners = (target, own) if target else (own,)
        key = column.name in referring or [column.name] == list(table.primary_key)
        found[column.name] = spoken_for(column.name, owners, beside, namer, key=key)
    return found


def _identifiers(table: catalog.Table) -> list[str]:
    return [table.name, *(column.name for column in table.columns)]


def _place(found: catalog.Catalog, namer: Namer, hints: Hints) -> tuple[str, str]:
    """Locale and currency: as told, else Brazil's where the schema speaks of Brazilian papers, else the language only."""
    brazilian = False
    if not hints.locale or not hints.currency:
        seen = {word for table in found.tables for column in table.columns for word in namer.column(column.name).tokens}
        brazilian = len(seen & _BRAZIL) >= 2
    locale = hints.locale or ("pt-BR" if brazilian and namer.locale == "pt" else namer.locale)
    currency = hints.currency or ("BRL" if locale == "pt-BR" else "")
    return locale, currency
