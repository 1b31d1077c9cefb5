"""The answer where no plan was run: a question back, a refusal, an acknowledgement."""

from maestro.analyzer.v1 import analyzer_pb2
from maestro.error.v1 import error_pb2
from maestro.processor.v1 import processor_pb2
from maestro.result.v1 import result_pb2
from services.processor.language import TAGS, Language, choose
from services.processor.phrases import PHRASES
from services.processor.reasons import reasons

_MOST_CHOICES = 3


def reply(request: processor_pb2.ComposeReplyRequest, default_locale: str) -> result_pb2.Answer:
    """Writes the reply. A refusal always carries the issue that it is for."""
    locale = request.context.locale or request.analysis.locale
    language = choose(locale, request.question, default_locale)
    answer = result_pb2.Answer(
        locale=TAGS[language],
        confidence=request.analysis.confidence,
        issues=[*request.issues, *request.analysis.issues],
        suggestions=request.analysis.suggestions,
        recalled=request.analysis.recalled,
    )
    answer.provenance.source = request.context.source
    answer.provenance.versions.CopyFrom(request.context.versions)
    answer.provenance.patterns.extend(request.analysis.patterns)
    if request.context.HasField("as_of_time"):
        answer.provenance.as_of_time.CopyFrom(request.context.as_of_time)
    if request.acknowledgement:
        answer.status = result_pb2.ANSWER_STATUS_ACKNOWLEDGED
        answer.text = request.acknowledgement
    elif _asks_back(request):
        _clarify(answer, request, language)
    else:
        _refuse(answer, language)
    return answer


def _asks_back(request: processor_pb2.ComposeReplyRequest) -> bool:
    rejected = any(
        issue.severity in (error_pb2.SEVERITY_ERROR, error_pb2.SEVERITY_UNSPECIFIED) for issue in request.issues
    )
    return request.analysis.outcome == analyzer_pb2.OUTCOME_CLARIFICATION and not rejected


def _clarify(answer: result_pb2.Answer, request: processor_pb2.ComposeReplyRequest, language: Language) -> None:
    phrases = PHRASES[language]
    answer.status = result_pb2.ANSWER_STATUS_CLARIFICATION
    answer.choices.extend(request.analysis.choices[:_MOST_CHOICES])
    lines = [request.analysis.clarification or phrases["clarify"]]
    lines.extend(f"{number}. {choice.text}" for number, choice in enumerate(answer.choices, 1))
    if answer.choices:
        lines.append(phrases["choose"])
    answer.text = "\n".join(lines)


def _refuse(answer: result_pb2.Answer, language: Language) -> None:
    phrases = PHRASES[language]
    answer.status = result_pb2.ANSWER_STATUS_REFUSED
    if not answer.issues:
        # A refusal without a reason would leave the asker with nothing to go by.
        answer.issues.add(
            severity=error_pb2.SEVERITY_ERROR,
            code="TERM_UNRESOLVED",
            message="The question was refused and no step said why.",
            module="processor",
        )
    grave = [issue for issue in answer.issues if issue.severity != error_pb2.SEVERITY_INFO] or answer.issues
    parts = [phrases["refused"], *reasons(grave, language)]
    if answer.suggestions:
        quoted = "; ".join(f"“{text}”" for text in answer.suggestions)
        parts.append(phrases["suggestions"].format(quoted))
    answer.text = " ".join(parts)
