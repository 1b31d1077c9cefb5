"""maestro.analyzer.v1.Analyzer: messages in, messages out."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from maestro.analyzer.v1 import analyzer_pb2, analyzer_pb2_grpc
from maestro.context.v1 import context_pb2
from maestro.error.v1 import error_pb2
from maestro.learner.v1 import learner_pb2
from maestro.memorizer.v1 import memorizer_pb2
from mesh.deadline import remaining
from mesh.fault import Fault
from services.analyzer.analyze import Scored
from services.analyzer.asking import Limits
from services.analyzer.bounds import bounded
from services.analyzer.commands import Command, find_command
from services.analyzer.decide import Decision, decide
from services.analyzer.dialogue import continues, follow
from services.analyzer.knowledge import NONE, Patterns, question_key
from services.analyzer.language import detect, locale_of
from services.analyzer.likeness import asked_about, near_datasets, taken
from services.analyzer.link import FoundValue
from services.analyzer.mesh_knowledge import Follower, look_up
from services.analyzer.parse import Parse, parse, with_values
from services.analyzer.phrases import say
from services.analyzer.proposer import NOTHING, Proposal, Proposer
from services.analyzer.relating import Relating
from services.analyzer.settings import AnalyzerSettings
from services.analyzer.stages import Times, stages
from services.analyzer.suggest import asks_what, suggestions
from services.analyzer.tongue import language_of
from services.analyzer.vocabulary import Vocabulary

_OUTCOMES = {
    "plan": analyzer_pb2.OUTCOME_PLAN,
    "clarification": analyzer_pb2.OUTCOME_CLARIFICATION,
    "refusal": analyzer_pb2.OUTCOME_REFUSAL,
}
_ACTIONS = {
    "remember": analyzer_pb2.MEMORY_ACTION_REMEMBER,
    "forget": analyzer_pb2.MEMORY_ACTION_FORGET,
    "recall": analyzer_pb2.MEMORY_ACTION_RECALL,
}
_LONGEST = 10_000
_FEW, _MOST = 3, 64
"""Candidates in a response that asks for no number, and at most."""
_EXAMPLES = 8
"""Questions that are proposed to someone who asks what can be asked."""
_LEAST_SIMILAR = 0.6
"""Values less like the words than the linker takes are asked for too: they are the nearest names of a refusal."""


class AnalyzerServicer(analyzer_pb2_grpc.AnalyzerServicer):
    """Answers from the knowledge that the follower keeps."""

    def __init__(
        self, follower: Follower, mapper: Any, settings: AnalyzerSettings, proposer: Proposer | None = None
    ) -> None:
        """mapper: a generated stub, asked for values. proposer: a language model, where there is one."""
        self._follower = follower
        self._mapper = mapper
        self._settings = settings
        self._proposer = proposer
        self._relating = Relating(mapper)

    async def Analyze(self, request: analyzer_pb2.AnalyzeRequest, context: Any) -> analyzer_pb2.AnalyzeResponse:
        """Reads one question."""
        question = request.question
        if not question.strip():
            raise Fault("QUESTION_EMPTY", "The question is empty: write what you want to know.")
        if len(question) > _LONGEST:
            raise Fault(
                "QUESTION_TOO_LONG",
                f"The question has {len(question)} characters; at most {_LONGEST} are read.",
                metadata={"length": str(len(question)), "limit": str(_LONGEST)},
            )
        bounded(question)
        vocabulary, patterns, completed = await self._knowledge(request.context)
        language = language_of(question, vocabulary, request.context.locale, self._settings.language)
        completed.locale = locale_of(language.code, request.context.locale)
        command = find_command(question)
        if command is not None:
            return _command(command, completed)
        if asks_what(question):
            options = tuple(suggestions(vocabulary, language.code, _EXAMPLES))
            text = "\n- ".join([say("you_can_ask", language.code), *options])
            help_ = Decision("clarification", clarification=text, suggestions=options)
            return _response(help_, completed, request)
        begun = time.perf_counter()
        today = _today(request.context, vocabulary)
        parsed = parse(question, vocabulary, today, request.context.locale, self._settings.language)
        parsed_at = time.perf_counter()
        texts = [text for text, _, _ in parsed.texts]
        found = await look_up(self._mapper, completed, texts, self._settings.lookup_timeout, _LEAST_SIMILAR)
        linked = with_values(parsed, found, vocabulary)
        valued_at = time.perf_counter()
        learned = patterns.questions.get(question_key(question))
        # A learned plan holds the days of when it was learned: where the question names a period it is read anew.
        if learned is not None and learned.HasField("plan") and not parsed.periods:
            return _learned(learned, completed)
        limits = Limits(self._settings.answer_at, self._settings.show_at, self._settings.offer_at)
        decision, proposal = continued(linked, request.recollection, vocabulary), NOTHING
        proposed_at = valued_at
        if decision is None:
            proposal = await self._propose(linked, vocabulary, completed)
            proposed_at = time.perf_counter()
            decision = decide(linked, found, vocabulary, limits, proposal.readings, f"model:{proposal.name}")
            if decision.unknown:
                decision = await self._related(decision, linked, found, vocabulary, completed, limits)
        made = _response(decision, completed, request)
        if request.explain:
            decided_at = time.perf_counter()
            times = Times(parsed_at - begun, valued_at - parsed_at, proposed_at - valued_at, decided_at - proposed_at)
            for stage in stages(linked, found, _readings(decision), proposal, times):
                made.stages.add(stage=stage.name, json=stage.made, elapsed_us=stage.microseconds)
        return made

    async def Suggest(self, request: analyzer_pb2.SuggestRequest, context: Any) -> analyzer_pb2.SuggestResponse:
        """Proposes questions."""
        vocabulary, _, _ = await self._knowledge(request.context)
        hint = request.context.locale or vocabulary.model.locale
        language = detect(request.prefix, hint, self._settings.language)
        most = min(request.max_suggestions or 5, 20)
        return analyzer_pb2.SuggestResponse(suggestions=suggestions(vocabulary, language.code, most, request.prefix))

    async def _propose(self, linked: Parse, vocabulary: Vocabulary, completed: context_pb2.RequestContext) -> Proposal:
        """What a language model proposes, where there is one."""
        if self._proposer is None:
            return NOTHING

        async def found(texts: list[str]) -> dict[str, list[FoundValue]]:
            return await look_up(self._mapper, completed, texts, self._settings.lookup_timeout, _LEAST_SIMILAR)

        return await self._proposer.propose(linked, vocabulary, found, remaining())

    async def _related(
        self,
        refusal: Decision,
        linked: Parse,
        found: Mapping[str, Sequence[FoundValue]],
        vocabulary: Vocabulary,
        completed: context_pb2.RequestContext,
        limits: Limits,
    ) -> Decision:
        """A refusal for unknown words, or the question back where the mapper knows what comes near to them."""
        words = asked_about(linked, refusal)
        left = remaining()
        wait = min(self._settings.relate_timeout, left / 2 if left is not None else self._settings.relate_timeout)
        if not words or wait <= 0:
            return refusal
        texts = [word.text for word in words]
        near = await self._relating.near(completed, texts, near_datasets(linked, vocabulary), wait)
        least = self._settings.relate_at
        return taken(linked, refusal, near, found, vocabulary, limits, least) or refusal

    async def _knowledge(
        self, context: context_pb2.RequestContext
    ) -> tuple[Vocabulary, Patterns, context_pb2.RequestContext]:
        """The vocabulary that a request means, and its context completed by the versions."""
        holding = await self._follower.holding(context.source)
        wait = self._settings.version_wait
        model = await holding.model("" if context.versions.semantics == NONE else context.versions.semantics, wait)
        patterns = await holding.learned(context.versions.patterns, wait)
        vocabulary = await holding.vocabulary(model, patterns)
        completed = context_pb2.RequestContext()
        completed.CopyFrom(context)
        completed.source = holding.source
        completed.versions.semantics = context.versions.semantics or model.version
        completed.versions.patterns = patterns.version
        if not completed.versions.catalog:
            completed.versions.catalog = model.catalog_version
        if not completed.time_zone:
            completed.time_zone = model.time_zone
        return vocabulary, patterns, completed


def _today(context: context_pb2.RequestContext, vocabulary: Vocabulary) -> date:
    """The day that the request is as of, in its zone."""
    zone = ZoneInfo(context.time_zone or vocabulary.model.time_zone or "UTC")
    moment = datetime.now(UTC)
    if context.HasField("as_of_time"):
        moment = context.as_of_time.ToDatetime(tzinfo=UTC)
    return moment.astimezone(zone).date()


def continued(parsed: Parse, recollection: memorizer_pb2.Recollection, vocabulary: Vocabulary) -> Decision | None:
    """The decision about a question that continues the one before; None where it does not, or nothing was before."""
    before = next((turn for turn in recollection.turns if turn.HasField("plan")), None)
    if before is None or not continues(parsed):
        return None
    scored = follow(parsed, before.plan, vocabulary)
    if scored is None:
        return None
    what = say("recalled_subject", parsed.language.code, what=before.question)
    confidence = max(0.05, 0.85 - 0.2 * len(scored.unexplained))
    return Decision("plan", scored, confidence, recalled=(what,))


def _learned(pattern: learner_pb2.Pattern, completed: context_pb2.RequestContext) -> analyzer_pb2.AnalyzeResponse:
    """The plan that people confirmed for exactly this question."""
    made = analyzer_pb2.AnalyzeResponse(
        outcome=analyzer_pb2.OUTCOME_PLAN,
        has_plan=True,
        plan=pattern.plan,
        confidence=0.97,
        locale=completed.locale,
        patterns=[pattern.id],
        context=completed,
    )
    made.plan.proposer = f"pattern:{pattern.id}"
    return made


def _command(command: Command, completed: context_pb2.RequestContext) -> analyzer_pb2.AnalyzeResponse:
    return analyzer_pb2.AnalyzeResponse(
        outcome=analyzer_pb2.OUTCOME_COMMAND,
        has_command=True,
        confidence=1.0,
        command=analyzer_pb2.MemoryCommand(action=_ACTIONS[command.action], text=command.text),
        locale=completed.locale,
        context=completed,
    )


def _readings(decision: Decision) -> Sequence[Scored]:
    """Every reading, best first."""
    return decision.candidates or ((decision.best,) if decision.best is not None else ())


def _response(
    decision: Decision, completed: context_pb2.RequestContext, request: analyzer_pb2.AnalyzeRequest
) -> analyzer_pb2.AnalyzeResponse:
    made = analyzer_pb2.AnalyzeResponse(
        outcome=_OUTCOMES[decision.outcome],
        has_plan=decision.outcome == "plan",
        confidence=decision.confidence,
        clarification=decision.clarification,
        suggestions=decision.suggestions,
        locale=completed.locale,
        patterns=decision.patterns,
        recalled=decision.recalled,
        context=completed,
    )
    if decision.outcome == "plan" and decision.best is not None:
        made.plan.CopyFrom(decision.best.plan)
    wanted = min(max(request.max_candidates, 0) or _FEW, _MOST)
    listed = _readings(decision)
    if made.has_plan and wanted <= _FEW:
        listed = listed[1:]
    for scored in listed[:wanted]:
        made.candidates.add(plan=scored.plan, score=scored.score, probability=scored.probability)
    for choice in decision.choices:
        made.choices.add(text=choice.text, plan=choice.plan, probability=choice.probability)
    for finding in decision.findings:
        severity = error_pb2.SEVERITY_ERROR if finding.grave else error_pb2.SEVERITY_WARNING
        made.issues.add(
            severity=severity,
            code=finding.code,
            message=finding.message,
            params=dict(finding.params),
            module="analyzer",
        )
    return made
