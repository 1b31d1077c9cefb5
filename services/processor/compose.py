"""The answer to a question whose plan was run."""

from dataclasses import dataclass

from maestro.error.v1 import error_pb2
from maestro.plan.v1 import plan_pb2
from maestro.processor.v1 import processor_pb2
from maestro.result.v1 import result_pb2
from services.processor import chart
from services.processor.columns import Columns, describe
from services.processor.expressions import Wording
from services.processor.facts import Facts
from services.processor.formats import formats
from services.processor.language import TAGS, choose
from services.processor.names import Names
from services.processor.narrate import Told, tell
from services.processor.phrases import listed, sentence
from services.processor.reading import Reading, read
from services.processor.reasons import reasons

_MOST_CHOICES = 3
_UNUSED = ("question.word_unexplained", "coverage.unexplained")
_CEILINGS = {"ROW_CEILING": "truncated_rows", "BYTE_CEILING": "truncated_bytes"}


@dataclass(frozen=True, slots=True)
class _Parts:
    """What an answer is made of, half way."""

    request: processor_pb2.ComposeRequest
    words: Wording
    reading: Reading
    columns: Columns
    told: Told
    recalled: list[str]


def compose(request: processor_pb2.ComposeRequest, items: int, default_locale: str) -> result_pb2.Answer:
    """Writes the answer. Its numbers come from the rows, the enrichments and the plan, and from nowhere else.

    items: rows that the text names at most.
    """
    question = request.question or request.plan.question
    language = choose(request.context.locale or request.analysis.locale, question, default_locale)
    words = Wording(Names(request.plan, request.semantics, language), formats(language))
    reading = read(request.plan, words)
    columns = describe(request.plan, request.head, words)
    filtered = bool(reading.filters or reading.period)
    told = Told(request.plan, request.head, columns, words, items, filtered)
    parts = _Parts(request, words, reading, columns, told, _recalled(request))
    answer = result_pb2.Answer(
        status=result_pb2.ANSWER_STATUS_ANSWERED,
        text=" ".join(_sentences(parts)),
        enrichments=request.enrichments,
        issues=_issues(request),
        suggestions=request.analysis.suggestions,
        locale=TAGS[language],
        confidence=request.analysis.confidence if request.HasField("analysis") else 1.0,
        plan=request.plan,
        recalled=[*parts.recalled, *(fact.text for fact in request.recollection.facts)],
        output_form=request.plan.output_form,
    )
    # The reading that was run stands first among them.
    answer.choices.extend(request.analysis.choices[:_MOST_CHOICES])
    _result(answer, request.head, columns)
    _provenance(answer.provenance, parts)
    proposed = chart.propose(request.plan, request.head, columns)
    if proposed is not None:
        answer.chart.CopyFrom(proposed)
    return answer


def _recalled(request: processor_pb2.ComposeRequest) -> list[str]:
    """What of the conversation took part: what the analyzer used, and facts about what was asked."""
    recalled = list(request.analysis.recalled)
    if not recalled and request.recollection.turns and _continues(request.plan):
        recalled.append(f"“{request.recollection.turns[0].question}”")
    return recalled


def _continues(plan: plan_pb2.QueryPlan) -> bool:
    """Whether a part of the plan was carried over from the conversation."""
    body = plan.query.select
    origins = [getattr(body, "from").origin, body.where.origin]
    origins.extend(join.origin for join in body.joins)
    origins.extend(projection.expression.origin for projection in body.projections)
    if body.where.WhichOneof("kind") == "all_of":
        origins.extend(each.origin for each in body.where.all_of.predicates)
    return any(origin.kind == plan_pb2.LINK_KIND_CONTEXT for origin in origins)


def _sentences(parts: _Parts) -> list[str]:
    request, phrases = parts.request, parts.words.phrases
    language = parts.words.names.language
    sentences: list[str] = []
    if parts.recalled:
        subject = listed([text.rstrip(" .?!") for text in parts.recalled], language)
        # What is told of a question before reads on; what is but a name needs a word before it.
        key = "continuing_from" if ":" in subject else "continuing"
        sentences.append(phrases[key].format(subject))
    sentences.extend(tell(parts.told))
    if request.head.rows:
        sentences.extend(_facts(parts))
    if parts.reading.period:
        sentences.append(phrases["period"].format(parts.reading.period))
    if parts.reading.filters:
        key = "filter" if len(parts.reading.filters) == 1 else "filters"
        sentences.append(phrases[key].format("; ".join(parts.reading.filters)))
    sentences.extend(_assumed(parts))
    if request.analysis.choices:
        sentences.append(phrases["other_readings"])
    if request.head.truncated:
        sentences.append(phrases[_CEILINGS.get(request.head.truncation_reason, "truncated")])
    sentences.extend(phrases["fact"].format(fact.text.rstrip(".")) for fact in request.recollection.facts)
    sentences.extend(_warnings(parts))
    return [sentence(each) for each in sentences if each]


def _facts(parts: _Parts) -> list[str]:
    told, columns = parts.told, parts.columns
    grain = next(iter(columns.grains.values()), 0)
    facts = Facts(
        columns,
        parts.request.head,
        parts.words.of,
        lambda row: ", ".join(told.cell(row, place) for place in columns.groups),
        parts.words.grain(grain) if grain else "",
    )
    return [facts.tell(enrichment) for enrichment in parts.request.enrichments]


def _assumed(parts: _Parts) -> list[str]:
    """The readings that were chosen where others were possible."""
    phrases, language = parts.words.phrases, parts.words.names.language
    sentences = []
    for each in parts.request.plan.assumptions:
        if not each.chosen:
            continue
        if not each.subject:
            sentences.append(phrases["assumed"].format(each.chosen.rstrip(".")))
        elif each.others:
            others = listed(list(each.others), language, "or")
            sentences.append(phrases["assumption_others"].format(each.subject, each.chosen, others))
        else:
            sentences.append(phrases["assumption"].format(each.subject, each.chosen))
    return sentences


def _warnings(parts: _Parts) -> list[str]:
    """Warnings in words; words that were not used are said together."""
    issues = _issues(parts.request)
    words = [span.text for span in parts.request.plan.unexplained]
    words += [issue.params.get("text", "") for issue in issues if issue.code in _UNUSED]
    unused = list(dict.fromkeys(text for text in words if text))
    sentences = []
    if unused:
        quoted = listed([f"“{text}”" for text in unused], parts.words.names.language)
        sentences.append(parts.words.phrases["unexplained"].format(quoted))
    grave = [
        issue
        for issue in issues
        if issue.severity in (error_pb2.SEVERITY_WARNING, error_pb2.SEVERITY_ERROR)
        and issue.params.get("term") not in unused
        and issue.params.get("text") not in unused
    ]
    if any(issue.code == "plan.ungrouped" for issue in grave):
        # The loader says the same without the name of the column.
        grave = [issue for issue in grave if issue.code != "result.any_value"]
    if parts.request.analysis.choices:
        # Said already, with the readings.
        grave = [issue for issue in grave if issue.code != "question.unsure"]
    return sentences + reasons(grave, parts.words.names.language)


def _issues(request: processor_pb2.ComposeRequest) -> list[error_pb2.Issue]:
    """The issues of all steps, the analysis's among them, each once."""
    seen: dict[bytes, error_pb2.Issue] = {}
    for issue in (*request.issues, *request.analysis.issues):
        seen.setdefault(issue.SerializeToString(deterministic=True), issue)
    return list(seen.values())


def _result(answer: result_pb2.Answer, head: result_pb2.ResultHead, columns: Columns) -> None:
    answer.result.CopyFrom(head)
    del answer.result.columns[:]
    answer.result.columns.extend(columns.columns)
    for place, column in enumerate(answer.result.columns):
        column.label = columns.label(place)


def _provenance(provenance: result_pb2.Provenance, parts: _Parts) -> None:
    request = parts.request
    provenance.source = request.context.source
    provenance.tables.extend(parts.reading.tables)
    provenance.filters.extend(parts.reading.filters)
    provenance.period = parts.reading.period
    provenance.statements.extend(request.statements)
    provenance.versions.CopyFrom(request.context.versions)
    provenance.cache.CopyFrom(request.cache)
    if request.context.HasField("as_of_time"):
        provenance.as_of_time.CopyFrom(request.context.as_of_time)
    provenance.assumptions.extend(request.plan.assumptions)
    provenance.patterns.extend(request.analysis.patterns)
