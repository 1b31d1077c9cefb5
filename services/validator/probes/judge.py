"""Whether cutting each connection made an answer or its cost worse, and the evidence in a sentence."""

from collections.abc import Callable

from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.probes import connections as at
from services.validator.probes.faults import caught, planted, wanted_code
from services.validator.probes.faulty_model import MISSING
from services.validator.probes.judge_around import moment, record
from services.validator.probes.verdict import Verdict, failed

R = result_pb2
Outcome = validator_pb2.ProbeOutcome
_DEARER = 1.02  # less than this may be rounding


def judge_probes(request: validator_pb2.JudgeProbesRequest) -> validator_pb2.JudgeProbesResponse:
    """One proof for each connection, in the order of the plan of the house."""
    response = validator_pb2.JudgeProbesResponse()
    for connection, carries in at.CONNECTIONS.items():
        outcomes = [each for each in request.outcomes if each.probe.connection == connection]
        proof = response.proofs.add(connection=connection, carries=carries)
        if connection == at.SCANNER_MAPPER:
            verdict, shown = _live_schema(request), None
        elif connection == at.STEPS_VALIDATOR:
            verdict, shown = _faults(outcomes, list(request.outcomes))
        else:
            verdict, shown = _best(outcomes, _JUDGES[connection])
        proof.has_effect, proof.evidence = verdict.effect, verdict.why
        if shown is not None:
            proof.trace_id = shown.whole.provenance.trace_id
            proof.cut_trace_id = shown.cut.provenance.trace_id
    response.all_proven = all(proof.has_effect for proof in response.proofs)
    return response


def _best(outcomes: list[Outcome], judge: Callable[[Outcome], Verdict]) -> tuple[Verdict, Outcome | None]:
    """One outcome with an effect proves a connection; where there is none, the first says why not."""
    if not outcomes:
        return Verdict(False, "Not proven: this source offers nothing that a probe could be made of."), None
    verdicts = [(judge(each), each) for each in outcomes]
    return next(((verdict, each) for verdict, each in verdicts if verdict.effect), verdicts[0])


def _main(answer: result_pb2.Answer) -> result_pb2.Statement | None:
    statements = answer.provenance.statements
    return next((each for each in statements if each.purpose in ("", "main")), None)


def _cost(outcome: Outcome) -> Verdict:
    """An index that is used with the catalog and not without it, at a lower cost; or a sum that only keys
    make right."""
    missing = failed(outcome)
    if missing:
        return Verdict(False, missing)
    if outcome.probe.expectation == "answer":
        return _keys(outcome)
    whole = _main(outcome.whole)
    served = [each for each in whole.choices if each.index] if whole is not None else []
    if whole is None or not served:
        table = getattr(outcome.probe.plan.query.select, "from").table.name
        return Verdict(False, f"Not proven: the loader chose no index of {table} although there is one.")
    return _index(served[0], whole, outcome)


def _index(choice: result_pb2.AccessChoice, whole: result_pb2.Statement, outcome: Outcome) -> Verdict:
    said = f"{choice.choice} on {choice.table}, served by index {choice.index}"
    cut = _main(outcome.cut)
    if cut is None:
        why = outcome.cut_error.code or "it gives no rows"
        return Verdict(True, f"{said}; without the catalog the same plan fails ({why}).")
    if any(each.index for each in cut.choices):
        return Verdict(False, "Not proven: the loader names an index even without the catalog.")
    if whole.estimated_cost and cut.estimated_cost:
        costs = f"the planner expects {whole.estimated_cost:,.2f} instead of {cut.estimated_cost:,.2f} without"
        dearer = cut.estimated_cost > whole.estimated_cost * _DEARER
        return Verdict(dearer, f"{said}: {costs} the catalog." if dearer else f"Not proven: {said}, but {costs}.")
    # SQLite tells no costs: that the index is reachable only in one of the two forms is what can be seen.
    if whole.sql == cut.sql:
        return Verdict(False, f"Not proven: {said}, but the statement is the same without the catalog.")
    return Verdict(True, f"{said}: without the catalog the statement has another form, and no index serves it.")


def _keys(outcome: Outcome) -> Verdict:
    """A sum that is right with the keys of the catalog and multiplied without them."""
    select = outcome.probe.plan.query.select
    column = select.projections[0].expression.aggregate.operand.column.column
    joined = select.joins[0].relation.table.name
    right = _number(outcome.whole)
    said = f"The sum of {column} over a join with {joined} counts each row once ({right:,.2f})"
    if "result.fan_out" in {each.code for each in outcome.cut.issues}:
        return Verdict(True, f"{said}; without the keys it is multiplied, and refused (result.fan_out).")
    if outcome.cut.status != R.ANSWER_STATUS_ANSWERED:
        codes = outcome.cut_error.code or ", ".join(each.code for each in outcome.cut.issues)
        return Verdict(False, f"Not proven: without the keys the sum of {column} fails ({codes}).")
    wrong = _number(outcome.cut)
    if wrong == right:
        return Verdict(False, f"Not proven: the sum of {column} is the same without the keys.")
    return Verdict(True, f"{said}; without the keys it is multiplied ({wrong:,.2f}).")


def _number(answer: result_pb2.Answer) -> float:
    value = answer.result.rows[0].values[0] if answer.result.rows else R.Value()
    return float(value.decimal or value.float or value.integer)


def _terms(outcome: Outcome) -> Verdict:
    """A term that the loader resolves with the model and cannot resolve without it."""
    missing = failed(outcome)
    if missing:
        return Verdict(False, missing)
    term = _term(outcome.probe.plan)
    codes = {outcome.cut_error.code} | {each.code for each in outcome.cut.issues}
    if "TERM_UNRESOLVED" in codes:
        statement = _main(outcome.whole)
        sql = f" as {_short(statement.sql)}" if statement is not None else ""
        return Verdict(True, f'"{term}" was resolved{sql}; without the mappings it is TERM_UNRESOLVED.')
    return Verdict(False, f'Not proven: "{term}" is resolved even without the mappings.')


def _term(plan: plan_pb2.QueryPlan) -> str:
    select = plan.query.select
    where = select.where
    return (
        where.named_filter.name
        or where.entity.name
        or where.null_test.operand.field.field
        or select.projections[0].expression.metric.metric
    )


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 160 else f"{flat[:159]}…"


def _rows(outcome: Outcome) -> Verdict:
    """Rows with the statement that fetched them, and none without the loader."""
    missing = failed(outcome)
    if missing:
        return Verdict(False, missing)
    statement = _main(outcome.whole)
    if statement is None or not outcome.whole.result.rows:
        return Verdict(False, "Not proven: the answer has no rows, or no statement that fetched them.")
    if outcome.cut.result.rows:
        return Verdict(False, "Not proven: rows were served although nothing was fetched.")
    why = outcome.cut_error.code or "an answer without rows"
    served = f"{len(outcome.whole.result.rows)} rows were served by {_short(statement.sql)}"
    return Verdict(True, f"{served}; with nothing fetched there is nothing to serve ({why}).")


def _facts(outcome: Outcome) -> Verdict:
    """Facts beside the rows that the text tells, and the same rows without them."""
    missing = failed(outcome)
    if missing:
        return Verdict(False, missing)
    kinds = sorted({each.kind for each in outcome.whole.enrichments})
    if not kinds:
        return Verdict(False, "Not proven: there was nothing to be told beside the rows.")
    if outcome.cut.status != R.ANSWER_STATUS_ANSWERED:
        return Verdict(False, f"Not proven: without the enricher there is no answer ({outcome.cut_error.code}).")
    if outcome.cut.enrichments or outcome.cut.text == outcome.whole.text:
        return Verdict(False, "Not proven: the answer tells the same without the enricher.")
    return Verdict(True, f"The answer told {', '.join(kinds)} beside its rows; without the enricher the rows only.")


def _subject(outcome: Outcome) -> Verdict:
    """A follow-up that keeps its subject with the memory, and loses it without."""
    missing = failed(outcome)
    if missing:
        return Verdict(False, missing)
    earlier, asked = outcome.probe.prelude[0], outcome.probe.question
    recalled = ", ".join(outcome.whole.recalled)
    if not recalled:
        return Verdict(False, f'Not proven: "{asked}" after "{earlier}" was answered without recalling anything.')
    if outcome.cut.recalled:
        return Verdict(False, "Not proven: something was recalled although nothing was to be recalled.")
    if outcome.cut.status == R.ANSWER_STATUS_ANSWERED and _same(outcome.whole.plan, outcome.cut.plan):
        return Verdict(False, f'Not proven: "{asked}" means the same without "{earlier}".')
    lost = "another question was answered"
    if outcome.HasField("cut_error"):
        lost = f"it fails ({outcome.cut_error.code})"
    elif outcome.cut.status != R.ANSWER_STATUS_ANSWERED:
        lost = "it was not answered"
    return Verdict(True, f'"{asked}" continued "{earlier}" (recalled: {recalled}); without the memory {lost}.')


def _same(one: plan_pb2.QueryPlan, other: plan_pb2.QueryPlan) -> bool:
    return one.query.SerializeToString(deterministic=True) == other.query.SerializeToString(deterministic=True)


def _pattern(outcome: Outcome) -> Verdict:
    """A question that is understood with the pattern, and by nobody without."""
    missing = failed(outcome)
    if missing:
        return Verdict(False, missing)
    patterns = list(outcome.whole.provenance.patterns)
    asked = outcome.probe.question
    if not patterns:
        return Verdict(False, f'Not proven: "{asked}" was answered without a learned pattern.')
    if outcome.cut.status == R.ANSWER_STATUS_ANSWERED:
        return Verdict(False, f'Not proven: "{asked}" is answered without the pattern as well.')
    status = outcome.cut_error.code or R.AnswerStatus.Name(outcome.cut.status).removeprefix("ANSWER_STATUS_").lower()
    return Verdict(True, f'"{asked}" was answered by pattern {patterns[0]}; without patterns: {status}.')


def _likeness(outcome: Outcome) -> Verdict:
    """A question that is asked back by what its unknown word comes near to in meaning, and refused without."""
    asked = outcome.probe.question
    if outcome.HasField("whole_error"):
        return Verdict(False, failed(outcome))
    codes = {each.code for each in outcome.whole.issues}
    if outcome.whole.status != R.ANSWER_STATUS_CLARIFICATION or _ALIKE not in codes or not outcome.whole.choices:
        said = ", ".join(sorted(codes)) or R.AnswerStatus.Name(outcome.whole.status)
        return Verdict(False, f'Not proven: "{asked}" was not asked back by its meaning ({said}).')
    if outcome.cut.status != R.ANSWER_STATUS_REFUSED or _ALIKE in {each.code for each in outcome.cut.issues}:
        return Verdict(False, f'Not proven: "{asked}" is not refused without comparing meanings.')
    choices = " | ".join(each.text for each in outcome.whole.choices)
    why = ", ".join(sorted({each.code for each in outcome.cut.issues}))
    return Verdict(True, f'"{asked}" was asked back as {_short(choices)}; without comparing meanings: refused ({why}).')


_ALIKE = "question.alike"
"""What the analyzer says of a word that it knows by likeness of meaning alone."""
_JUDGES: dict[str, Callable[[Outcome], Verdict]] = {
    at.SCANNER_LOADER: _cost,
    at.MAPPER_LOADER: _terms,
    at.LOADER_PROVIDER: _rows,
    at.ENRICHER_PROCESSOR: _facts,
    at.MEMORIZER_PROCESSOR: _subject,
    at.LEARNER_ANALYZER: _pattern,
    at.ORCHESTRATOR_COORDINATOR: moment,
    at.ORCHESTRATOR_MONITOR: record,
    at.PROVIDER_MONITOR: record,
    at.ANALYZER_MAPPER: _likeness,
}


def _live_schema(request: validator_pb2.JudgeProbesRequest) -> Verdict:
    """The mapper knows which columns exist, of the catalog that the scanner holds now."""
    found = next(
        (each for each in request.faulty_model_issues if MISSING in f"{each.message} {each.path} {dict(each.params)}"),
        None,
    )
    if found is None:
        return Verdict(False, "Not proven: the mapper did not object to a field whose column does not exist.")
    if not request.catalog_version or request.catalog_version != request.model_catalog_version:
        held, checked = request.catalog_version or "none", request.model_catalog_version or "none"
        return Verdict(False, f"Not proven: the scanner holds catalog {held}, the model was checked against {checked}.")
    if not request.catalog_live:
        return Verdict(False, "Not proven: the mapper does not hear of changes of the catalog at this moment.")
    return Verdict(
        True,
        f"A model file that names a missing column was refused ({found.message}); the model was checked "
        f"against catalog {request.catalog_version}, which the scanner holds now.",
    )


def _faults(outcomes: list[Outcome], everything: list[Outcome]) -> tuple[Verdict, Outcome | None]:
    """Planted faults are refused by the whole mesh and pass where the validator is cut off; and each check catches a
    fault planted in what really flowed."""
    if not outcomes:
        return Verdict(False, "Not proven: this source offers nothing that a probe could be made of."), None
    codes: list[str] = []
    for outcome in outcomes:
        wanted = wanted_code(outcome.probe)
        refused = outcome.whole.status == R.ANSWER_STATUS_REFUSED and not outcome.HasField("whole_error")
        if not refused or wanted not in {each.code for each in outcome.whole.issues}:
            return Verdict(False, f"Not proven: a plan with a planted fault was not refused for {wanted}."), outcome
        if outcome.HasField("cut_error") or outcome.cut.status != R.ANSWER_STATUS_ANSWERED:
            why = outcome.cut_error.code or "it was not answered"
            return Verdict(
                False, f"Not proven: the fault of {wanted} does not pass without the check ({why})."
            ), outcome
        codes.append(wanted)
    clean = next((each.whole for each in everything if each.probe.connection == at.LOADER_PROVIDER), None)
    if clean is None or clean.status != R.ANSWER_STATUS_ANSWERED:
        return Verdict(False, "Not proven: there is no answer to plant faults into."), outcomes[0]
    more, wrong = caught(planted(clean))
    if wrong:
        return Verdict(False, f"Not proven: {'; '.join(wrong)}."), outcomes[0]
    said = ", ".join(codes)
    return (
        Verdict(
            True,
            f"Plans with planted faults were refused ({said}) and are answered unseen without the check; faults "
            f"planted in question, statement, result and answer were caught ({', '.join(more)}).",
        ),
        outcomes[0],
    )
