"""Messages of the memorizer, in and out."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from maestro.memorizer.v1 import memorizer_pb2, memorizer_pb2_grpc
from mesh.fault import Fault
from services.memorizer import commands
from services.memorizer.commands import KeptFact, meant, say, tidy
from services.memorizer.fold import content, fold
from services.memorizer.postgres import KeptTurn, Memory
from services.memorizer.subject import subject_of

_TURNS, _MOST_TURNS, _MOST_RECALLED = 5, 10, 10
_PAGE, _MOST_PAGE = 50, 500
_QUESTION, _ANSWER, _FACT, _PLAN = 10_000, 500, 2_000, 262_144  # characters, and bytes of a plan
_SEARCHED = 10_000


class MemorizerServicer(memorizer_pb2_grpc.MemorizerServicer):
    """Serves maestro.memorizer.v1.Memorizer over a memory; facts: most facts of one caller."""

    def __init__(self, memory: Memory, facts: int) -> None:
        self._memory = memory
        self._most_facts = facts
        self._actions: dict[str, Callable[..., Any]] = {
            "remember": self._remember,
            "forget": self._forget,
            "recall": self._recall,
        }

    async def Recall(  # named by the contract
        self, request: memorizer_pb2.RecallRequest, context: Any
    ) -> memorizer_pb2.RecallResponse:
        """What matters to this question."""
        turns = min(request.max_turns or _TURNS, _MOST_TURNS)
        kept, facts = await self._memory.recall(
            request.context.caller.id,
            request.context.conversation_id,
            request.question,
            turns,
            _MOST_RECALLED,
        )
        response = memorizer_pb2.RecallResponse()
        for turn in kept:
            message = response.recollection.turns.add(
                question=turn.question,
                answer=turn.answer,
                row_count=turn.row_count,
                request_id=turn.request_id,
                source=turn.source,
                time=turn.asked_time,
            )
            if turn.plan is not None:
                message.plan.ParseFromString(turn.plan)
        response.recollection.facts.extend(_fact(fact) for fact in facts)
        return response

    async def Remember(  # named by the contract
        self, request: memorizer_pb2.RememberRequest, context: Any
    ) -> memorizer_pb2.RememberResponse:
        """Keeps one turn of a conversation; a question that stands alone is not kept."""
        turn = request.turn
        request_id = turn.request_id or request.context.request_id
        if not request.context.conversation_id or not turn.question:
            return memorizer_pb2.RememberResponse()
        if not request_id:
            raise _invalid("turn.request_id", "a turn is recognised by its request, which has no id")
        plan = turn.plan.SerializeToString(deterministic=True) if turn.HasField("plan") else None
        kept = KeptTurn(
            request_id=request_id,
            source=turn.source or request.context.source,
            question=_clean(turn.question)[:_QUESTION],
            plan=plan if plan is not None and len(plan) <= _PLAN else None,
            answer=_clean(turn.answer)[:_ANSWER],
            row_count=turn.row_count,
            asked_time=turn.time.ToDatetime(tzinfo=UTC) if turn.HasField("time") else None,
        )
        await self._memory.remember(request.context.caller.id, request.context.conversation_id, kept)
        return memorizer_pb2.RememberResponse()

    async def ApplyCommand(  # named by the contract
        self, request: memorizer_pb2.ApplyCommandRequest, context: Any
    ) -> memorizer_pb2.ApplyCommandResponse:
        """Carries out a wish about memory."""
        action = self._actions.get(request.action)
        if action is None:
            raise _invalid("action", 'it is "remember", "forget" or "recall"')
        language = commands.language_of(request.locale or request.context.locale)
        text, facts = await action(request.context.caller.id, _clean(request.text)[:_FACT], language)
        return memorizer_pb2.ApplyCommandResponse(text=text, facts=[_fact(fact) for fact in facts])

    async def ListFacts(  # named by the contract
        self, request: memorizer_pb2.ListFactsRequest, context: Any
    ) -> memorizer_pb2.ListFactsResponse:
        """A page of the caller's facts."""
        size = min(request.page_size or _PAGE, _MOST_PAGE)
        rows = await self._memory.facts(request.context.caller.id, size + 1, _number(request.page_token))
        more = len(rows) > size
        return memorizer_pb2.ListFactsResponse(
            facts=[_fact(fact) for _, fact in rows[:size]],
            next_page_token=f"f{rows[size - 1][0]}" if more else "",
        )

    async def ForgetConversation(  # named by the contract
        self, request: memorizer_pb2.ForgetConversationRequest, context: Any
    ) -> memorizer_pb2.ForgetConversationResponse:
        """Removes a conversation of the caller."""
        if not request.context.conversation_id:
            raise _invalid("context.conversation_id", "it names the conversation to forget")
        count = await self._memory.forget_conversation(request.context.caller.id, request.context.conversation_id)
        return memorizer_pb2.ForgetConversationResponse(turn_count=count)

    async def _remember(self, caller: str, text: str, language: commands.Language) -> tuple[str, list[KeptFact]]:
        text = tidy(text)
        if not fold(text):
            return say(language, "empty"), []
        state, fact = await self._memory.keep(caller, subject_of(text), text, self._most_facts)
        if fact is None:
            return say(language, "full", self._most_facts), []
        return say(language, "known" if state == "known" else "remembered", text), [fact]

    async def _forget(self, caller: str, text: str, language: commands.Language) -> tuple[str, list[KeptFact]]:
        known = await self._memory.facts(caller, _SEARCHED)
        found = meant(text, (fact for _, fact in known))
        if not found:
            key = "nothing_forgotten" if content(text) else "nothing_at_all"
            return say(language, key, tidy(text)), []
        await self._memory.forget(caller, [fact.id for fact in found])
        return say(language, "forgotten", commands.listing(fact.text for fact in found)), found

    async def _recall(self, caller: str, text: str, language: commands.Language) -> tuple[str, list[KeptFact]]:
        known = await self._memory.facts(caller, _SEARCHED)
        found = meant(text, (fact for _, fact in known))[:_MOST_RECALLED]
        subject = tidy(text)
        if not content(text):
            if not found:
                return say(language, "nothing_yet"), []
            return say(language, "recalled_all", commands.listing(fact.text for fact in found)), found
        parts = [
            say(language, "recalled", subject, commands.listing(fact.text for fact in found))
            if found
            else say(language, "nothing", subject)
        ]
        asked = await self._memory.questions(caller, " ".join(_ordered(subject)))
        if asked:
            parts.append(say(language, "asked", commands.listing(asked)))
        return " ".join(parts), found


def _ordered(text: str) -> list[str]:
    telling = content(text)
    return [word for word in fold(text).split() if word in telling]


def _fact(fact: KeptFact) -> memorizer_pb2.Fact:
    time = Timestamp()
    time.FromDatetime(fact.said_time)
    return memorizer_pb2.Fact(id=fact.id, subject=fact.subject, text=fact.text, time=time, caller_id=fact.caller_id)


def _clean(text: str) -> str:
    """PostgreSQL's text holds no NUL."""
    return text.replace("\0", "")


def _number(token: str) -> int | None:
    if not token:
        return None
    if token[0] != "f" or not token[1:].isascii() or not token[1:].isdigit() or len(token) > 19:
        raise Fault("PAGE_TOKEN_INVALID", "The page token does not belong to this list: begin again without one.")
    return int(token[1:])


def _invalid(field: str, why: str) -> Fault:
    return Fault("INVALID_ARGUMENT", f"{field}: {why}.", violations=[(field, why)])
