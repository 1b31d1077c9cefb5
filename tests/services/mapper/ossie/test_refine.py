"""Model files applied to a derived model: what they change, and where each problem is."""
# tables of cases: a case a line

import textwrap

import pytest

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.error.v1 import error_pb2
from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.build import build
from services.mapper.derive.model import Hints
from services.mapper.source import ModelFile
from tests.services.mapper.catalogs import column, deliveries, source, table, texts


def refined(*bodies: str) -> semantics.SemanticModel:
    """The model of the deliveries, refined by files m0.yaml, m1.yaml …, without problems."""
    model = refined_with_problems(*bodies)
    assert not [issue.message for issue in model.issues]
    return model


def refined_with_problems(*bodies: str) -> semantics.SemanticModel:
    files = [ModelFile(f"m{at}.yaml", textwrap.dedent(body)) for at, body in enumerate(bodies)]
    return build(deliveries(), files, Hints()).model


def dataset(model: semantics.SemanticModel, name: str) -> semantics.Dataset:
    return next(each for each in model.datasets if each.name == name)


def field(model: semantics.SemanticModel, dataset_name: str, name: str) -> semantics.Field:
    return next(each for each in dataset(model, dataset_name).fields if each.name == name)


BODY = """\
version: "0.2.0.dev0"
semantic_model:
  - name: frete
    ai_context: {examples: [Quantas entregas estão atrasadas?]}
    datasets:
      - name: entregas_monitoradas
        source: public.entregas
        description: Entregas até o cliente
        ai_context: {synonyms: [entrega, delivery]}
        fields:
          - name: previsao
            expression:
              dialects:
                - {dialect: SNOWFLAKE, expression: wrong}
                - {dialect: ANSI_SQL, expression: data_entrega_prevista}
            ai_context: {synonyms: [data prevista, due date]}
          - name: atrasada
            expression: {dialects: [{dialect: ANSI_SQL, expression: "aberta AND previsao < CURRENT_DATE"}]}
            ai_context: {synonyms: [atrasado, late]}
          - {name: aberta, expression: status IS NULL}
          - {name: dias, expression: CURRENT_DATE - previsao, custom_extensions: [{vendor_name: MAESTRO, data: '{"unit": "days", "additive": false}'}]}
          - name: status
            expression: status
            custom_extensions:
              - vendor_name: MAESTRO
                data: |
                  values:
                    Entregue: [finalizada, done]
        custom_extensions:
          - vendor_name: DBT
            data: "whatever"
          - vendor_name: MAESTRO
            data: |
              label: [numero_nf, cliente]
              default_date: data_embarque
              planned_date: previsao
              measure: valor_nf
              grain: uma nota fiscal
              dates: {prometida: previsao}
              problem_filter: atrasada
              current: aberta
              weight: 0.9
              hidden: [cnpj_cliente]
    relationships:
      - name: entrega_contato
        from: entregas_monitoradas
        to: contatos
        from_columns: [cnpj_cliente]
        to_columns: [cnpj]
        ai_context: {synonyms: [agendado por]}
      - name: entrega_transportadora
        from: entregas_monitoradas
        to: transportadoras
        from_columns: [transportadora_id]
        to_columns: [id]
    metrics:
      - name: faturamento
        expression: SUM(entregas_monitoradas.valor_nf)
        ai_context: {synonyms: [receita]}
      - name: atrasadas
        expression: COUNT(*) FILTER (WHERE atrasada)
        custom_extensions:
          - {vendor_name: MAESTRO, data: {dataset: entregas_monitoradas, unit: deliveries, date: previsao, filter: reagendar}}
"""


@pytest.fixture(scope="module")
def model() -> semantics.SemanticModel:
    return refined(BODY)


def test_a_dataset_takes_the_file_s_name_and_words(model: semantics.SemanticModel) -> None:
    made = dataset(model, "entregas_monitoradas")
    assert made.table == plan.TableRef(schema="public", name="entregas")
    assert made.description == "Entregas até o cliente — uma nota fiscal"
    assert texts(made.terms)["delivery"] == 1.0
    assert list(model.examples) == ["Quantas entregas estão atrasadas?"]
    assert "entregas" not in {each.name for each in model.datasets}


def test_what_a_dataset_says_of_its_fields(model: semantics.SemanticModel) -> None:
    made = dataset(model, "entregas_monitoradas")
    assert made.label_field == "numero_nf"
    assert list(made.display_fields)[:2] == ["numero_nf", "cliente"]
    assert (made.default_time_field, made.planned_time_field) == ("data_embarque", "previsao")
    assert (made.default_measure, made.problem_filter, made.current_filter) == ("valor_nf", "atrasada", "aberta")
    assert made.weight == 0.9
    assert not field(model, made.name, "cnpj_cliente").terms
    assert texts(field(model, made.name, "previsao").terms)["prometida"] == 0.8


def test_a_bare_column_is_described_and_keeps_what_was_derived(model: semantics.SemanticModel) -> None:
    made = field(model, "entregas_monitoradas", "previsao")
    assert (made.column, made.role, made.time_role) == ("data_entrega_prevista", semantics.FIELD_ROLE_TIME, "due")
    words = texts(made.terms)
    assert words["due date"] == 1.0
    assert 0 < words["data entrega prevista"] < 1.0


def test_a_condition_is_a_named_filter_that_may_name_later_ones(model: semantics.SemanticModel) -> None:
    made = field(model, "entregas_monitoradas", "atrasada")
    assert (made.role, made.family) == (semantics.FIELD_ROLE_FLAG, catalog.TYPE_FAMILY_BOOLEAN)
    first, second = made.predicate.all_of.predicates
    assert first.named_filter.name == "aberta"
    assert second.comparison.left.column.column == "data_entrega_prevista"
    assert second.comparison.right.WhichOneof("kind") == "as_of"


def test_a_computed_field_has_family_role_and_unit(model: semantics.SemanticModel) -> None:
    made = field(model, "entregas_monitoradas", "dias")
    assert (made.family, made.role, made.unit) == (catalog.TYPE_FAMILY_INTEGER, semantics.FIELD_ROLE_MEASURE, "days")
    assert made.default_aggregate == plan.AGGREGATE_FUNCTION_AVG


def test_values_get_words(model: semantics.SemanticModel) -> None:
    values = {value.value: texts(value.terms) for value in field(model, "entregas_monitoradas", "status").values}
    assert values["Entregue"]["finalizada"] == 1.0


def test_relationships_replace_derived_ones_over_the_same_columns(model: semantics.SemanticModel) -> None:
    found = {entry.relationship.name: entry for entry in model.relationships}
    assert set(found) == {"entrega_contato", "entrega_transportadora"}
    carrier = found["entrega_transportadora"]
    assert (carrier.from_dataset, carrier.to_dataset) == ("entregas_monitoradas", "transportadoras")
    assert carrier.relationship.origin == catalog.RELATIONSHIP_ORIGIN_MODEL
    assert carrier.relationship.to_unique
    assert not found["entrega_contato"].relationship.to_unique
    assert texts(found["entrega_contato"].terms) == {"agendado por": 1.0}


def test_metrics(model: semantics.SemanticModel) -> None:
    revenue, late = model.metrics
    assert (revenue.dataset, revenue.unit) == ("entregas_monitoradas", "BRL")
    assert texts(revenue.terms)["receita"] == 1.0
    assert (late.dataset, late.unit, late.time_field) == ("entregas_monitoradas", "deliveries", "previsao")
    assert late.filter.truth.column.column == "reagendar"
    assert late.expression.aggregate.filter.named_filter.name == "atrasada"


WHOLE = """\
version: 0.2.0.dev0
name: frete
datasets:
  - {name: entregas, source: entregas, fields: [{name: aberta, expression: status IS NULL}]}
custom_extensions:
  - vendor_name: MAESTRO
    data: |
      {
        "locale": "pt-BR", "time_zone": "America/Sao_Paulo", "currency": "BRL", "today": "CURRENT_DATE",
        "concepts": [
          {"name": "client", "synonyms": ["freguesia"], "fields": ["entregas.cliente"]},
          {"name": "tax_id", "fields": ["entregas.cnpj_cliente", "contatos.cnpj"]},
          {"name": "state", "synonyms": ["estado"], "fields": ["entregas.uf"], "values": {"SP": ["Sampa"], "ZZ": ["nowhere"]}}
        ],
        "groups": [
          {"name": "Aurora", "concept": "client", "synonyms": ["rede Aurora"],
           "any_of": {"tax_id": ["06.057.223", "07.000.000"], "client": ["AURORA"]}},
          {"name": "Coco Verde", "concept": "client", "any_of": {"client": ["COCO VERDE"]}},
          {"name": "Norte", "filters": {"entregas": "uf IN ('AM', 'PA')"}}
        ],
        "senses": [
          {"word": "destinatario", "read_as": ["client"], "not_as": "uf"},
          {"word": "São Paulo", "read_as": ["state:SP", "entregas.cliente"], "prefer": "state:SP"},
          {"word": "em aberto", "read_as": ["entregas.aberta"]}
        ]
      }
"""


def test_the_document_itself_may_be_the_model() -> None:
    model = refined(WHOLE)
    assert (model.locale, model.time_zone, model.currency) == ("pt-BR", "America/Sao_Paulo", "BRL")


def test_concepts_name_fields_and_values() -> None:
    model = refined(WHOLE)
    assert field(model, "entregas", "cliente").concept == "client"
    assert texts(field(model, "entregas", "cliente").terms)["freguesia"] == 0.95
    states = {value.value: texts(value.terms) for value in field(model, "entregas", "uf").values}
    assert states["SP"]["Sampa"] == 1.0
    assert "ZZ" not in states, "a concept's value that this column never holds is not added to it"


def test_groups_are_conditions_by_number_before_name() -> None:
    entities = {entity.name: entity for entity in refined(WHOLE).entities}
    aurora = {each.dataset: each.predicate for each in entities["Aurora"].filters}
    assert set(aurora) == {"entregas", "contatos"}
    first, second = aurora["entregas"].any_of.predicates
    assert (first.pattern.kind, first.pattern.text, first.pattern.operand.column.column) == (
        plan.PATTERN_KIND_PREFIX, "06.057.223", "cnpj_cliente",
    )  # fmt: skip
    assert second.pattern.text == "07.000.000"
    (coco,) = entities["Coco Verde"].filters
    assert (coco.predicate.pattern.kind, coco.predicate.pattern.fold) == (plan.PATTERN_KIND_WORDS, True)
    (north,) = entities["Norte"].filters
    assert north.predicate.membership.operand.column.column == "uf"
    assert texts(entities["Aurora"].terms) == {"Aurora": 1.0, "rede Aurora": 1.0}


def test_senses_say_what_a_word_means_here() -> None:
    model = refined(WHOLE)
    assert texts(field(model, "entregas", "cliente").terms)["destinatario"] == 1.0
    sp = next(value for value in field(model, "entregas", "uf").values if value.value == "SP")
    assert texts(sp.terms)["São Paulo"] == 1.0
    assert texts(field(model, "entregas", "cliente").terms)["São Paulo"] == 0.7
    assert texts(field(model, "entregas", "aberta").terms)["em aberto"] == 1.0


def test_several_files_are_one_model() -> None:
    first = "name: a\ndatasets: [{name: entregas, source: entregas, fields: [{name: aberta, expression: status IS NULL}]}]\n"
    second = "name: b\nmetrics: [{name: abertas, expression: COUNT(*) FILTER (WHERE entregas.aberta)}]\n"
    third = (
        "name: c\ndatasets: [{name: entregas, description: mais, fields: [{name: dobro, expression: valor_nf * 2}]}]\n"
    )
    model = refined(first, second, third)
    assert [metric.name for metric in model.metrics] == ["abertas"]
    assert {"aberta", "dobro"} <= {each.name for each in dataset(model, "entregas").fields}
    assert dataset(model, "entregas").description == "mais"


def test_what_is_not_described_stays_as_derived() -> None:
    model = refined("name: a\ndatasets: [{name: entregas, source: entregas}]\n")
    assert {each.column for each in dataset(model, "entregas").fields} == {
        each.name for each in deliveries().tables[0].columns
    }
    assert dataset(model, "transportadoras").label_field == "razao_social"


def test_a_word_that_a_file_gives_to_one_field_is_taken_from_the_others() -> None:
    body = "name: a\ndatasets: [{name: entregas, source: entregas, fields: [{name: cliente, expression: cliente, ai_context: {synonyms: [estado]}}]}]\n"
    model = refined(body)
    assert texts(field(model, "entregas", "cliente").terms)["estado"] == 1.0
    assert texts(field(model, "entregas", "uf").terms)["estado"] <= 0.3


def test_money_takes_the_model_s_currency() -> None:
    found = source([table("sales", [column("id", "int"), column("price", "decimal")])])
    body = "name: a\ndatasets: [{name: sales, source: sales}]\ncustom_extensions: [{vendor_name: MAESTRO, data: {currency: EUR}}]\n"
    model = build(found, [ModelFile("m.yaml", body)], Hints()).model
    assert model.datasets[0].fields[1].unit == "EUR"


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ("orders, purchases, sales", {"orders", "purchases", "sales"}),
        ("Use this for sales analysis.", set()),
        ("{synonyms: [a compra, b]}", {"a compra", "b"}),
        ("{synonyms: 'x, y'}", {"x", "y"}),
        ("{instructions: hello}", set()),
    ],
)
def test_ai_context_comes_as_text_or_as_lists(context: str, words: set[str]) -> None:
    model = refined(f"name: a\ndatasets:\n  - name: entregas\n    source: entregas\n    ai_context: {context}\n")
    own = {term.text for term in dataset(model, "entregas").terms if term.origin == semantics.TERM_ORIGIN_MODEL}
    assert own - {"entregas"} == words


def problem(*lines: str) -> list[tuple[int, str]]:
    """The (line, message) of each issue of a model whose lines these are; everything else still loads."""
    model = refined_with_problems("\n".join(lines) + "\n")
    assert all(issue.code == "MODEL_INVALID" and issue.module == "mapper" for issue in model.issues)
    assert all(issue.path == f"m0.yaml:{issue.params['line']}" for issue in model.issues)
    assert len(model.datasets) == 3
    return [(int(issue.params["line"]), issue.message) for issue in model.issues]


TOP = ("name: frete", "datasets:", "  - name: entregas", "    source: entregas")


def fields_of(*lines: str) -> tuple[str, ...]:
    return (*TOP, "    fields:", *(f"      {line}" for line in lines))


@pytest.mark.parametrize(
    ("lines", "at", "message"),
    [
        (("a: [",), 2, "no YAML"),
        (("- just", "- a list"), 1, "semantic_model"),
        (("version: 1",), 1, "semantic_model is missing"),
        (("semantic_model: [text]",), 1, "a semantic model is a mapping"),
        (("semantic_model:", "  - name: x", "    nonsense: 1"), 3, "'nonsense' is not known"),
        (("name: a", "datasets:", "  - source: entregas"), 3, "a dataset needs a name"),
        (("name: a", "datasets:", "  - name: x"), 3, "needs a source"),
        (("name: a", "datasets:", "  - name: x", "    source: entrega"), 4, "no table 'entrega'; the nearest is 'entregas'"),
        (("name: a", "datasets:", "  - name: x", "    source: db.other.entregas"), 4, "no table"),
        (("name: a", "datasets:", "  - name: x", "    source: SELECT 1"), 4, "queries are not supported"),
        (("name: a", "datasets:", "  - name: x", "    source: {kind: query, object: x}"), 4, "only sources that are tables"),
        (("name: a", "datasets:", "  - name: contatos", "    source: entregas"), 3, "the name of another table"),
        ((*TOP, "  - name: again", "    source: entregas"), 6, "described already, as dataset 'entregas' in m0.yaml:3"),
        ((*TOP, "    primary_key: [nope]"), 5, "no column 'nope'"),
        ((*TOP, "    unique_keys:", "      - [cliente]", "      - [nome]"), 7, "no column 'nome'"),
        (fields_of("- expression: uf"), 6, "a field needs a name"),
        (fields_of("- name: x"), 6, "needs an expression"),
        (fields_of("- name: x", "  expression: {dialects: [{dialect: MDX, expression: y}]}"), 6, "no dialect of MDX is read"),
        (fields_of("- name: x", "  expression: valor_nf + nope"), 7, "no column or field 'nope'"),
        (fields_of("- name: x", "  expression: >-", "    valor_nf +", "    nope"), 7, "no column or field 'nope'"),
        (fields_of("- name: x", "  expression: SUM(valor_nf)"), 7, "aggregates belong in metrics"),
        (fields_of("- {name: cliente, expression: uf}"), 6, "the name of another column"),
        (fields_of("- {name: cliente, expression: valor_nf * 2}"), 6, "a field or column of that name already"),
        (fields_of("- {name: a, expression: b + 1}", "- {name: b, expression: a + 1}"), 6, "leads back to itself"),
        (fields_of("- {name: a, expression: a + 1}"), 6, "no column or field 'a'"),
        (fields_of("- name: uf", "  expression: uf", "  dimension: {is_time: perhaps}"), 8, "must be true or false"),
        (fields_of("- name: uf", "  expression: uf", "  custom_extensions: [{vendor_name: MAESTRO}]"), 8, "has no data"),
        (fields_of("- name: uf", "  expression: uf", "  custom_extensions: [{vendor_name: MAESTRO, data: '[1'}]"), 8, "no YAML or JSON"),
        (fields_of("- name: uf", "  expression: uf", "  custom_extensions: [{vendor_name: MAESTRO, data: '[1]'}]"), 8, "keys and values"),
        (
            fields_of("- name: uf", "  expression: uf", "  custom_extensions:", "    - vendor_name: MAESTRO", "      data: |", "        unit: x", "        role: king"),
            12, "must be one of identifier, measure, dimension, time, flag, text, label, not 'king'",
        ),
        (
            fields_of("- name: uf", "  expression: uf", "  custom_extensions:", "    - vendor_name: MAESTRO", "      data: |", "        {", '          "colour": "x"', "        }"),
            12, "a field has no 'colour'",
        ),
        (
            fields_of("- name: uf", "  expression: uf", "  custom_extensions:", "    - vendor_name: MAESTRO", "      data: |", "        values: {XX: [y]}"),
            11, "'XX' does not occur",
        ),
        (
            fields_of("- name: uf", "  expression: uf", "  custom_extensions:", "    - vendor_name: MAESTRO", "      data: |", "        values: [{synonyms: [y]}]"),
            11, "needs a value",
        ),
        ((*TOP, "    custom_extensions: [{vendor_name: MAESTRO, data: {label: [nome]}}]"), 5, "no field 'nome'"),
        ((*TOP, "    custom_extensions: [{vendor_name: MAESTRO, data: {weight: 3}}]"), 5, "a number from 0 to 1"),
        ((*TOP, "    custom_extensions: [{vendor_name: MAESTRO, data: {problem_filter: uf}}]"), 5, "uf is no condition"),
        (("name: a", "relationships:", "  - {from: entregas}"), 3, "a relationship needs a name"),
        (("name: a", "relationships:", "  - name: r", "    from: entregas"), 3, "needs from and from_columns"),
        (
            ("name: a", "relationships:", "  - name: r", "    from: entrega", "    to: contatos", "    from_columns: [x]", "    to_columns: [cnpj]"),
            4, "no dataset 'entrega'; the nearest is 'entregas'",
        ),
        (
            ("name: a", "relationships:", "  - name: r", "    from: entregas", "    to: contatos", "    from_columns: [cnpj_client]", "    to_columns: [cnpj]"),
            6, "no column 'cnpj_client'; the nearest is 'cnpj_cliente'",
        ),
        (
            ("name: a", "relationships:", "  - name: r", "    from: entregas", "    to: contatos", "    from_columns: [uf, cliente]", "    to_columns: [cnpj]"),
            3, "2 columns and to_columns 1",
        ),
        (
            ("name: a", "relationships:", "  - {name: r, from: entregas, to: contatos, from_columns: [uf], to_columns: [cnpj]}", "  - {name: r, from: entregas, to: contatos, from_columns: [uf], to_columns: [forma]}"),
            4, "a relationship 'r' already",
        ),
        (("name: a", "metrics:", "  - expression: COUNT(*)"), 3, "a metric needs a name"),
        (("name: a", "metrics:", "  - {name: m, expression: COUNT(*)}"), 3, "does not say of which dataset"),
        (("name: a", "metrics:", "  - name: m", "    expression: SUM(entrega.valor_nf)"), 4, "no dataset 'entrega'"),
        (("name: a", "metrics:", "  - name: m", "    expression: SUM(entregas.valor_nf) / COUNT(contatos.id)"), 4, "over several datasets"),
        (("name: a", "metrics:", "  - name: m", "    expression: entregas.valor_nf"), 4, "needs an aggregate"),
        (("name: a", "metrics:", "  - name: m", "    expression: entregas.uf = 'SP'"), 4, "not a condition"),
        (("name: a", "metrics:", "  - name: m", "    expression: SUM(entregas.valor_nf) + entregas.id"), 4, "id stands outside"),
        (("name: a", "metrics:", "  - {name: m, expression: COUNT(entregas.id)}", "  - {name: m, expression: COUNT(entregas.id)}"), 4, "a metric 'm' already"),
        (
            ("name: a", "metrics:", "  - name: m", "    expression: COUNT(entregas.id)", "    custom_extensions:", "      - vendor_name: MAESTRO", "        data: |", "          filter: valor_nf"),
            8, "neither true nor false",
        ),
        (
            ("name: a", "metrics:", "  - name: m", "    expression: COUNT(entregas.id)", "    custom_extensions:", "      - vendor_name: MAESTRO", "        data: |", "          date: nunca"),
            8, "no field 'nunca'",
        ),
    ],
)  # fmt: skip
def test_every_problem_says_where_it_is(lines: tuple[str, ...], at: int, message: str) -> None:
    found = problem(*lines)
    assert any(line == at and message in text for line, text in found), found


def whole(*lines: str) -> tuple[str, ...]:
    return (
        "name: a",
        "custom_extensions:",
        "  - vendor_name: MAESTRO",
        "    data: |",
        *(f"      {line}" for line in lines),
    )


@pytest.mark.parametrize(
    ("lines", "at", "message"),
    [
        (whole("time_zone: Mars/Olympus"), 5, "no time zone 'Mars/Olympus'"),
        (whole("today: NOW()"), 5, "today is always CURRENT_DATE"),
        (whole("rules: [x]"), 5, "not enforced"),
        (whole("concepts:", "  - synonyms: [x]"), 6, "a concept needs a name"),
        (whole("concepts:", "  - name: c", "    fields: [nada.x]"), 7, "no dataset 'nada'"),
        (whole("concepts:", "  - name: c", "    fields: [entregas.nada]"), 7, "no field 'nada'"),
        (whole("concepts:", "  - name: c", "    colour: x"), 7, "'colour' is not known"),
        (whole("groups:", "  - synonyms: [x]"), 6, "a group needs a name"),
        (whole("groups:", "  - {name: g, concept: nada}"), 6, "no concept 'nada'"),
        (whole("groups:", "  - name: g", "    any_of: {nada: [x]}"), 7, "no concept 'nada'"),
        (whole("groups:", "  - name: g"), 6, "nothing that any dataset can express"),
        (whole("groups:", "  - name: g", "    filters: {nada: uf = 'SP'}"), 7, "no dataset 'nada'"),
        (whole("groups:", "  - name: g", "    filters: {entregas: uff = 'SP'}"), 7, "no column or field 'uff'; the nearest is 'uf'"),
        (
            whole("groups:", "  - {name: g, filters: {entregas: reagendar}}", "  - {name: g, filters: {entregas: reagendar}}"),
            7, "a group 'g' already",
        ),
        (whole("senses:", "  - read_as: [x]"), 6, "a sense needs a word"),
        (whole("senses:", "  - word: w", "    read_as: [entrega]"), 7, "no concept, dataset or metric 'entrega'; the nearest is 'entregas'"),
    ],
)  # fmt: skip
def test_problems_of_what_is_said_of_the_whole(lines: tuple[str, ...], at: int, message: str) -> None:
    found = problem(*lines)
    assert any(line == at and message in text for line, text in found), found


def test_what_is_wrong_is_left_out_and_the_rest_loads() -> None:
    body = "\n".join(
        fields_of(
            "- {name: good, expression: status IS NULL}",
            "- {name: bad, expression: nope}",
            "- {name: worse, expression: bad + 1}",
        )
    )
    model = refined_with_problems(body)
    names = {each.name for each in dataset(model, "entregas").fields}
    assert "good" in names
    assert not {"bad", "worse"} & names
    assert len(model.issues) == 2


def test_a_file_that_cannot_be_read_is_a_problem_of_its_own() -> None:
    model = build(deliveries(), [ModelFile("gone.yaml", "", "the file cannot be read: No such file")], Hints()).model
    assert [issue.message for issue in model.issues] == ["gone.yaml:1: the file cannot be read: No such file"]
    assert len(model.datasets) == 3


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]", "&a a: *a", "\x00", "\t- x", "!!python/object:os.system {}", "a: " + "[" * 3000, "? {x: y}", "---\n---\n", "%YAML 9\n---\na",
        "'", "name: a\ndatasets: 5", "name: a\ndatasets: {a: b}", "name: a\ndatasets: [[]]", "semantic_model: {name: x}",
        "name: [a]\ndatasets: [{name: [x], source: {}}]", "name: a\ndatasets: [{name: x, source: entregas, fields: {a: 1}}]",
        "name: a\nmetrics: [5, null, [], {name: {}, expression: []}]", "name: a\nrelationships: [{name: r, from: [], to: {}}]",
    ],
)  # fmt: skip
def test_no_text_breaks_the_reader(text: str) -> None:
    model = refined_with_problems(text)
    assert len(model.datasets) == 3
    assert all(issue.severity in (error_pb2.SEVERITY_ERROR, error_pb2.SEVERITY_WARNING) for issue in model.issues)


def test_a_catalog_that_changes_shows_what_no_longer_fits() -> None:
    found = deliveries()
    kept = [each for each in found.tables[0].columns if each.name != "data_entrega_prevista"]
    del found.tables[0].columns[:]
    found.tables[0].columns.extend(kept)
    model = build(found, [ModelFile("m.yaml", BODY)], Hints()).model
    messages = [issue.message for issue in model.issues]
    assert any("m.yaml:15" in text and "data_entrega_prevista" in text for text in messages), messages
    assert any(metric.name == "faturamento" for metric in model.metrics)
