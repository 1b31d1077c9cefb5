"""From evidence to patterns, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from maestro.plan.v1 import plan_pb2
from services.learner.eligible import obstacle
from services.learner.evidence import RIGHT, WRONG, Said
from services.learner.lessons import ACTIVE, PHRASE, PROPOSED, QUESTION, RETIRED, lessons
from services.learner.plans import canonical
from tests.services.learner.plans import between, plan

NOON = datetime(2025, 11, 21, 12, tzinfo=UTC)


def said(caller, question, verdict, observed=None, corrected=None, *, minute=0):
    return Said(caller, question, verdict, observed, corrected, "v1", NOON + timedelta(minutes=minute))


def states(found, kind):
    return {
        each.phrase + (f" → {each.target}" if each.target else ""): each.state for each in found if each.kind == kind
    }


def linked(words, kind="LINK_KIND_SIMILARITY", column="valor"):
    return plan(column=column, origin=f'words {{ text: "{words}" }} kind: {kind} score: 0.6')


@pytest.mark.parametrize(
    ("question", "where", "why"),
    [
        ("Qual o valor?", "", ""),
        ("Qual o valor em junho de 2025?", between("2025-06-01", "2025-07-01"), ""),
        ("Qual o valor em dezembro de 2024?", between("2024-12-01", "2025-01-01"), ""),
        ("Qual o valor em 15/06/25?", between("2025-06-15", "2025-06-16"), ""),
        ("Qual o valor em junho?", between("2025-06-01", "2025-07-01"), "depends on when"),
        ("Qual o valor de hoje?", between("2025-11-21", "2025-11-22"), "depends on when"),
        ("Valor desde 2024", between("2024-01-01", "2025-11-22"), "depends on when"),
        ("E de SP?", "", "continues"),
        ("What about SP?", "", "continues"),
        ("Quais são os meus pedidos?", "", "about the asker"),
        ("?!", "", "no words"),
    ],
)
def test_only_what_means_the_same_for_everybody_at_any_time_may_become_a_pattern(question, where, why):
    found = obstacle(question, plan(where=where))
    assert why in found
    assert bool(why) == bool(found)


def test_a_plan_that_carries_something_over_from_the_conversation_is_no_pattern():
    assert "continues" in obstacle("Qual o valor?", linked("Aurora", "LINK_KIND_CONTEXT"))


def test_plans_that_differ_in_wording_only_are_the_same():
    one = linked("faturamento")
    other = plan(question="quanto?", proposer="rules", assumptions=[plan_pb2.Assumption(chosen="x")])
    assert canonical(one) == canonical(other)
    assert canonical(one) != canonical(plan(column="peso"))


def test_two_readings_that_were_confirmed_as_often_are_both_held_back():
    about = [said("ana", "q?", RIGHT, plan()), said("bia", "q?", RIGHT, plan(column="peso"))]
    assert {each.state for each in lessons("s", about, {})} == {PROPOSED}
    third = [*about, said("caio", "Q", RIGHT, plan())]
    found = {each.plan: each.state for each in lessons("s", third, {})}
    assert found[plan().SerializeToString(deterministic=True)] == ACTIVE
    assert sorted(found.values()) == [PROPOSED, ACTIVE]


def test_one_contradiction_is_enough():
    about = [said(name, "q?", RIGHT, plan()) for name in ("ana", "bia", "caio")]
    about.append(said("duda", "q", WRONG, plan()))
    (only,) = lessons("s", about, {})
    assert (only.state, only.confirmations, only.contradictions) == (RETIRED, 3, 1)


def test_what_was_said_before_a_withdrawal_no_longer_counts():
    about = [said("ana", "q?", RIGHT, plan())]
    (made,) = lessons("s", about, {})
    assert lessons("s", about, {made.id: NOON}) == []
    (again,) = lessons("s", [said("ana", "q?", RIGHT, plan(), minute=1)], {made.id: NOON})
    assert (again.id, again.state) == (made.id, ACTIVE)


def test_a_phrase_needs_two_different_questions():
    one = said("ana", "qual o faturamento de SP?", RIGHT, linked("Faturamento"))
    two = said("ana", "qual o faturamento do RJ?", RIGHT, linked("faturamento"))
    key = "faturamento → entregas.valor"
    assert states(lessons("s", [one], {}), PHRASE) == {key: PROPOSED}
    assert states(
        lessons("s", [one, said("bia", "Qual o faturamento de SP", RIGHT, linked("faturamento"))], {}), PHRASE
    ) == {key: PROPOSED}
    assert states(lessons("s", [one, two], {}), PHRASE) == {key: ACTIVE}


def test_a_phrase_that_means_two_things_means_neither():
    about = [
        said("ana", f"q{number}", RIGHT, linked("valor pago", column=column))
        for number, column in enumerate(("pago", "pago", "considerado"))
    ]
    assert set(states(lessons("s", about, {}), PHRASE).values()) == {PROPOSED}


def test_a_phrase_that_led_astray_as_often_as_right_is_retired():
    about = [said("ana", f"q{number}", RIGHT, linked("faturamento")) for number in range(2)]
    about += [said("ana", f"w{number}", WRONG, linked("faturamento")) for number in range(2)]
    assert states(lessons("s", about, {}), PHRASE) == {"faturamento → entregas.valor": RETIRED}


@pytest.mark.parametrize("kind", ["LINK_KIND_NAME", "LINK_KIND_SYNONYM", "LINK_KIND_CUE"])
def test_what_is_known_already_is_not_learned(kind):
    about = [said("ana", f"q{number}", RIGHT, linked("valor", kind)) for number in range(3)]
    assert states(lessons("s", about, {}), PHRASE) == {}


def test_a_correction_explains_the_one_phrase_that_explained_nothing():
    named = 'named_filter { alias: "t" name: "atrasada" }'
    about = [
        said(
            "ana",
            f"valor das entregas furadas {number}",
            WRONG,
            plan(unexplained=[plan_pb2.WordSpan(text="furadas")]),
            plan(where=named),
        )
        for number in ("x", "y")
    ]
    assert states(lessons("s", about, {}), PHRASE) == {"furadas → entregas.atrasada": ACTIVE}


def test_a_correction_replaces_what_a_phrase_had_led_to():
    about = [
        said("ana", f"faturamento {number}", WRONG, linked("faturamento", column="peso"), plan(column="valor"))
        for number in ("x", "y")
    ]
    found = states(lessons("s", about, {}), PHRASE)
    assert found["faturamento → entregas.valor"] == ACTIVE


def test_the_same_evidence_gives_the_same_patterns_in_any_order():
    about = [
        said("ana", "a", RIGHT, linked("faturamento")),
        said("bia", "b", RIGHT, linked("faturamento")),
        said("bia", "a", WRONG, plan(column="peso"), plan()),
    ]
    assert lessons("s", about, {}) == lessons("s", about[::-1], {})
    assert QUESTION in {each.kind for each in lessons("s", about, {})}
