"""The semantic model fits the database: expressions run, names exist, filters tell rows apart."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from samples.frete.postgres import tables

Ask = Callable[[str], list[tuple[Any, ...]]]
Entry = dict[str, Any]

MODEL = Path(__file__).parents[3] / "samples" / "frete" / "model"
DOCUMENTS: list[Entry] = [yaml.safe_load(path.read_text()) for path in sorted(MODEL.glob("*.yaml"))]
DATASETS: dict[str, Entry] = {entry["name"]: entry for document in DOCUMENTS for entry in document["datasets"]}
RELATIONSHIPS: list[Entry] = [entry for document in DOCUMENTS for entry in document.get("relationships", [])]
METRICS: list[Entry] = [entry for document in DOCUMENTS for entry in document.get("metrics", [])]

# What the Ossie core specification (0.2.0.dev0) allows in each place.
ALLOWED = {
    "document": "version name description ai_context datasets relationships metrics custom_extensions",
    "dataset": "name source primary_key unique_keys description ai_context fields custom_extensions",
    "field": "name expression dimension label description datatype ai_context custom_extensions",
    "relationship": "name from to from_columns to_columns ai_context custom_extensions",
    "metric": "name expression description datatype ai_context custom_extensions",
    "ai_context": "instructions synonyms examples",
}
POSTGRES_TYPES = {
    "String": {"character varying", "character", "text"},
    "Integer": {"integer", "bigint"},
    "Decimal": {"numeric", "double precision"},
    "Boolean": {"boolean"},
    "Date": {"date"},
    "Time": {"time without time zone"},
    "DateTime": {"timestamp without time zone"},
    "DateTimeTz": {"timestamp with time zone"},
}


def expression(entry: Entry) -> str:
    (dialect,) = entry["expression"]["dialects"]
    assert dialect["dialect"] == "ANSI_SQL"
    return str(dialect["expression"]).replace("CURRENT_DATE", ":today")


def extension(entry: Entry) -> Entry:
    """What MAESTRO adds to an entry."""
    found: Entry = {}
    for held in entry.get("custom_extensions", []):
        assert held["vendor_name"] == "MAESTRO"
        found |= json.loads(held["data"])
    return found


def parts() -> Iterator[tuple[str, Entry]]:
    """(kind, entry) of everything in the model."""
    for document in DOCUMENTS:
        yield "document", document
    for dataset in DATASETS.values():
        yield "dataset", dataset
        yield from (("field", field) for field in dataset["fields"])
    yield from (("relationship", entry) for entry in RELATIONSHIPS)
    yield from (("metric", entry) for entry in METRICS)


def fields() -> set[str]:
    return {f"{name}.{field['name']}" for name, dataset in DATASETS.items() for field in dataset["fields"]}


MAIN = extension(next(document for document in DOCUMENTS if "custom_extensions" in document))


def test_every_part_is_ossie() -> None:
    for kind, entry in parts():
        assert set(entry) <= set(ALLOWED[kind].split()), (kind, entry["name"])
        assert set(entry.get("ai_context", {})) <= set(ALLOWED["ai_context"].split()), entry["name"]
        extension(entry)
    for document in DOCUMENTS:
        assert (document["version"], document["name"]) == ("0.2.0.dev0", "frete")


def test_names_are_given_once() -> None:
    datasets = [dataset["name"] for document in DOCUMENTS for dataset in document["datasets"]]
    names = [*datasets, *(entry["name"] for entry in RELATIONSHIPS), *(entry["name"] for entry in METRICS)]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    for dataset in DATASETS.values():
        assert len({field["name"] for field in dataset["fields"]}) == len(dataset["fields"])


def test_every_table_and_column_is_described(ask: Ask) -> None:
    assert set(DATASETS) == set(tables())
    columns = """SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE 'pg_stat%'"""
    for table, column in ask(columns):
        assert f"{table}.{column}" in fields()


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_every_field_runs_and_has_its_type(ask: Ask, name: str) -> None:
    described = DATASETS[name]["fields"]
    types = ", ".join(f"pg_typeof({expression(field)})::text" for field in described)
    ((*held,),) = ask(f"SELECT {types} FROM {DATASETS[name]['source']} AS {name} LIMIT 1")
    for field, type_ in zip(described, held, strict=True):
        assert type_ in POSTGRES_TYPES[field["datatype"]], field["name"]
    values = ", ".join(expression(field) for field in described)
    assert len(ask(f"SELECT {values} FROM {name} LIMIT 500")) > 0


@pytest.mark.parametrize(
    ("name", "filter_"),
    [
        (name, field)
        for name, dataset in DATASETS.items()
        for field in dataset["fields"]
        if field.get("label") == "filter"
    ],
    ids=lambda part: part if isinstance(part, str) else part["name"],
)
def test_every_named_filter_tells_rows_apart(ask: Ask, name: str, filter_: Entry) -> None:
    assert filter_["datatype"] == "Boolean"
    ((kept,),) = ask(f"SELECT count(*) FROM {name} WHERE {expression(filter_)}")
    ((rows,),) = ask(f"SELECT count(*) FROM {name}")
    assert 0 < kept < rows


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric["name"])
def test_every_metric_has_a_value(ask: Ask, metric: Entry) -> None:
    text = expression(metric)
    names = {name for name in DATASETS if re.search(rf"\b{name}\.", text)}
    assert len(names) == 1
    name = names.pop()
    ((value, type_),) = ask(f"SELECT {text}, pg_typeof({text})::text FROM {name}")
    assert value
    assert type_ in POSTGRES_TYPES[metric["datatype"]]
    assert f"{name}.{extension(metric).get('date', 'id')}" in fields()


@pytest.mark.parametrize("join", RELATIONSHIPS, ids=lambda join: join["name"])
def test_every_relationship_joins(ask: Ask, join: Entry) -> None:
    assert {f"{join['from']}.{join['from_columns'][0]}", f"{join['to']}.{join['to_columns'][0]}"} <= fields()
    (column,), (other,) = join["from_columns"], join["to_columns"]
    match = f"a.{column} = b.{other}"
    if extension(join).get("match") == "list_contains":
        match = f"b.{other} = ANY (string_to_array(a.{column}, '{extension(join)['separator']}'))"
    newest = f"SELECT * FROM {join['from']} WHERE {column} IS NOT NULL ORDER BY id DESC LIMIT 2000"
    pairs = f"SELECT 1 FROM ({newest}) a JOIN {join['to']} b ON {match} LIMIT 100"
    ((joined,),) = ask(f"SELECT count(*) FROM ({pairs}) x")
    assert joined >= 50


def test_declared_keys_are_relationships_and_the_others_say_that_they_are_not(ask: Ask) -> None:
    keys = """SELECT conrelid::regclass::text, attname, confrelid::regclass::text FROM pg_constraint
        JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'f'"""
    declared = {(source, column, target) for source, column, target in ask(keys)}
    described = {(join["from"], join["from_columns"][0], join["to"]): extension(join) for join in RELATIONSHIPS}
    assert declared <= set(described)
    assert {key for key, held in described.items() if held.get("declared", True)} == declared


def test_concepts_name_fields_that_say_so() -> None:
    said = {
        f"{name}.{field['name']}": extension(field)["concept"]
        for name, dataset in DATASETS.items()
        for field in dataset["fields"]
        if "concept" in extension(field)
    }
    listed = {field: concept["name"] for concept in MAIN["concepts"] for field in concept["fields"]}
    assert said == listed


@pytest.mark.parametrize("group", MAIN["groups"], ids=lambda group: group["name"])
def test_every_group_has_several_stores_wherever_clients_are(ask: Ask, group: Entry) -> None:
    by_dataset: dict[str, list[str]] = {}
    for concept in MAIN["concepts"]:
        for field in concept["fields"] if concept["name"] in group["any_of"] else []:
            name, _, column = field.partition(".")
            pattern = "{}%" if concept["name"] == "client_tax_id" else "%{}%"
            by_dataset.setdefault(name, []).extend(
                f"{column} LIKE '{pattern.format(text)}'" for text in group["any_of"][concept["name"]]
            )
    if "client_tax_id" not in group["any_of"]:
        by_dataset.pop("contatos_agendamento", None)  # holds no names
    for name, conditions in by_dataset.items():
        column = {"pedidos": "cnpj_cpf", "contatos_agendamento": "cnpj"}.get(name, "cnpj_cliente")
        if name == "faturamento_produto" and "client_tax_id" not in group["any_of"]:
            continue
        ((stores,),) = ask(f"SELECT count(DISTINCT {column}) FROM {name} WHERE {' OR '.join(conditions)}")
        assert stores >= 4, name


def test_value_synonyms_are_of_values_that_exist(ask: Ask) -> None:
    for name, dataset in DATASETS.items():
        for field in dataset["fields"]:
            if values := extension(field).get("values"):
                held = {row[0] for row in ask(f"SELECT DISTINCT {expression(field)} FROM {name}")}
                assert set(values) <= held, f"{name}.{field['name']}"
    states = next(concept for concept in MAIN["concepts"] if concept["name"] == "state")
    assert len(states["values"]) == 27


def test_labels_dates_and_measures_are_fields() -> None:
    for name, dataset in DATASETS.items():
        held = extension(dataset)
        named = [
            *held["label"],
            *(held[key] for key in ("default_date", "planned_date", "measure", "current") if key in held),
        ]
        named += held.get("dates", {}).values()
        assert {f"{name}.{field}" for field in named} <= fields()


def test_senses_point_at_things_of_the_model() -> None:
    concepts = {concept["name"] for concept in MAIN["concepts"]}
    for sense in MAIN["senses"]:
        for reading in sense["read_as"]:
            assert reading.partition(":")[0] in concepts | fields() | set(DATASETS), sense["word"]


def test_today_is_written_in_one_way_only() -> None:
    text = "\n".join(path.read_text() for path in MODEL.glob("*.yaml"))
    assert not re.search(r"now\(|current_timestamp|localtimestamp|interval", text, re.IGNORECASE)
