"""Messages of the validator, in and out."""

from typing import Any

from maestro.validator.v1 import validator_pb2, validator_pb2_grpc
from services.validator.answer import check_answer
from services.validator.facts import Facts
from services.validator.issues import rejected
from services.validator.plan import check_plan
from services.validator.probes.judge import judge_probes
from services.validator.probes.plan import plan_probes
from services.validator.question import check_question
from services.validator.result import check_result
from services.validator.statement import check_statement

V = validator_pb2


class ValidatorServicer(validator_pb2_grpc.ValidatorServicer):
    """Serves maestro.validator.v1.Validator."""

    def __init__(self, question_limit: int) -> None:
        self._limit = question_limit

    async def CheckQuestion(  # named by the contract
        self, request: validator_pb2.CheckQuestionRequest, context: Any
    ) -> validator_pb2.CheckQuestionResponse:
        """Judges the text that was asked."""
        issues = check_question(request.question, self._limit)
        return V.CheckQuestionResponse(rejected=rejected(issues), issues=issues)

    async def CheckPlan(  # named by the contract
        self, request: validator_pb2.CheckPlanRequest, context: Any
    ) -> validator_pb2.CheckPlanResponse:
        """Judges a plan against the question and what is known."""
        issues = check_plan(request.plan, request.question, request.context.locale, request.catalog, request.semantics)
        return V.CheckPlanResponse(rejected=rejected(issues), issues=issues)

    async def CheckStatement(  # named by the contract
        self, request: validator_pb2.CheckStatementRequest, context: Any
    ) -> validator_pb2.CheckStatementResponse:
        """Judges SQL."""
        issues = check_statement(request.plan, request.statement, request.catalog)
        return V.CheckStatementResponse(rejected=rejected(issues), issues=issues)

    async def CheckResult(  # named by the contract
        self, request: validator_pb2.CheckResultRequest, context: Any
    ) -> validator_pb2.CheckResultResponse:
        """Judges rows against the plan."""
        facts = Facts(request.catalog, request.semantics)
        issues = check_result(request.plan, request.head, list(request.statements), facts, request.context.limits)
        return V.CheckResultResponse(rejected=rejected(issues), issues=issues)

    async def CheckAnswer(  # named by the contract
        self, request: validator_pb2.CheckAnswerRequest, context: Any
    ) -> validator_pb2.CheckAnswerResponse:
        """Judges the answer's text and numbers."""
        issues = check_answer(request.question, request.context.locale, request.answer)
        return V.CheckAnswerResponse(rejected=rejected(issues), issues=issues)

    async def PlanProbes(  # named by the contract
        self, request: validator_pb2.PlanProbesRequest, context: Any
    ) -> validator_pb2.PlanProbesResponse:
        """Makes the probes by which each connection can be proven."""
        return plan_probes(request)

    async def JudgeProbes(  # named by the contract
        self, request: validator_pb2.JudgeProbesRequest, context: Any
    ) -> validator_pb2.JudgeProbesResponse:
        """Says of each connection whether cutting it made an answer or its cost worse."""
        return judge_probes(request)
