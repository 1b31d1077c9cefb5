"""Asks questions through a running mesh, and judges what comes back by the gold answers."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from bench.clauses import differing
from bench.harness_gold import Gold, Golds, Rows, distinct
from bench.harness_record import Asked, head
from bench.harness_set import Place
from bench.questions import Question
from deploy.local.home import Record
from maestro.analyzer.v1 import analyzer_pb2, analyzer_pb2_grpc
from maestro.context.v1 import context_pb2
from maestro.mapper.v1 import mapper_pb2, mapper_pb2_grpc
from maestro.memorizer.v1 import memorizer_pb2
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.plan.v1 import plan_pb2
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from maestro_client.answer import Answer
from maestro_client.client import Maestro
from mesh.channel import MeshChannel
from mesh.fault import Fault
from mesh.settings import MeshSettings
from services.analyzer.explain import sketch
from services.analyzer.training.sql_plan import to_plan
from services.analyzer.training.sql_schema import Inexpressible, Schema
from services.analyzer.unbuild import Unreadable, unbuild
from services.analyzer.vocabulary import Vocabulary, compile_vocabulary

TODAY = datetime(2025, 6, 18, 12, tzinfo=UTC)
"""The moment that questions are as of."""
_OUTCOMES = {
    analyzer_pb2.OUTCOME_PLAN: "plan",
    analyzer_pb2.OUTCOME_CLARIFICATION: "clarification",
    analyzer_pb2.OUTCOME_REFUSAL: "refusal",
    analyzer_pb2.OUTCOME_COMMAND: "command",
}
_LOCALES = {"pt": "pt-BR", "en": "en"}
_AT_ONCE = 4
"""Readings of a question that are run side by side."""
_PAGE = 1_000
_UNREAD_SECONDS = 20.0
_LEFT_OUT = ("enrich", "recall")
"""Steps that change nothing of the rows."""


class NotReady(Exception):
    """A database of the mesh cannot be asked; the message says why."""


@dataclass(frozen=True)
class Known:
    """What the mesh knows of a database: the versions that its questions are asked with, and what explains failures."""

    versions: context_pb2.Versions
    schema: Schema
    vocabulary: Vocabulary


@dataclass(frozen=True)
class Given:
    """What came of a plan. rows: None where there are none, or too many to be right; count: of all rows, -1: unknown."""

    rows: Rows | None
    head: Rows
    count: int = -1
    sql: str = ""
    refused: bool = False
    error: str = ""
    issues: tuple[str, ...] = ()


class Asking:
    """A connection to a mesh that questions are asked of."""

    def __init__(self, record: Record, tried: int, patience: float = 60.0) -> None:
        """tried: readings of a question that are run until one is right. patience: seconds for one analysis."""
        settings = MeshSettings()
        self._channels = {
            name: MeshChannel(name, record.targets[name], settings) for name in ("analyzer", "mapper", "scanner")
        }
        self._analyzer = analyzer_pb2_grpc.AnalyzerStub(self._channels["analyzer"])
        self._mapper = mapper_pb2_grpc.MapperStub(self._channels["mapper"])
        self._scanner = scanner_pb2_grpc.ScannerStub(self._channels["scanner"])
        self._maestro = Maestro(record.target, caller="bench", timeout=60.0)
        self._tried = tried
        self._patience = patience
        self._before: dict[str, list[memorizer_pb2.Turn]] = {}

    async def __aenter__(self) -> "Asking":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._maestro.close()
        for channel in self._channels.values():
            await channel.close()

    async def known(self, place: Place, seconds: float = 600.0) -> Known:
        """Waits until a database has been scanned, mapped and its values read. Raises NotReady."""
        context = context_pb2.RequestContext(source=place.source)
        begun = time.monotonic()
        catalog = None
        while True:
            try:
                catalog = (await self._scanner.GetCatalog(scanner_pb2.GetCatalogRequest(context=context))).catalog
                model = (await self._mapper.GetModel(mapper_pb2.GetModelRequest(context=context))).model
                look = mapper_pb2.LookUpValuesRequest(context=context, texts=["a"])
                if model.catalog_version == catalog.version and (await self._mapper.LookUpValues(look)).complete:
                    break
                why = "its values are still being read"
            except Fault as fault:
                why = fault.message
            # Every source has been tried when the mesh is up: one that cannot be read by now hardly ever will be.
            if time.monotonic() - begun > (_UNREAD_SECONDS if catalog is None else seconds):
                raise NotReady(why)
            await asyncio.sleep(0.1)
        versions = context_pb2.Versions(catalog=catalog.version, semantics=model.version)
        context.versions.CopyFrom(versions)
        # So that no question waits until the model has reached the analyzer.
        await self._analyzer.Suggest(analyzer_pb2.SuggestRequest(context=context), timeout=90.0)
        return Known(versions, Schema.of(catalog), compile_vocabulary(model))

    async def ask(self, question: Question, place: Place, known: Known, golds: Golds) -> Asked:
        """Asks one question. Raises GoldError where none of its gold queries runs."""
        right = distinct(await asyncio.to_thread(golds.run, question.golds))
        made = Asked(question, meanings=len(right))
        if right:
            made.gold_rows, made.gold_count = head(right[0].rows), len(right[0].rows)
        context = self._context(question, place, known)
        request = analyzer_pb2.AnalyzeRequest(
            context=context, question=question.text, recollection=self._recalled(question)
        )
        try:
            begun = time.perf_counter()
            analysis = await self._analyzer.Analyze(request, timeout=self._patience)
            made.milliseconds = (time.perf_counter() - begun) * 1000
            request.max_candidates, request.explain = 64, True
            more = await self._analyzer.Analyze(request, timeout=self._patience)
        except Fault as fault:
            made.outcome, made.error = "failed", f"{fault.reason}: {fault.message}"
            return made
        await self._judge(made, context, analysis, more, right)
        _explain(made, known, more)
        self._remember(question, analysis)
        return made

    async def _judge(
        self,
        made: Asked,
        context: context_pb2.RequestContext,
        analysis: analyzer_pb2.AnalyzeResponse,
        more: analyzer_pb2.AnalyzeResponse,
        right: Sequence[Gold],
    ) -> None:
        """Runs what the analyzer would have run, and what it might have."""
        plans = [each.plan for each in more.candidates]
        made.outcome = _OUTCOMES.get(analysis.outcome, "failed")
        made.answered = analysis.has_plan
        made.probability = analysis.confidence if analysis.has_plan else max(
            (each.probability for each in more.candidates[:1]), default=0.0
        )  # fmt: skip
        made.issues = tuple(f"{each.code}: {each.message}" for each in analysis.issues)
        made.clarification = analysis.clarification
        most = max((len(gold.rows) for gold in right), default=0)
        first = analysis.plan if analysis.has_plan else plans[0] if plans else None
        judged: dict[int, bool] = {}
        if first is not None:
            given = await self._run(first, context, most, question=made.question.text if analysis.has_plan else "")
            if given.refused and analysis.has_plan:
                made.outcome, made.answered, made.issues = "rejected", False, made.issues + given.issues
                given = await self._run(first, context, most)
            made.sql, made.error, made.given_count = given.sql, given.error, given.count
            made.given_rows = head(given.head)
            judged[0] = _right(given, right)
        if first is not None and plans[:1] != [first]:
            plans.insert(0, first)
        made.place = await self._first_right(plans, context, most, right, judged)
        by_model = next((at for at, plan in enumerate(plans) if "model:" in plan.proposer), -1)
        if by_model >= 0:
            if by_model not in judged:
                judged[by_model] = _right(await self._run(plans[by_model], context, most), right)
            made.model, made.model_place = "right" if judged[by_model] else "wrong", by_model
        ahead = len(plans) - len(more.candidates)
        made.candidates = [
            {
                "right": judged.get(at),
                "probability": each.probability,
                "score": each.score,
                "proposer": each.plan.proposer,
            }
            for at, each in enumerate(more.candidates, ahead)
        ]
        made.choices = tuple(each.text for each in analysis.choices)
        shown = [each.plan for each in analysis.choices] + ([analysis.plan] if analysis.has_plan else [])
        if made.question.ambiguous or analysis.choices:
            made.shown = tuple([await self._meanings(plan, context, most, right) for plan in shown])

    async def _first_right(
        self,
        plans: Sequence[plan_pb2.QueryPlan],
        context: context_pb2.RequestContext,
        most: int,
        right: Sequence[Gold],
        judged: dict[int, bool],
    ) -> int:
        """The place of the first right plan among those tried, -1 where there is none; notes what was tried."""
        start = 0
        while start < min(len(plans), self._tried):
            waiting = [at for at in range(start, min(start + _AT_ONCE, len(plans), self._tried)) if at not in judged]
            if judged.get(start):
                return start
            given = await asyncio.gather(*(self._run(plans[at], context, most) for at in waiting))
            judged.update((at, _right(each, right)) for at, each in zip(waiting, given, strict=True))
            found = [at for at in range(start, start + _AT_ONCE) if judged.get(at)]
            if found:
                return found[0]
            start += _AT_ONCE
        return -1

    async def _meanings(
        self, plan: plan_pb2.QueryPlan, context: context_pb2.RequestContext, most: int, right: Sequence[Gold]
    ) -> tuple[int, ...]:
        given = await self._run(plan, context, most)
        if given.rows is None:
            return ()
        return tuple(at for at, gold in enumerate(right) if gold.is_answered_by(given.rows))

    async def _run(
        self, plan: plan_pb2.QueryPlan, context: context_pb2.RequestContext, most: int, question: str = ""
    ) -> Given:
        """Runs a plan as a caller would. most: rows of the longest right answer; longer ones are not fetched whole."""
        request = orchestrator_pb2.RunQueryRequest(
            context=context, question=question, plan=plan, page_size=_PAGE, ablations=_LEFT_OUT
        )
        try:
            answer = await self._maestro.run(request, all_rows=False)
            result = answer.message.result
            rows = list(answer.tuples())
            if answer.status == "answered" and not result.complete and most > _PAGE and result.total_rows in (-1, most):
                answer = await self._maestro.run(request, all_rows=True)
                rows = list(answer.tuples())
        except Fault as fault:
            return Given(None, [], error=f"{fault.reason}: {fault.message}")
        issues = tuple(f"{each.code}: {each.message}" for each in answer.message.issues)
        sql = answer.sql[0] if answer.sql else ""
        if answer.status != "answered":
            return Given(None, [], sql=sql, refused=True, issues=issues, error=_why(answer, issues))
        whole = answer.complete
        return Given(rows if whole else None, rows, len(rows) if whole else result.total_rows, sql, issues=issues)

    def _context(self, question: Question, place: Place, known: Known) -> context_pb2.RequestContext:
        context = self._maestro.context(
            place.source, as_of=TODAY, locale=_LOCALES.get(question.language[:2], question.language), time_zone="UTC"
        )
        context.versions.CopyFrom(known.versions)
        return context

    def _recalled(self, question: Question) -> memorizer_pb2.Recollection:
        """The turns before, newest first, where the question is one of a conversation."""
        turns = self._before.get(str(question.rest.get("dialogue", "")), [])
        return memorizer_pb2.Recollection(turns=reversed(turns[-10:]))

    def _remember(self, question: Question, analysis: analyzer_pb2.AnalyzeResponse) -> None:
        dialogue = str(question.rest.get("dialogue", ""))
        if dialogue and analysis.has_plan:
            turn = memorizer_pb2.Turn(question=question.text, plan=analysis.plan)
            self._before.setdefault(dialogue, []).append(turn)


def _right(given: Given, golds: Sequence[Gold]) -> bool:
    rows = given.rows
    return rows is not None and any(gold.is_answered_by(rows) for gold in golds)


def _why(answer: Answer, issues: Sequence[str]) -> str:
    return "; ".join(issues) or answer.text[:200]


def _explain(made: Asked, known: Known, more: analyzer_pb2.AnalyzeResponse) -> None:
    """Says what the stages made, and in which clauses the first reading differs from the right one."""
    made.stages = {each.stage: json.loads(each.json) for each in more.stages}
    sketches: list[Any] = made.stages.get("enumerate", [])
    for held, text in zip(made.candidates, sketches, strict=False):
        held["reading"] = text
    made.first = sketches[0] if sketches else ""
    if made.right or not made.question.golds:
        return
    try:
        gold = unbuild(to_plan(made.question.golds[0], known.schema), known.vocabulary)
    except (Inexpressible, Unreadable) as error:
        made.clauses, made.gold = ("form",), f"({error})"
        return
    made.gold = sketch(gold)
    first = more.plan if more.has_plan else more.candidates[0].plan if more.candidates else None
    try:
        made.clauses = differing(gold, unbuild(first, known.vocabulary), known.vocabulary) if first else ("nothing",)
    except Unreadable:
        made.clauses = ("form",)
