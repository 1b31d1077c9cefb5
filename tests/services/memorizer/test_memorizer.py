"""The memorizer, called as others call it, over a real PostgreSQL."""

import pytest

from maestro.context.v1 import context_pb2
from maestro.memorizer.v1 import memorizer_pb2 as pb
from maestro.plan.v1 import plan_pb2
from mesh.fault import Fault


def asking(caller="ana", conversation="c1", request="", locale="pt-BR"):
    return context_pb2.RequestContext(
        caller=context_pb2.Caller(id=caller),
        conversation_id=conversation,
        request_id=request,
        locale=locale,
        source="frete",
    )


def a_plan(table):
    plan = plan_pb2.QueryPlan(question="?")
    getattr(plan.query.select, "from").table.name = table
    return plan


async def remember(memorizer, request, question, table="entregas", **who):
    turn = pb.Turn(question=question, plan=a_plan(table), answer="x" * 900, row_count=3)
    await memorizer.Remember(pb.RememberRequest(context=asking(request=request, **who), turn=turn))


async def recall(memorizer, question="", turns=0, **who):
    request = pb.RecallRequest(context=asking(**who), question=question, max_turns=turns)
    return (await memorizer.Recall(request)).recollection


async def command(memorizer, action, text, locale="pt-BR", **who):
    request = pb.ApplyCommandRequest(context=asking(**who), action=action, text=text, locale=locale)
    return await memorizer.ApplyCommand(request)


async def test_the_last_turns_come_back_newest_first_with_their_plans(memorizer):
    for number in range(7):
        await remember(memorizer, f"r{number}", f"pergunta {number}", table=f"t{number}")
    recollection = await recall(memorizer)
    assert [turn.question for turn in recollection.turns] == [f"pergunta {n}" for n in (6, 5, 4, 3, 2)]
    newest = recollection.turns[0]
    assert newest.plan == a_plan("t6")
    assert (len(newest.answer), newest.row_count, newest.source, newest.request_id) == (500, 3, "frete", "r6")
    assert newest.HasField("time")
    assert len((await recall(memorizer, turns=2)).turns) == 2
    assert len((await recall(memorizer, turns=99)).turns) == 7


async def test_remembering_a_request_twice_changes_nothing(memorizer):
    await remember(memorizer, "r1", "primeira")
    await remember(memorizer, "r1", "segunda")
    assert [turn.question for turn in (await recall(memorizer)).turns] == ["primeira"]


async def test_a_turn_without_plan_has_none_when_recalled(memorizer):
    turn = pb.Turn(question="oi?", row_count=-1)
    await memorizer.Remember(pb.RememberRequest(context=asking(request="r1"), turn=turn))
    (recalled,) = (await recall(memorizer)).turns
    assert not recalled.HasField("plan")
    assert recalled.row_count == -1


async def test_questions_that_stand_alone_are_not_kept(memorizer):
    await remember(memorizer, "r1", "sozinha", conversation="")
    assert not (await recall(memorizer, conversation="")).turns


async def test_nobody_sees_the_memory_of_another(memorizer):
    await remember(memorizer, "r1", "de ana")
    await command(memorizer, "remember", "que o Aurora paga em dia")
    others = await recall(memorizer, question="entregas do Aurora", caller="bia")
    assert not others.turns
    assert not others.facts
    said = await command(memorizer, "recall", "sobre o Aurora", caller="bia")
    assert not said.facts
    assert "paga em dia" not in said.text
    forgotten = await command(memorizer, "forget", "tudo", caller="bia")
    assert not forgotten.facts
    gone = await memorizer.ForgetConversation(pb.ForgetConversationRequest(context=asking(caller="bia")))
    assert gone.turn_count == 0
    listed = await memorizer.ListFacts(pb.ListFactsRequest(context=asking(caller="bia")))
    assert not listed.facts
    mine = await recall(memorizer, question="entregas do Aurora")
    assert (len(mine.turns), len(mine.facts)) == (1, 1)


@pytest.mark.parametrize(
    ("question", "recalled"),
    [
        ("Quantas entregas do AURÓRA?", True),
        ("aurora", True),
        ("Quantas entregas da Auroral?", False),
        ("Quantas entregas do Cruzeiro?", False),
    ],
)
async def test_a_fact_comes_back_where_the_question_names_its_subject(memorizer, question, recalled):
    kept = await command(memorizer, "remember", "que o cliente Aurora só recebe às terças.")
    assert kept.text == "Vou lembrar: o cliente Aurora só recebe às terças."
    assert kept.facts[0].subject == "aurora"
    facts = (await recall(memorizer, question=question)).facts
    assert [fact.text for fact in facts] == ["o cliente Aurora só recebe às terças"] * recalled


async def test_a_preference_comes_back_with_every_question(memorizer):
    kept = await command(memorizer, "remember", "that I prefer amounts in dollars", locale="en-US")
    assert kept.facts[0].subject == ""
    assert len((await recall(memorizer, question="how many orders?")).facts) == 1


async def test_wishes_are_answered_in_the_language_that_they_were_made_in(memorizer):
    assert (await command(memorizer, "recall", "", locale="en")).text == ("You have not asked me to remember anything.")
    await command(memorizer, "remember", "que o Aurora é especial")
    again = await command(memorizer, "remember", "que o AURORA é especial!")
    assert again.text == "Já sabia: o AURORA é especial."
    known = await command(memorizer, "recall", "sobre o Aurora")
    assert known.text == "O que sei sobre o Aurora: “o Aurora é especial”."
    gone = await command(memorizer, "forget", "que o cliente Aurora é especial")
    assert gone.text == "Esqueci: “o Aurora é especial”."
    assert (await command(memorizer, "forget", "que o Aurora é especial")).facts == []
    assert not (await recall(memorizer, question="Aurora?")).facts


async def test_forgetting_one_thing_leaves_the_others(memorizer):
    for text in ("o Aurora é especial", "o Aurora paga em dia", "o Cruzeiro é especial"):
        await command(memorizer, "remember", text)
    gone = await command(memorizer, "forget", "tudo sobre o Aurora")
    assert {fact.text for fact in gone.facts} == {"o Aurora é especial", "o Aurora paga em dia"}
    left = await memorizer.ListFacts(pb.ListFactsRequest(context=asking()))
    assert [fact.text for fact in left.facts] == ["o Cruzeiro é especial"]


async def test_what_is_known_of_a_thing_names_the_questions_about_it(memorizer):
    await remember(memorizer, "r1", "Quantas entregas do Aurora?")
    await remember(memorizer, "r2", "Quantas entregas do Cruzeiro?")
    said = await command(memorizer, "recall", "o Aurora")
    assert "Quantas entregas do Aurora?" in said.text
    assert "Cruzeiro" not in said.text


async def test_facts_are_listed_in_pages(memorizer):
    for number in range(5):
        await command(memorizer, "remember", f"o cliente X{number} é bom")
    token, seen = "", []
    while True:
        page = await memorizer.ListFacts(pb.ListFactsRequest(context=asking(), page_size=2, page_token=token))
        seen.extend(fact.text for fact in page.facts)
        token = page.next_page_token
        if not token:
            break
    assert seen == [f"o cliente X{number} é bom" for number in (4, 3, 2, 1, 0)]
    with pytest.raises(Fault) as caught:
        await memorizer.ListFacts(pb.ListFactsRequest(context=asking(), page_token="f1; drop"))
    assert caught.value.reason == "PAGE_TOKEN_INVALID"


async def test_a_conversation_can_be_forgotten(memorizer):
    await remember(memorizer, "r1", "uma")
    await remember(memorizer, "r2", "outra", conversation="c2")
    gone = await memorizer.ForgetConversation(pb.ForgetConversationRequest(context=asking()))
    assert gone.turn_count == 1
    assert not (await recall(memorizer)).turns
    assert (await recall(memorizer, conversation="c2")).turns


async def test_what_cannot_be_done_is_a_fault_with_a_reason(memorizer):
    with pytest.raises(Fault) as caught:
        await command(memorizer, "dance", "x")
    assert caught.value.violations[0][0] == "action"
    nameless = pb.RememberRequest(context=asking(), turn=pb.Turn(question="sem id"))
    with pytest.raises(Fault) as caught:
        await memorizer.Remember(nameless)
    assert caught.value.reason == "INVALID_ARGUMENT"


async def test_nul_characters_do_no_harm(memorizer):
    await remember(memorizer, "r1", "com \0 nulo")
    assert (await recall(memorizer, question="nulo \0?")).turns[0].question == "com  nulo"
