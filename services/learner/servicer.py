"""Messages of the learner, in and out."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from maestro.learner.v1 import learner_pb2, learner_pb2_grpc
from mesh.fault import Fault
from services.learner.board import Board
from services.learner.normal import normal
from services.learner.postgres import Experience, Kept

_PAGE, _MOST_PAGE = 50, 500
_QUESTION, _COMMENT, _PLAN = 10_000, 2_000, 262_144  # characters, and bytes of a plan


class LearnerServicer(learner_pb2_grpc.LearnerServicer):
    """Serves maestro.learner.v1.Learner."""

    def __init__(self, experience: Experience, board: Board) -> None:
        self._experience = experience
        self._board = board

    async def Observe(  # named by the contract
        self, request: learner_pb2.ObserveRequest, context: Any
    ) -> learner_pb2.ObserveResponse:
        """Records what became of one question."""
        if not normal(request.question) or not request.context.request_id:
            return learner_pb2.ObserveResponse()
        recorded = await self._experience.observe(
            request.context.caller.id,
            request.context.request_id,
            request.context.source,
            _clean(request.question)[:_QUESTION],
            _plan(request),
            request.status,
            request.confidence,
            request.row_count,
            request.context.versions.semantics,
        )
        return learner_pb2.ObserveResponse(recorded=recorded)

    async def GiveFeedback(  # named by the contract
        self, request: learner_pb2.GiveFeedbackRequest, context: Any
    ) -> learner_pb2.GiveFeedbackResponse:
        """Records what a person said of an answer."""
        if not request.answered_request_id:
            raise _invalid("answered_request_id", "it names the answer that is meant")
        if request.verdict not in (learner_pb2.VERDICT_RIGHT, learner_pb2.VERDICT_WRONG):
            raise _invalid("verdict", "it is VERDICT_RIGHT or VERDICT_WRONG")
        corrected = request.HasField("corrected_plan")
        plan = request.corrected_plan.SerializeToString(deterministic=True) if corrected else None
        if plan is not None and len(plan) > _PLAN:
            raise _invalid("corrected_plan", f"it has {len(plan)} bytes; at most {_PLAN} are kept")
        recorded = await self._experience.feedback(
            {
                "caller": request.context.caller.id,
                "answered": request.answered_request_id,
                "source": request.context.source,
                "question": _clean(request.question)[:_QUESTION],
                "corrected": plan,
                "verdict": int(request.verdict),
                "comment": _clean(request.comment)[:_COMMENT],
                "version": request.context.versions.semantics,
            }
        )
        return learner_pb2.GiveFeedbackResponse(recorded=recorded)

    async def Learn(  # named by the contract
        self, request: learner_pb2.LearnRequest, context: Any
    ) -> learner_pb2.LearnResponse:
        """A round of learning for the context's source."""
        source = request.context.source
        activated, retired = await self._experience.learn(source)
        if activated or retired:
            await self._board.changed(source)
        posted = await self._board.current(source)
        return learner_pb2.LearnResponse(
            activated=[_pattern(each) for each in activated],
            retired=[_pattern(each) for each in retired],
            version=posted.version,
        )

    async def ListPatterns(  # named by the contract
        self, request: learner_pb2.ListPatternsRequest, context: Any
    ) -> learner_pb2.ListPatternsResponse:
        """A page of patterns."""
        size = min(request.page_size or _PAGE, _MOST_PAGE)
        rows = await self._experience.patterns(
            request.context.source, request.state, size + 1, _place(request.page_token)
        )
        last = rows[size - 1] if len(rows) > size else None
        return learner_pb2.ListPatternsResponse(
            patterns=[_pattern(each) for each in rows[:size]],
            next_page_token=f"{last.update_time.isoformat()}~{last.lesson.id}" if last else "",
        )

    async def WatchPatterns(  # named by the contract
        self, request: learner_pb2.WatchPatternsRequest, context: Any
    ) -> AsyncIterator[learner_pb2.WatchPatternsResponse]:
        """The active patterns of a source, at once and after each change."""
        held = request.held_version
        while True:
            posted = await self._board.newer(request.context.source, held)
            held = posted.version
            yield learner_pb2.WatchPatternsResponse(version=held, patterns=[_pattern(each) for each in posted.patterns])

    async def RetirePattern(  # named by the contract
        self, request: learner_pb2.RetirePatternRequest, context: Any
    ) -> learner_pb2.RetirePatternResponse:
        """Takes a pattern out of use."""
        kept = await self._experience.retire(request.pattern_id)
        if kept is None:
            raise Fault(
                "PATTERN_UNKNOWN",
                f'There is no pattern "{request.pattern_id}".',
                metadata={"pattern": request.pattern_id},
            )
        await self._board.changed(kept.lesson.source)
        return learner_pb2.RetirePatternResponse(pattern=_pattern(kept))


def _plan(request: learner_pb2.ObserveRequest) -> bytes | None:
    if not request.HasField("plan"):
        return None
    data = request.plan.SerializeToString(deterministic=True)
    return data if len(data) <= _PLAN else None


def _pattern(kept: Kept) -> learner_pb2.Pattern:
    lesson = kept.lesson
    time = Timestamp()
    time.FromDatetime(kept.update_time)
    pattern = learner_pb2.Pattern(
        id=lesson.id,
        kind=lesson.kind,  # type: ignore[arg-type]  # an open enum's number
        source=lesson.source,
        phrase=lesson.phrase,
        target=lesson.target,
        confirmations=lesson.confirmations,
        contradictions=lesson.contradictions,
        state=lesson.state,  # type: ignore[arg-type]  # an open enum's number
        update_time=time,
        semantics_version=lesson.semantics_version,
        reason=lesson.reason,
    )
    if lesson.plan is not None:
        pattern.plan.ParseFromString(lesson.plan)
    return pattern


def _place(token: str) -> tuple[datetime, str] | None:
    if not token:
        return None
    time, _, made = token.partition("~")
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not made:
        raise Fault("PAGE_TOKEN_INVALID", "The page token does not belong to this list: begin again without one.")
    return moment, made


def _clean(text: str) -> str:
    """PostgreSQL's text holds no NUL."""
    return text.replace("\0", "")


def _invalid(field: str, why: str) -> Fault:
    return Fault("INVALID_ARGUMENT", f"{field}: {why}.", violations=[(field, why)])
