"""What each stage makes of a few questions, from words to possible slots, as one text a question.

Nothing here rests on trained models: what they make of it is another matter (test_learned).
"""

from __future__ import annotations

import json

import pytest
from syrupy.assertion import SnapshotAssertion

from services.analyzer.analyze import readings
from services.analyzer.explain import condition, sketch
from services.analyzer.features import evidence_of
from services.analyzer.frame import frame_of
from services.analyzer.link import FoundValue
from services.analyzer.parse import Parse
from services.analyzer.proposer import Proposal
from services.analyzer.ruled import ruled
from services.analyzer.slots import slots_of
from services.analyzer.stages import Times, stages
from services.analyzer.trees import tree_of
from services.analyzer.vocabulary import Vocabulary, compile_vocabulary
from tests.services.analyzer import shop
from tests.services.analyzer.models import freight

FREIGHT = compile_vocabulary(freight())
SHOP = {
    "count": ("How many customers are there?", "en"),
    "value": ("names of customers from Lisbon", "en"),
    "aggregate": ("What's the average price of products in the Kitchen category?", "en"),
    "group": ("average total of purchases by city", "en"),
    "missing": ("customers who don't have an email", "en"),
    "negated": ("purchases with total not above 1,000", "en"),
    "between": ("products with price between 5 and 10.5", "en"),
    "quoted": ('products whose title contains "ket"', "en"),
    "nested": ("products costlier than the average price", "en"),
    "related": ("customers with more than three purchases since May 2024", "en"),
    "mistyped": ("custmers from Lisbom", "en"),
    "portuguese": ("Qtos produtos c/ preço médio acima de mil e duzentos?", "pt"),
}
BUSINESS = {
    "late": "Quantas entregas do Aurora estão atrasadas em SP?",
    "metric": "Qual o faturamento do Bandeirão este mês?",
    "by": "Valor médio das entregas por transportadora nos últimos 30 dias",
    "without": "fretes sem CTe do Coco Verde",
}


def told(parsed: Parse, vocabulary: Vocabulary) -> str:
    """All stages, a line each."""
    frame = frame_of(parsed, vocabulary)
    slots = slots_of(evidence_of(frame, vocabulary))
    units = (f"{parsed.text(each.first, each.last)}<{','.join(sorted(each.tags))}>" for each in frame.units)
    links = {
        f"{parsed.text(each.first, each.last)}: {each.target.kind} {each.target.dataset}.{each.target.name}"
        + (f" = {each.target.value}" if each.target.value else "")
        for each in parsed.links
    }
    lines = [
        parsed.question.question,
        f"language {parsed.language.code}",
        "words " + " ".join(parsed.keys),
        "corrections " + ", ".join(f"{each.written}→{each.taken_for}" for each in parsed.corrections),
        "numbers " + ", ".join(f"{each.value} {each.unit}".strip() for each in parsed.numbers),
        "periods " + ", ".join(f"[{each.start}, {each.end}) {each.grain}" for each in parsed.periods),
        "cues " + " ".join(f"{each.op}@{each.first}-{each.last}" for each in parsed.cues),
        *(f"link {each}" for each in sorted(links)),
        "units " + " | ".join(units),
        *sorted(f"column {each.target.dataset}.{each.target.name or '*'}@{each.unit}" for each in slots.columns),
        *sorted(f"test {each.kind}: {condition(each.condition)}" for each in slots.tests),
        *(f"rules {sketch(each.reading)}; left {each.unexplained}" for each in ruled(parsed, vocabulary)[:1]),
    ]
    return "\n".join(lines)


@pytest.mark.parametrize("name", SHOP)
def test_the_shop(name: str, snapshot: SnapshotAssertion) -> None:
    assert told(shop.asked(*SHOP[name]), shop.VOCABULARY) == snapshot


@pytest.mark.parametrize("name", BUSINESS)
def test_the_freight_company(name: str, snapshot: SnapshotAssertion) -> None:
    assert told(shop.asked(BUSINESS[name], "pt", vocabulary=FREIGHT), FREIGHT) == snapshot


def test_values_of_the_mapper_become_links_and_slots() -> None:
    question = "purchases of Amélie Poulain"
    found = {"Amélie Poulain": [FoundValue("customer", "name", "Amélie Poulain", 1.0, "dictionary")]}
    asked = [text for text, _, _ in shop.asked(question).texts]
    assert "Amélie Poulain" in asked
    assert "customer.name = 'Amélie Poulain'" in told(shop.asked(question, found=found), shop.VOCABULARY)
    assert "customer.name = 'Amélie Poulain'" not in told(shop.asked(question), shop.VOCABULARY)


def test_what_is_explained_is_what_the_stages_made() -> None:
    parsed = shop.asked("names of custmers from Lisbon")
    scored = readings(parsed, shop.VOCABULARY)
    made = {each.name: each for each in stages(parsed, {}, scored, Proposal(), Times(parse=0.002, decide=0.5))}
    assert list(made) == ["normalize", "values", "link", "cues", "enumerate", "rank"]
    assert made["normalize"].microseconds == 2000
    assert json.loads(made["normalize"].made)["corrections"] == {"custmers": "customers"}
    assert {"words": "Lisbon", "kind": "value"}.items() <= next(
        each for each in json.loads(made["link"].made) if each["kind"] == "value"
    ).items()
    assert json.loads(made["enumerate"].made) == [sketch(each.reading) for each in scored[:64]]
    assert [each["probability"] for each in json.loads(made["rank"].made)] == [each.probability for each in scored[:64]]


def test_every_reading_of_rules_can_be_joined() -> None:
    for question, language in SHOP.values():
        for each in ruled(shop.asked(question, language), shop.VOCABULARY):
            assert each.reading.root in tree_of(each.reading, shop.VOCABULARY).datasets
