"""Readings written out as plans, and read back."""

from dataclasses import replace
from datetime import date

import pytest

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.build import build
from services.analyzer.normalize import normalize
from services.analyzer.reading import (
    AnyOf,
    Between,
    Combination,
    Compare,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Order,
    Reading,
    Ref,
    Related,
    Source,
    Within,
)
from services.analyzer.trees import NotConnected
from services.analyzer.unbuild import unbuild
from services.analyzer.vocabulary import compile_vocabulary
from tests.services.analyzer.models import freight

VOCABULARY = compile_vocabulary(freight())
QUESTION = normalize("Quantas entregas do Aurora atrasadas em SP por transportadora?", "pt")
DELIVERIES = "entregas_monitoradas"


def ref(field: str, dataset: str = DELIVERIES) -> Ref:
    return Ref(dataset, field)


COUNT = Item(fn="count", dataset="")
READINGS = {
    "list": Reading(DELIVERIES, select=(Item(ref("numero_nf")),), where=(Flag(ref("atrasada")),), intent="list"),
    "count": Reading(DELIVERIES, select=(COUNT,), where=(Named(DELIVERIES, "Aurora"), Compare(Item(ref("uf")), "=", "SP"))),
    "groups": Reading(
        DELIVERIES, select=(Item(ref("transportadora")), COUNT), group=(Item(ref("transportadora")),),
        having=(Compare(COUNT, ">=", 3),), order=(Order(COUNT, True),), limit=5, intent="ranking",
    ),
    "months": Reading(
        DELIVERIES, select=(Item(ref("data_embarque"), grain="month"), COUNT),
        where=(Between(ref("data_embarque"), date(2025, 1, 1), date(2025, 7, 1), True, "este ano"),),
        group=(Item(ref("data_embarque"), grain="month"),), intent="trend",
    ),
    "metric": Reading(
        "relatorio_faturamento_importado", select=(Item(metric="faturamento", dataset="relatorio_faturamento_importado"),),
    ),
    "any": Reading(
        DELIVERIES, select=(Item(ref("cliente")),), distinct=True,
        where=(AnyOf((Flag(ref("pendente"), True), Missing(ref("data_agenda")))), Within(ref("uf"), ("SP", "RJ"))),
    ),
    "like": Reading(DELIVERIES, select=(Item(ref("cliente")),), where=(Like(ref("cliente"), "contains", "merc", True),)),
    "joined": Reading(
        "fretes", select=(Item(Ref("transportadoras", "razao_social")), Item(ref("valor_pago", "fretes"), fn="sum")),
        group=(Item(Ref("transportadoras", "razao_social")),), tables=("transportadoras",),
        ways=("fretes.transportadora_id->transportadoras.id",),
    ),
    "without": Reading(
        "embarques", select=(Item(Ref("embarques", "numero")),),
        where=(Related("embarques", "fretes", negated=True, path=("fretes.embarque_id->embarques.id",)),),
    ),
    "nested": Reading(
        "fretes", select=(Item(ref("id", "fretes")),),
        where=(Compare(Item(ref("valor_pago", "fretes")), ">", Reading("fretes", select=(Item(ref("valor_pago", "fretes"), fn="avg"),))),),
    ),
    "combined": Reading(
        DELIVERIES, select=(Item(ref("cliente")),), where=(Compare(Item(ref("uf")), "=", "SP"),),
        combine=Combination("intersect", Reading(DELIVERIES, select=(Item(ref("cliente")),), where=(Compare(Item(ref("uf")), "=", "RJ"),))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READINGS)
def test_what_is_built_reads_back_the_same(name: str) -> None:
    reading = READINGS[name]
    made = build(reading, VOCABULARY, QUESTION)
    again = plan.QueryPlan()
    again.ParseFromString(made.SerializeToString())
    assert unbuild(again, VOCABULARY) == reading


def test_the_same_reading_is_the_same_plan_byte_for_byte() -> None:
    one, other = (
        build(READINGS["groups"], VOCABULARY, QUESTION).SerializeToString(deterministic=True) for _ in range(2)
    )
    assert one == other


def test_slots_say_where_they_came_from() -> None:
    reading = replace(
        READINGS["list"], where=(Flag(ref("atrasada"), source=Source((4,), "synonym", 0.97, "atrasada")),)
    )
    (word,) = build(reading, VOCABULARY, QUESTION).query.select.where.origin.words
    assert (word.text, QUESTION.question[word.start : word.end]) == ("atrasadas", "atrasadas")


def test_filters_of_the_model_are_named_not_spelled_out() -> None:
    where = build(READINGS["list"], VOCABULARY, QUESTION).query.select.where
    assert where.named_filter == plan.NamedFilterRef(alias=DELIVERIES, name="atrasada")


def test_texts_written_as_dates_are_compared_as_dates() -> None:
    literal = build(READINGS["months"], VOCABULARY, QUESTION).query.select.where.range
    assert (literal.lower.literal.date, literal.upper.literal.date, literal.upper_exclusive) == (
        "2025-01-01",
        "2025-07-01",
        True,
    )


def test_datasets_that_nothing_joins_are_refused() -> None:
    model = freight()
    del model.relationships[:]
    alone = compile_vocabulary(model)
    with pytest.raises(NotConnected):
        build(READINGS["joined"], alone, QUESTION)
