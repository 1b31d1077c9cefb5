"""Datasets: the meaning of each table."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive import comments, dates, labels
from services.mapper.derive.facts import Facts, facts_of
from services.mapper.derive.fields import field_of
from services.mapper.derive.names import Name
from services.mapper.derive.roles import TIME
from services.mapper.derive.terms import LEXICON, Speaker
from services.mapper.fold import fold

NEUTRAL = 0.5
_PARTS = 2
_MIDDLE = frozenset({"middle", "meio", "maiden", "solteiro", "solteira"})
_WHOLE = (("full name", "en", 0.7), ("nome completo", "pt", 0.7), ("name", "en", 0.6), ("nome", "pt", 0.6))
_TECHNICAL = re.compile(
    r"(^|_)(tmp|temp|bkp|backup|bak|old|log|logs|audit|auditoria|staging|stg|migrations?|alembic_version|sqlite_sequence|"
    r"schema_version|flyway\w*|hist|historico|history|archive|lixo|teste?)(_|$|\d)",
    re.IGNORECASE,
)


def names_of(tables: Iterable[catalog.Table]) -> dict[tuple[str, str], str]:
    """(schema, table) → dataset name: the table's own, qualified by its schema where two schemas have it."""
    tables = list(tables)
    counts = Counter(table.name for table in tables)
    return {
        (table.schema, table.name): f"{table.schema}.{table.name}"
        if counts[table.name] > 1 and table.schema
        else table.name
        for table in tables
    }


def dataset_of(
    table: catalog.Table,
    name: str,
    words: Name,
    columns: Mapping[str, Name],
    referring: frozenset[str],
    speaker: Speaker,
    currency: str,
    *,
    alone: bool = False,
) -> semantics.Dataset:
    """The meaning of one table. words: its name taken apart; columns: the same of its columns; referring: the columns
    that a relationship leads out of; alone: no other table's name has the same head."""
    facts = facts_of(table, columns, referring)
    heads = Counter(speaker.head(each.name.folded) for each in facts.values())
    fields = [
        field_of(each, words, speaker, currency, alone=heads[speaker.head(each.name.folded)] == 1)
        for each in facts.values()
    ]
    _whole_names(fields, facts)
    judged = [(each, field.role) for each, field in zip(facts.values(), fields, strict=True)]
    label = labels.label_field(words.folded, judged)
    times = [(facts[field.column], field.time_role) for field in fields if field.role == TIME and field.column in facts]
    time = dates.default_field(times, words.folded)
    keys = labels.key_fields(table)
    made = semantics.Dataset(
        name=name,
        table=plan.TableRef(schema=table.schema, name=table.name),
        description=table.comment,
        terms=speaker.dataset(words, comments.phrases(table.comment), alone=alone),
        fields=fields,
        label_field=label,
        default_time_field=time,
        display_fields=labels.display_fields(label, time, keys, judged),
        key_fields=keys,
        row_estimate=table.row_estimate,
        junction=_junction(table, facts),
    )
    made.weight = _weight(table, made.junction)
    return made


def _whole_names(fields: Sequence[semantics.Field], facts: Mapping[str, Facts]) -> None:
    """Where a person's name is kept in parts, "name" and "full name" mean each of the parts."""
    words = {field.name: facts[field.column].name.folded for field in fields if field.column in facts}
    parts = [
        field
        for field in fields
        if labels.is_personal(words.get(field.name, ())) and not _MIDDLE & set(words[field.name])
    ]
    if len(parts) < _PARTS or any(set(held) == {"name"} or set(held) == {"nome"} for held in words.values()):
        return
    for field in parts:
        said = {fold(term.text) for term in field.terms}
        for text, locale, weight in _WHOLE:
            if fold(text) not in said:
                field.terms.add(text=text, locale=locale, origin=LEXICON, weight=weight)


def _junction(table: catalog.Table, facts: Mapping[str, Facts]) -> bool:
    """Whether a table only links others: its key is made of links or is a bare number, and it says at most one thing
    of its own."""
    outward = [each for each in facts.values() if each.refers]
    if len(outward) < 2:
        return False
    own = [each for each in facts.values() if not each.refers and not each.key]
    linked = [facts[column].refers for column in table.primary_key if column in facts]
    keyed = all(linked) or (len(linked) == 1 and facts[table.primary_key[0]].name.folded[-1:] in (("id",), ("codigo",)))
    return keyed and len(own) <= 1


def _weight(table: catalog.Table, junction: bool) -> float:
    if _TECHNICAL.search(table.name):
        return 0.2
    if junction or table.row_estimate == 0:
        return 0.35
    if table.kind in (catalog.TABLE_KIND_VIEW, catalog.TABLE_KIND_MATERIALIZED_VIEW):
        return 0.45
    return NEUTRAL
