"""What is judged of columns and tables, seen in the derived model."""
# tables of cases: a case a line

import pytest

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive.model import Hints, derive
from services.mapper.lexicon.book import lexicon
from tests.services.mapper.catalogs import column, deliveries, relationship, source, table, texts

IDENTIFIER, MEASURE = semantics.FIELD_ROLE_IDENTIFIER, semantics.FIELD_ROLE_MEASURE
DIMENSION, TIME = semantics.FIELD_ROLE_DIMENSION, semantics.FIELD_ROLE_TIME
FLAG, TEXT = semantics.FIELD_ROLE_FLAG, semantics.FIELD_ROLE_TEXT


def one(made: catalog.Column, **options: object) -> semantics.Field:
    """The field of a column that stands in a table of its own."""
    tables = [table("things", [made], **options)]  # type: ignore[arg-type]
    return derive(source(tables), lexicon()).datasets[0].fields[0]


@pytest.mark.parametrize(
    ("made", "role"),
    [
        (column("id", "int"), IDENTIFIER),
        (column("customer_id", "int"), IDENTIFIER),
        (column("StuID", "int"), IDENTIFIER),
        (column("cep", values=[f"0{at}310-100" for at in range(9)], complete=False, distinct=900), IDENTIFIER),
        (column("phone", distinct=900), IDENTIFIER),
        (column("token", "uuid"), IDENTIFIER),
        (column("price", "decimal"), MEASURE),
        (column("population", "int"), MEASURE),
        (column("num_employees", "int"), MEASURE),
        (column("qtd", "int"), MEASURE),
        (column("year", "int"), DIMENSION),
        (column("ranking", "int"), DIMENSION),
        (column("type", "int"), DIMENSION),
        (column("latitude", "float"), MEASURE),
        (column("name", distinct=900), DIMENSION),
        (column("status", values=["a", "b"]), DIMENSION),
        (column("created_at", "timestamp"), TIME),
        (column("birthday", values=["1990-01-02", "1985-12-31"], complete=False), TIME),
        (column("data_agenda", values=["02/01/2025", "31/12/2024"], complete=False), TIME),
        (column("comments", distinct=900, width=200), TEXT),
        (column("payload", "json"), TEXT),
        (column("ativo", "bool"), FLAG),
        (column("is_open", values=["T", "F"]), FLAG),
        (column("answer", values=["yes", "no"]), FLAG),
        (column("paid", "int", values=["0", "1"]), FLAG),
        (column("grade", values=["A", "B", "F"]), DIMENSION),
    ],
    ids=lambda each: each.name if isinstance(each, catalog.Column) else "",
)
def test_roles(made: catalog.Column, role: int) -> None:
    assert semantics.FieldRole.Name(one(made).role) == semantics.FieldRole.Name(role)  # type: ignore[arg-type]


def test_a_unique_number_in_the_key_identifies_but_a_quantity_stays_one() -> None:
    assert one(column("numero", "int"), key=["numero"]).role == IDENTIFIER
    assert one(column("price", "decimal"), key=["price"]).role == MEASURE


@pytest.mark.parametrize(
    ("made", "form"),
    [
        (column("d", values=["2025-01-31"]), "YYYY-MM-DD"),
        (column("d", values=["2025-01-31 10:20:30", "2024-01-01 00:00:00"]), "YYYY-MM-DD HH:MI:SS"),
        (column("d", values=["31/01/2025", "01/02/2025"]), "DD/MM/YYYY"),
        (column("d", values=["01/31/2025", "02/01/2025"]), "MM/DD/YYYY"),
        (column("d", values=["20250131"]), "YYYYMMDD"),
        (column("d", values=["2025-01-31", "soon"]), ""),
        (column("d", values=["2025-13-31x"]), ""),
    ],
)
def test_dates_kept_as_text(made: catalog.Column, form: str) -> None:
    assert one(made).text_date_format == form


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("data_nascimento", "birth"), ("vencimento", "due"), ("data_entrega_prevista", "due"), ("criado_em", "created"),
        ("updated_at", "updated"), ("data_agenda", "scheduled"), ("data_embarque", "shipped"), ("delivery_date", "delivered"),
        ("data_emissao", "issued"), ("data_pagamento", "paid"), ("hire_date", "start"), ("end_date", "end"), ("data", "event"),
    ],
)  # fmt: skip
def test_what_a_date_means(name: str, role: str) -> None:
    assert one(column(name, "date")).time_role == role


@pytest.mark.parametrize(
    ("name", "unit", "aggregate"),
    [
        ("valor_total", "BRL", plan.AGGREGATE_FUNCTION_SUM),
        ("price_usd", "USD", plan.AGGREGATE_FUNCTION_AVG),
        ("peso_kg", "kg", plan.AGGREGATE_FUNCTION_SUM),
        ("peso", "kg", plan.AGGREGATE_FUNCTION_SUM),
        ("aliquota_pct", "percent", plan.AGGREGATE_FUNCTION_AVG),
        ("preco_unitario", "BRL", plan.AGGREGATE_FUNCTION_AVG),
        ("quantidade", "", plan.AGGREGATE_FUNCTION_SUM),
        ("idade", "", plan.AGGREGATE_FUNCTION_AVG),
        ("distancia_km", "km", plan.AGGREGATE_FUNCTION_SUM),
        ("total_alunos", "", plan.AGGREGATE_FUNCTION_SUM),
    ],
)
def test_units_and_aggregates(name: str, unit: str, aggregate: int) -> None:
    made = derive(source([table("coisas", [column(name, "decimal")])]), lexicon(), Hints(locale="pt-BR"))
    field = made.datasets[0].fields[0]
    assert (field.unit, field.default_aggregate) == (unit, aggregate)


def test_money_of_an_unknown_currency_is_still_money() -> None:
    assert one(column("price", "decimal")).unit == "currency"


def test_flags_say_what_yes_is_as_it_is_stored() -> None:
    assert one(column("ativo", "bool")).predicate.truth.column.column == "ativo"
    text = one(column("is_open", values=["T", "F"])).predicate.comparison
    assert (text.left.column.column, text.right.literal.text) == ("is_open", "T")
    assert one(column("paid", "int", values=["0", "1"])).predicate.comparison.right.literal.integer == 1
    never = one(column("is_deleted", values=["N"]))
    assert never.role == FLAG
    assert not never.HasField("predicate")


def test_codes_get_words() -> None:
    states = one(column("uf", values=["SP", "RJ", "MG"]))
    assert {value.value: value.terms[0].text for value in states.values} == {
        "SP": "São Paulo", "RJ": "Rio de Janeiro", "MG": "Minas Gerais",
    }  # fmt: skip
    sexes = one(column("sex", values=["M", "F"]))
    assert "mulher" in texts(next(value for value in sexes.values if value.value == "F").terms)
    sizes = one(column("size", values=["S", "M", "L", "XL", "F"]))
    assert not any(value.terms for value in sizes.values)
    american = one(column("state", values=["CA", "NY", "TX", "PA", "SC"]))
    assert "Pennsylvania" in texts(next(value for value in american.values if value.value == "PA").terms)


def test_labels_keys_and_dates_of_a_dataset() -> None:
    model = derive(deliveries(), lexicon())
    by_name = {dataset.name: dataset for dataset in model.datasets}
    carriers = by_name["transportadoras"]
    assert carriers.label_field == "razao_social"
    assert list(carriers.key_fields) == ["id"]
    assert carriers.display_fields[0] == "razao_social"
    assert by_name["entregas"].fields[1].unique
    assert (model.locale, model.currency, model.catalog_version) == ("pt-BR", "BRL", "c0ffee")


def test_a_date_named_after_its_table_is_its_default() -> None:
    orders = table(
        "orders", [column("order_date", "date"), column("created_at", "timestamp"), column("due_date", "date")]
    )
    assert derive(source([orders]), lexicon()).datasets[0].default_time_field == "order_date"


def test_dates_that_fit_equally_leave_the_choice_to_the_asker() -> None:
    stays = table("stays", [column("arrival", "date"), column("departure", "date")])
    assert derive(source([stays]), lexicon()).datasets[0].default_time_field == ""
    people = table("people", [column("birthday", "date")])
    assert derive(source([people]), lexicon()).datasets[0].default_time_field == ""


def test_junction_tables() -> None:
    singers = table("singer", [column("singer_id", "int"), column("name")], key=["singer_id"])
    concerts = table("concert", [column("concert_id", "int"), column("title")], key=["concert_id"])
    link = table(
        "singer_in_concert", [column("concert_id", "int"), column("singer_id", "int")], key=["concert_id", "singer_id"]
    )
    sales = table(
        "sales", [column("sale_id", "int"), column("concert_id", "int"), column("singer_id", "int"), column("price", "decimal"), column("sold", "date")], key=["sale_id"],
    )  # fmt: skip
    ends = [
        relationship(f"{name}.{key}_id", f"{key}.{key}_id")
        for name in ("singer_in_concert", "sales")
        for key in ("concert", "singer")
    ]
    model = derive(source([singers, concerts, link, sales], ends), lexicon())
    assert {dataset.name: dataset.junction for dataset in model.datasets} == {
        "singer": False, "concert": False, "singer_in_concert": True, "sales": False,
    }  # fmt: skip


def test_keys_tell_the_role_of_what_they_point_to() -> None:
    airports = table("airports", [column("code"), column("name")], key=["code"])
    flights = table(
        "flights", [column("source_airport"), column("dest_airport"), column("number", "int")], key=["number"]
    )
    model = derive(
        source(
            [airports, flights],
            [
                relationship("flights.source_airport", "airports.code"),
                relationship("flights.dest_airport", "airports.code"),
            ],
        ),
        lexicon(),
    )
    words = {entry.relationship.from_columns[0]: texts(entry.terms) for entry in model.relationships}
    assert "origem" in words["source_airport"]
    assert "destino" in words["dest_airport"]
    assert not words["source_airport"].keys() & words["dest_airport"].keys()


def test_tables_of_two_schemas_are_told_apart() -> None:
    model = derive(
        source([table("orders", [column("id", "int")]), table("orders", [column("id", "int")], schema="old")]),
        lexicon(),
    )
    assert [dataset.name for dataset in model.datasets] == ["public.orders", "old.orders"]


def test_technical_and_empty_tables_weigh_less() -> None:
    model = derive(
        source(
            [
                table("orders", [column("id", "int")]),
                table("orders_bkp", [column("id", "int")]),
                table("trips", [column("id", "int")], rows=0),
            ]
        ),
        lexicon(),
    )
    weights = {dataset.name: dataset.weight for dataset in model.datasets}
    assert weights["orders_bkp"] < weights["trips"] < weights["orders"]


def test_the_same_catalog_gives_the_same_model() -> None:
    first, second = (derive(deliveries(), lexicon()).SerializeToString(deterministic=True) for _ in range(2))
    assert first == second


def test_an_empty_catalog_gives_an_empty_model() -> None:
    assert not derive(source([]), lexicon()).datasets


def dataset_of(columns: list[catalog.Column], name: str = "employees") -> semantics.Dataset:
    return derive(source([table(name, columns, key=["id"])]), lexicon()).datasets[0]


def test_a_job_title_is_no_label_of_a_person() -> None:
    made = dataset_of([column("id", "int"), column("first_name"), column("last_name"), column("title")])
    assert made.label_field == "last_name"
    assert (
        dataset_of([column("id", "int"), column("title"), column("price", "decimal")], "books").label_field == "title"
    )


def test_the_parts_of_a_name_are_the_whole_name_together() -> None:
    made = dataset_of([column("id", "int"), column("first_name"), column("last_name"), column("salary", "decimal")])
    spoken = {field.name: {term.text for term in field.terms} for field in made.fields}
    assert "full name" in spoken["first_name"] & spoken["last_name"]
    assert "full name" not in spoken["salary"]


def test_details_stand_for_rows_that_nothing_else_names() -> None:
    made = dataset_of([column("id", "int"), column("staff_details"), column("other_details")], "staff")
    assert made.label_field == "staff_details"


@pytest.mark.parametrize(
    ("name", "values", "stored", "words"),
    [
        ("state", ["CA", "NY", "TX", "SP", "RJ", "MG", "QC"], "CA", {"California"}),
        ("state", ["CA", "NY", "TX", "SP", "RJ", "MG", "QC"], "SP", {"São Paulo"}),
        ("country", ["USA", "GER", "BRA"], "GER", {"Germany", "Alemanha", "German"}),
        ("gender", ["masculino", "feminino"], "feminino", {"female", "mulher"}),
        ("month", ["Jan", "Fev", "Mar"], "Fev", {"February", "fevereiro"}),
    ],
)
def test_codes_of_several_systems(name: str, values: list[str], stored: str, words: set[str]) -> None:
    made = dataset_of([column("id", "int"), column(name, values=values)])
    field = next(each for each in made.fields if each.name == name)
    found = next({term.text for term in value.terms} for value in field.values if value.value == stored)
    assert words <= found
