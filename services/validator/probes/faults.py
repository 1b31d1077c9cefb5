"""Plans with a planted fault, and what is planted into a statement, a result and an answer: every step → validator."""

import re

from maestro.catalog.v1 import catalog_pb2
from maestro.context.v1 import context_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from maestro.semantics.v1 import semantics_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.answer import check_answer
from services.validator.facts import Facts
from services.validator.issues import Issue, rejected
from services.validator.probes.connections import STEPS_VALIDATOR
from services.validator.probes.material import Material, both, column, count, equal, ref
from services.validator.question import check_question
from services.validator.result import check_result
from services.validator.statement import check_sending

C, P = catalog_pb2, plan_pb2
_UNCOVERED = {
    "pt": "Quantos registros existem com o código 735193?",
    "en": "How many rows are there with the code 735193?",
}
# What each probe has to be refused for, by a word of its plan or question.
NUMBER, CONTRADICTION = "coverage.number", "plan.contradiction"


def fault_probes(material: Material) -> list[validator_pb2.Probe]:
    """A plan that leaves out a number of its question, and one whose conditions exclude each other."""
    tables = material.tables()
    if not tables:
        return []
    dropped = validator_pb2.Probe(question=_UNCOVERED[material.language], plan=count(ref(tables[0])))
    probes = [dropped]
    impossible = _contradiction(tables)
    if impossible is not None:
        probes.append(validator_pb2.Probe(plan=impossible))
    for probe in probes:
        probe.connection, probe.expectation = STEPS_VALIDATOR, "status"
        probe.ablations.append("check_plan")
    return probes


def wanted_code(probe: validator_pb2.Probe) -> str:
    """The check that has to name the probe's fault."""
    return NUMBER if probe.question else CONTRADICTION


def _contradiction(tables: list[catalog_pb2.Table]) -> plan_pb2.QueryPlan | None:
    for table in tables:
        for each in table.columns:
            if each.family == C.TYPE_FAMILY_INTEGER:
                pair = P.Literal(integer=1), P.Literal(integer=2)
            elif each.family == C.TYPE_FAMILY_TEXT:
                pair = P.Literal(text="a"), P.Literal(text="b")
            else:
                continue
            plan = count(ref(table))
            plan.query.select.where.CopyFrom(both(equal(column(each.name), pair[0]), equal(column(each.name), pair[1])))
            return plan
    return None


def planted(answer: result_pb2.Answer) -> dict[str, tuple[list[Issue], list[Issue]]]:
    """What the checks say of a real question, statement, result and answer as they are, and with one fault planted in
    each: step → (issues of the clean one, issues of the faulty one)."""
    facts = Facts(catalog_pb2.CatalogSlice(), semantics_pb2.SemanticSlice())
    found: dict[str, tuple[list[Issue], list[Issue]]] = {
        "question": (check_question("ok?", 100), check_question("o\x00k?", 100))
    }
    statements = list(answer.provenance.statements)
    if statements:
        faulty = result_pb2.Statement()
        faulty.CopyFrom(statements[0])
        faulty.sql += "; DELETE FROM t"
        found["statement"] = (
            check_sending(answer.plan, statements[0]),
            check_sending(answer.plan, faulty),
        )
    found["result"] = _planted_result(answer, statements, facts)
    found["answer"] = _planted_answer(answer)
    return found


def _planted_result(
    answer: result_pb2.Answer, statements: list[result_pb2.Statement], facts: Facts
) -> tuple[list[Issue], list[Issue]]:
    """One row more than the result says that it has."""
    head = result_pb2.ResultHead()
    head.CopyFrom(answer.result)
    head.rows.extend(answer.result.rows[:1])
    limits = context_pb2.Limits()
    return (
        check_result(answer.plan, answer.result, statements, facts, limits),
        check_result(answer.plan, head, statements, facts, limits),
    )


def _planted_answer(answer: result_pb2.Answer) -> tuple[list[Issue], list[Issue]]:
    """A number more in the text than there is in the rows."""
    faulty = result_pb2.Answer()
    faulty.CopyFrom(answer)
    digits = re.sub(r"\D", "", answer.text)[:6]
    faulty.text += f" {int(digits or '0') * 7 + 770_000_001}."
    return check_answer("", "", answer), check_answer("", "", faulty)


def caught(found: dict[str, tuple[list[Issue], list[Issue]]]) -> tuple[list[str], list[str]]:
    """The checks that caught their fault, and what went wrong: a fault unseen, or a false alarm."""
    codes, wrong = [], []
    for step, (clean, faulty) in found.items():
        if rejected(clean):
            wrong.append(f"{step} was refused without a fault ({clean[0].code})")
        elif not rejected(faulty):
            wrong.append(f"a fault planted in the {step} passed unseen")
        else:
            codes.append(next(each.code for each in faulty if rejected([each])))
    return codes, wrong
