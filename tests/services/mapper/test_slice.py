"""Slices: what a plan names, and what that names in turn."""

import pytest

from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from mesh.fault import Fault
from services.mapper.build import build
from services.mapper.derive.model import Hints
from services.mapper.model import HeldModel
from services.mapper.slice import Slicer
from services.mapper.source import ModelFile
from tests.services.mapper.catalogs import deliveries

MODEL = """
semantic_model:
  - name: frete
    datasets:
      - name: entregas
        source: public.entregas
        fields:
          - {name: aberta, expression: status IS NULL}
          - {name: atrasada, expression: aberta AND data_entrega_prevista < CURRENT_DATE}
          - {name: dobro, expression: valor_nf * 2}
          - name: sem_agenda
            expression: >-
              aberta AND NOT EXISTS (SELECT 1 FROM contatos WHERE contatos.cnpj = entregas.cnpj_cliente
              AND contatos.forma = 'SEM AGENDAMENTO')
        custom_extensions: [{vendor_name: MAESTRO, data: '{"default_date": "data_embarque"}'}]
    metrics:
      - {name: faturamento, expression: SUM(entregas.valor_nf)}
      - {name: atrasadas, expression: COUNT(*) FILTER (WHERE entregas.atrasada)}
      - {name: por_atrasada, expression: faturamento / atrasadas}
    custom_extensions:
      - vendor_name: MAESTRO
        data: |
          concepts:
            - {name: client_tax_id, fields: [entregas.cnpj_cliente]}
          groups:
            - {name: Aurora, any_of: {client_tax_id: ["06.057.223"]}}
"""


@pytest.fixture(scope="module")
def held() -> HeldModel:
    made = build(deliveries(), [ModelFile("model.yaml", MODEL)], Hints())
    assert not made.model.issues, [issue.message for issue in made.model.issues]
    return made


def select(table: str = "entregas", alias: str = "e") -> plan.QueryPlan:
    made = plan.QueryPlan()
    start = getattr(made.query.select, "from")
    start.alias, start.table.name = alias, table
    return made


def filtered(predicate: plan.Predicate) -> plan.QueryPlan:
    made = select()
    made.query.select.projections.add().expression.column.column = "id"
    made.query.select.where.CopyFrom(predicate)
    return made


def fields(found: semantics.SemanticSlice, dataset: str = "entregas") -> set[str]:
    return {field.name for each in found.datasets if each.name == dataset for field in each.fields}


def test_columns_bring_their_words_and_units(held: HeldModel) -> None:
    made = select()
    made.query.select.projections.add().expression.column.CopyFrom(plan.ColumnRef(alias="e", column="valor_nf"))
    found = Slicer(held).cut(made)
    assert fields(found) == {"valor_nf"}
    assert found.datasets[0].fields[0].unit == "BRL"
    assert (found.version, found.catalog_version, found.currency) == (held.version, "c0ffee", "BRL")


def test_a_named_filter_brings_what_it_is_made_of(held: HeldModel) -> None:
    found = Slicer(held).cut(filtered(plan.Predicate(named_filter=plan.NamedFilterRef(alias="e", name="atrasada"))))
    assert fields(found) == {"id", "atrasada", "aberta", "status", "data_entrega_prevista"}


def test_an_empty_alias_means_the_only_relation(held: HeldModel) -> None:
    found = Slicer(held).cut(filtered(plan.Predicate(named_filter=plan.NamedFilterRef(name="aberta"))))
    assert fields(found) == {"id", "aberta", "status"}


def test_a_filter_over_another_table_brings_that_dataset(held: HeldModel) -> None:
    found = Slicer(held).cut(filtered(plan.Predicate(named_filter=plan.NamedFilterRef(alias="e", name="sem_agenda"))))
    assert {"cnpj_cliente", "sem_agenda", "aberta"} <= fields(found)
    assert fields(found, "contatos") == {"cnpj", "forma"}


def test_metrics_bring_metrics_filters_and_their_date(held: HeldModel) -> None:
    made = select()
    made.query.select.projections.add().expression.metric.CopyFrom(plan.MetricRef(alias="e", metric="por_atrasada"))
    found = Slicer(held).cut(made)
    assert {metric.name for metric in found.metrics} == {"por_atrasada", "faturamento", "atrasadas"}
    assert {"valor_nf", "atrasada", "aberta", "data_embarque"} <= fields(found)


def test_entities_bring_the_fields_of_their_condition(held: HeldModel) -> None:
    found = Slicer(held).cut(filtered(plan.Predicate(entity=plan.EntityRef(alias="e", name="Aurora"))))
    assert [entity.name for entity in found.entities] == ["Aurora"]
    assert "cnpj_cliente" in fields(found)


def test_joins_bring_their_relationship_and_both_ends(held: HeldModel) -> None:
    made = filtered(plan.Predicate())
    made.query.select.ClearField("where")
    join = made.query.select.joins.add(to_alias="e", relationship="entregas.transportadora_id->transportadoras.id")
    join.relation.alias, join.relation.table.name = "t", "transportadoras"
    found = Slicer(held).cut(made)
    assert [entry.relationship.name for entry in found.relationships] == [join.relationship]
    assert {dataset.name for dataset in found.datasets} == {"entregas", "transportadoras"}


def test_subqueries_have_their_own_only_relation(held: HeldModel) -> None:
    inner = select("transportadoras", "t")
    inner.query.select.projections.add().expression.field.field = "razao_social"
    made = filtered(
        plan.Predicate(
            membership=plan.Membership(operand=plan.Expression(field=plan.FieldRef(field="cliente")), query=inner.query)
        )
    )
    found = Slicer(held).cut(made)
    assert fields(found, "transportadoras") == {"razao_social"}
    assert fields(found) == {"id", "cliente"}


@pytest.mark.parametrize(
    ("predicate", "term", "nearest"),
    [
        (plan.Predicate(named_filter=plan.NamedFilterRef(alias="e", name="atrasado")), "atrasado", "atrasada"),
        (plan.Predicate(entity=plan.EntityRef(alias="e", name="Auroras")), "Auroras", "Aurora"),
        (
            plan.Predicate(truth=plan.Expression(metric=plan.MetricRef(metric="faturament"))),
            "faturament",
            "faturamento",
        ),
        (
            plan.Predicate(truth=plan.Expression(field=plan.FieldRef(alias="e", field="vlaor_nf"))),
            "vlaor_nf",
            "valor_nf",
        ),
    ],
)
def test_a_term_that_does_not_exist_is_named_with_the_nearest(
    held: HeldModel, predicate: plan.Predicate, term: str, nearest: str
) -> None:
    with pytest.raises(Fault) as caught:
        Slicer(held).cut(filtered(predicate))
    assert caught.value.reason == "TERM_UNRESOLVED"
    assert caught.value.metadata["term"] == term
    assert caught.value.metadata["nearest"].split(", ")[0] == nearest


def test_an_entity_on_a_dataset_that_cannot_express_it_is_unresolved(held: HeldModel) -> None:
    made = select("transportadoras", "t")
    made.query.select.where.entity.CopyFrom(plan.EntityRef(alias="t", name="Aurora"))
    with pytest.raises(Fault, match="Aurora"):
        Slicer(held).cut(made)


def test_an_unknown_relationship_is_unresolved(held: HeldModel) -> None:
    made = select()
    made.query.select.joins.add(to_alias="e", relationship="nothing")
    with pytest.raises(Fault, match="no relationship 'nothing'"):
        Slicer(held).cut(made)


def test_slices_carry_no_values_and_few_words(held: HeldModel) -> None:
    made = select()
    made.query.select.projections.add().expression.column.CopyFrom(plan.ColumnRef(alias="e", column="uf"))
    field = Slicer(held).cut(made).datasets[0].fields[0]
    assert len({term.locale for term in field.terms}) == len(field.terms)
    assert {value.value for value in field.values} == {"SP", "RJ", "MG", "BA", "PR"}, "codes keep their words"
    made.query.select.projections[0].expression.column.column = "cliente"
    assert not Slicer(held).cut(made).datasets[0].fields[0].values


def test_the_same_query_is_answered_from_memory(held: HeldModel) -> None:
    slicer = Slicer(held)
    made = filtered(plan.Predicate(named_filter=plan.NamedFilterRef(alias="e", name="atrasada")))
    assert slicer.cut(made) is slicer.cut(made)
