"""Probes that are made of any catalog and model, and how their outcomes are judged."""

from datetime import date

import pytest

from maestro.catalog.v1 import catalog_pb2
from maestro.error.v1 import error_pb2
from maestro.result.v1 import result_pb2
from maestro.semantics.v1 import semantics_pb2
from maestro.validator.v1 import validator_pb2
from services.validator.plan import check_plan
from services.validator.probes import connections as at
from services.validator.probes.faults import wanted_code
from services.validator.probes.faulty_model import MISSING
from services.validator.probes.indexed import index_probes
from services.validator.probes.judge import judge_probes
from services.validator.probes.material import Material
from services.validator.probes.plan import plan_probes
from tests.services.validator.store import CATALOG, INTEGER, SEMANTICS, head

R, V = result_pb2, validator_pb2


def catalog():
    made = catalog_pb2.Catalog(source="store", version="c1", dialect=catalog_pb2.DIALECT_POSTGRESQL)
    made.tables.extend(CATALOG.tables)
    made.relationships.extend(CATALOG.relationships)
    for number, table in enumerate(made.tables):
        table.row_estimate = 1000 * (number + 1)
    orders = made.tables[1]
    orders.row_estimate = 9000
    for column, name in (("due", "orders_due"), ("placed", "orders_placed"), ("status", "orders_status")):
        orders.indexes.add(
            name=name,
            method=catalog_pb2.INDEX_METHOD_BTREE,
            valid=True,
            keys=[catalog_pb2.IndexKey(column=column)],
        )
    columns = {column.name: column for column in orders.columns}
    columns["due"].statistics.histogram_bounds.extend(["2023-01-01", "2024-06-15", "2025-11-01"])
    columns["status"].sample_values.extend(["open", "paid", "lost"])
    return made


def model():
    made = semantics_pb2.SemanticModel(source="store", version="s1", catalog_version="c1", locale="pt-BR")
    made.datasets.extend(SEMANTICS.datasets)
    made.metrics.extend(SEMANTICS.metrics)
    made.entities.extend(SEMANTICS.entities)
    orders = made.datasets[0]
    orders.terms.add(text="pedidos", locale="pt")
    orders.default_time_field = "due"
    orders.fields.add(name="due", column="due", role=semantics_pb2.FIELD_ROLE_TIME)
    status = orders.fields.add(name="status", column="status", role=semantics_pb2.FIELD_ROLE_DIMENSION)
    status.terms.add(text="situação", locale="pt")
    status.distinct = 3
    status.values.extend(semantics_pb2.FieldValue(value=value) for value in ("open", "paid", "lost"))
    for each in CATALOG.relationships:
        made.relationships.add(relationship=each, from_dataset=each.from_table, to_dataset=each.to_table)
    return made


def request():
    return V.PlanProbesRequest(catalog=catalog(), model=model())


@pytest.fixture
def probes():
    return plan_probes(request())


def of(probes, connection):
    return [each for each in probes.probes if each.connection == connection]


def test_every_connection_gets_a_probe(probes):
    made = {each.connection for each in probes.probes}
    assert made == set(at.CONNECTIONS) - {at.SCANNER_MAPPER}
    assert MISSING in probes.faulty_model
    assert probes.unknown_question == of(probes, at.LEARNER_ANALYZER)[0].question
    assert probes.taught_plan.query.select.projections


def test_the_same_knowledge_gives_the_same_probes(probes):
    assert plan_probes(request()) == probes


def test_probes_are_plans_that_nothing_is_wrong_with_but_what_is_planted(probes):
    for probe in probes.probes:
        if not probe.HasField("plan"):
            continue
        found = check_plan(probe.plan, probe.question, "", CATALOG, SEMANTICS)
        errors = [each.code for each in found if each.severity == error_pb2.SEVERITY_ERROR]
        assert errors == ([wanted_code(probe)] if probe.connection == at.STEPS_VALIDATOR else [])


def test_index_probes_ask_in_ways_that_defeat_an_index():
    made = index_probes(Material(catalog(), model(), ""), date(2025, 11, 21))
    kinds = {each.plan.query.select.where.WhichOneof("kind") for each in made}
    assert len(made) == 3
    assert kinds == {"comparison", "all_of"}
    assert all(list(each.ablations) == ["catalog>fetch"] for each in made)
    (month,) = [each for each in made if each.plan.query.select.where.WhichOneof("kind") == "all_of"]
    year = month.plan.query.select.where.all_of.predicates[0].comparison.right.literal.integer
    assert year == 2024


def test_an_index_that_may_not_be_used_makes_no_probe():
    made = catalog()
    for index in made.tables[1].indexes:
        index.valid = False
    assert index_probes(Material(made, model(), ""), date(2025, 11, 21)) == []


def test_questions_are_asked_in_the_language_of_the_model():
    english = request()
    english.model.locale = "en-US"
    assert plan_probes(english).unknown_question.startswith("What is")
    assert plan_probes(request()).unknown_question.startswith("Qual o")


def test_words_of_other_languages_are_asked_for_unless_the_model_has_them(probes):
    (probe,) = of(probes, at.ANALYZER_MAPPER)
    assert probe.question == "Mostre toestand de pedidos"
    assert probe.cut_versions.similarity == "none"
    taken = request()
    taken.model.datasets[0].terms.add(text="Toestände")
    assert not of(plan_probes(taken), at.ANALYZER_MAPPER)


def test_words_of_the_model_are_no_unknown_words(probes):
    taken = request()
    word = probes.unknown_question.split()[2]
    taken.model.datasets[0].terms.add(text=f"os {word}s")
    assert word not in plan_probes(taken).unknown_question


def test_an_empty_source_offers_nothing_and_is_said_so():
    probes = plan_probes(V.PlanProbesRequest())
    assert list(probes.probes) == []
    judged = judge_probes(V.JudgeProbesRequest())
    assert [proof.connection for proof in judged.proofs] == list(at.CONNECTIONS)
    assert not judged.all_proven
    assert all("Not proven" in proof.evidence for proof in judged.proofs)


# ---------------------------------------------------------------- judging


def answer(status=R.ANSWER_STATUS_ANSWERED, **fields):
    made = R.Answer(
        status=status, text="Quantidade de pedidos: 7.", locale="pt-BR", result=head([("n", INTEGER)], [(7,)])
    )
    made.provenance.trace_id = "a" * 32
    statement = made.provenance.statements.add(sql="SELECT count(*) AS n FROM orders AS t", purpose="main")
    statement.estimated_cost = fields.pop("cost", 0.0)
    if "index" in fields:
        statement.choices.add(table="orders", index=fields.pop("index"), choice="range instead of a function")
    if "sql" in fields:
        statement.sql = fields.pop("sql")
    for name, value in fields.items():
        getattr(made, name).extend(value)
    return made


def telling():
    """An answer that tells a fact beside its rows."""
    made = answer(enrichments=[R.Enrichment(kind="share")])
    made.text += " SP responde por 17% do total."
    return made


def refused(code):
    made = R.Answer(status=R.ANSWER_STATUS_REFUSED, text="Não.", locale="pt-BR")
    made.issues.add(code=code, severity=error_pb2.SEVERITY_ERROR)
    return made


def asked_back(code):
    made = R.Answer(status=R.ANSWER_STATUS_CLARIFICATION, text="Qual?", locale="pt-BR")
    made.issues.add(code=code, severity=error_pb2.SEVERITY_WARNING)
    made.choices.add(text="situação de pedidos")
    return made


def outcome(probe, whole, cut):
    made = V.ProbeOutcome(probe=probe)
    for side, name in ((whole, "whole"), (cut, "cut")):
        getattr(made, f"{name}_error" if isinstance(side, error_pb2.Issue) else name).CopyFrom(side)
    if made.HasField("whole") and probe.HasField("plan"):
        made.whole.plan.CopyFrom(probe.plan)
        made.cut.plan.CopyFrom(probe.plan) if made.HasField("cut") else None
    return made


def fault(code):
    return error_pb2.Issue(code=code, message="no", severity=error_pb2.SEVERITY_ERROR)


def good(probes):
    """Outcomes that prove every connection."""
    made = []
    for probe in probes.probes:
        if probe.connection == at.SCANNER_LOADER:
            made.append(outcome(probe, answer(cost=8, index="orders_due"), answer(cost=200, sql="SELECT other")))
        elif probe.connection == at.MAPPER_LOADER:
            made.append(outcome(probe, answer(), fault("TERM_UNRESOLVED")))
        elif probe.connection == at.LOADER_PROVIDER:
            made.append(outcome(probe, answer(), fault("INVALID_ARGUMENT")))
        elif probe.connection == at.ENRICHER_PROCESSOR:
            made.append(outcome(probe, telling(), answer()))
        elif probe.connection == at.MEMORIZER_PROCESSOR:
            made.append(outcome(probe, answer(recalled=["pedidos"]), refused("question.not_understood")))
        elif probe.connection == at.LEARNER_ANALYZER:
            whole = answer()
            whole.provenance.patterns.append("p1")
            made.append(outcome(probe, whole, refused("question.not_understood")))
        elif probe.connection == at.ORCHESTRATOR_COORDINATOR:
            made.append(outcome(probe, fault("INVALID_ARGUMENT"), fault("INTERNAL")))
        elif probe.untraced:
            made.append(heard(outcome(probe, answer(), answer()), ["loader", "orchestrator", "provider"]))
        elif probe.connection == at.ANALYZER_MAPPER:
            made.append(outcome(probe, asked_back("question.alike"), refused("question.not_known")))
        else:
            made.append(outcome(probe, refused(wanted_code(probe)), answer()))
    return made


def heard(made, whole, cut=()):
    """An outcome with the modules that the monitor heard from."""
    made.whole_recorded.extend(whole)
    made.cut_recorded.extend(cut)
    return made


def counted(number):
    """An answer of one number."""
    made = answer()
    del made.result.rows[1:]
    made.result.rows[0].values[0].integer = number
    return made


def judged(outcomes, **fields):
    said = {
        "catalog_version": "c1",
        "model_catalog_version": "c1",
        "catalog_live": True,
        "faulty_model_issues": [error_pb2.Issue(code="MODEL_INVALID", message=f"no column {MISSING}")],
        **fields,
    }
    response = judge_probes(V.JudgeProbesRequest(outcomes=outcomes, **said))
    return response, {proof.connection: proof for proof in response.proofs}


def test_effects_prove_every_connection(probes):
    response, proofs = judged(good(probes))
    assert {name: proof.evidence for name, proof in proofs.items() if not proof.has_effect} == {}
    assert response.all_proven
    assert "orders_due" in proofs[at.SCANNER_LOADER].evidence
    assert "8.00 instead of 200.00" in proofs[at.SCANNER_LOADER].evidence
    assert "late" in proofs[at.MAPPER_LOADER].evidence
    assert "share" in proofs[at.ENRICHER_PROCESSOR].evidence
    assert "pedidos" in proofs[at.MEMORIZER_PROCESSOR].evidence
    assert "p1" in proofs[at.LEARNER_ANALYZER].evidence
    assert proofs[at.SCANNER_LOADER].trace_id == "a" * 32
    assert all(proof.carries for proof in proofs.values())


def dead(connection, whole, cut):
    """All outcomes of a connection replaced by one that shows no effect."""

    def change(outcomes):
        return [
            outcome(each.probe, whole(each.probe), cut(each.probe)) if each.probe.connection == connection else each
            for each in outcomes
        ]

    return change


CUTS = [
    (at.SCANNER_LOADER, dead(at.SCANNER_LOADER, lambda p: answer(cost=8), lambda p: answer(cost=8))),
    (
        at.SCANNER_LOADER,
        dead(at.SCANNER_LOADER, lambda p: answer(cost=8, index="i"), lambda p: answer(cost=8, index="i")),
    ),
    (at.SCANNER_LOADER, dead(at.SCANNER_LOADER, lambda p: answer(cost=8, index="i"), lambda p: answer(cost=8))),
    (at.MAPPER_LOADER, dead(at.MAPPER_LOADER, lambda p: answer(), lambda p: answer())),
    (at.LOADER_PROVIDER, dead(at.LOADER_PROVIDER, lambda p: answer(), lambda p: answer())),
    (at.ENRICHER_PROCESSOR, dead(at.ENRICHER_PROCESSOR, lambda p: answer(), lambda p: answer())),
    (at.ENRICHER_PROCESSOR, dead(at.ENRICHER_PROCESSOR, lambda p: telling(), lambda p: telling())),
    (at.ENRICHER_PROCESSOR, dead(at.ENRICHER_PROCESSOR, lambda p: telling(), lambda p: refused("x"))),
    (
        at.MEMORIZER_PROCESSOR,
        dead(at.MEMORIZER_PROCESSOR, lambda p: answer(recalled=["x"]), lambda p: answer(recalled=["x"])),
    ),
    (at.MEMORIZER_PROCESSOR, dead(at.MEMORIZER_PROCESSOR, lambda p: answer(), lambda p: refused("x"))),
    (
        at.MEMORIZER_PROCESSOR,
        dead(at.MEMORIZER_PROCESSOR, lambda p: answer(recalled=["x"]), lambda p: answer()),
    ),
    (at.LEARNER_ANALYZER, dead(at.LEARNER_ANALYZER, lambda p: answer(), lambda p: refused("x"))),
    (at.LEARNER_ANALYZER, dead(at.LEARNER_ANALYZER, lambda p: refused("x"), lambda p: refused("x"))),
    (at.ANALYZER_MAPPER, dead(at.ANALYZER_MAPPER, lambda p: refused("x"), lambda p: refused("x"))),
    (at.ANALYZER_MAPPER, dead(at.ANALYZER_MAPPER, lambda p: answer(), lambda p: refused("x"))),
    (at.ANALYZER_MAPPER, dead(at.ANALYZER_MAPPER, lambda p: asked_back("question.unsure"), lambda p: refused("x"))),
    (
        at.ANALYZER_MAPPER,
        dead(at.ANALYZER_MAPPER, lambda p: asked_back("question.alike"), lambda p: asked_back("question.alike")),
    ),
    (at.STEPS_VALIDATOR, dead(at.STEPS_VALIDATOR, lambda p: answer(), lambda p: answer())),
    (at.STEPS_VALIDATOR, dead(at.STEPS_VALIDATOR, lambda p: refused("other"), lambda p: answer())),
    (at.STEPS_VALIDATOR, dead(at.STEPS_VALIDATOR, lambda p: refused(wanted_code(p)), lambda p: refused("x"))),
]


def unheard(whole, cut=()):
    """Both edges to the monitor, of what it heard."""

    def change(connection):
        def changed(outcomes):
            return [
                heard(outcome(each.probe, answer(), answer()), whole, cut)
                if each.probe.connection == connection
                else each
                for each in outcomes
            ]

        return changed

    return change


CUTS += [
    (at.ORCHESTRATOR_COORDINATOR, dead(at.ORCHESTRATOR_COORDINATOR, lambda p: answer(), lambda p: answer())),
    (
        at.ORCHESTRATOR_COORDINATOR,
        dead(at.ORCHESTRATOR_COORDINATOR, lambda p: fault("INVALID_ARGUMENT"), lambda p: fault("INVALID_ARGUMENT")),
    ),
    (at.ORCHESTRATOR_MONITOR, unheard(["loader", "provider"])(at.ORCHESTRATOR_MONITOR)),
    (at.PROVIDER_MONITOR, unheard(["orchestrator"])(at.PROVIDER_MONITOR)),
    (at.PROVIDER_MONITOR, unheard(["orchestrator", "provider"], ["provider"])(at.PROVIDER_MONITOR)),
]


def test_a_day_that_only_the_coordinator_knows_proves_it(probes):
    dated = next((each for each in of(probes, at.ORCHESTRATOR_COORDINATOR) if each.HasField("plan")), None)
    assert dated is not None
    assert dated.HasField("context")
    assert not dated.context.HasField("as_of_time")
    _, proofs = judged([outcome(dated, counted(53), counted(0))])
    assert proofs[at.ORCHESTRATOR_COORDINATOR].has_effect
    assert "53" in proofs[at.ORCHESTRATOR_COORDINATOR].evidence
    _, proofs = judged([outcome(dated, counted(53), counted(53))])
    assert not proofs[at.ORCHESTRATOR_COORDINATOR].has_effect


@pytest.mark.parametrize(("connection", "cut"), CUTS)
def test_a_connection_without_effect_is_named(probes, connection, cut):
    response, proofs = judged(cut(good(probes)))
    assert not response.all_proven
    assert [name for name, proof in proofs.items() if not proof.has_effect] == [connection]
    assert proofs[connection].evidence.startswith("Not proven")


@pytest.mark.parametrize(
    "fields",
    [
        {"faulty_model_issues": []},
        {"model_catalog_version": "c0"},
        {"catalog_version": ""},
        {"catalog_live": False},
    ],
)
def test_a_mapper_that_does_not_hold_the_live_schema_is_named(probes, fields):
    response, proofs = judged(good(probes), **fields)
    assert [name for name, proof in proofs.items() if not proof.has_effect] == [at.SCANNER_MAPPER]
    assert not response.all_proven


def test_a_mesh_that_fails_proves_nothing_and_says_why(probes):
    outcomes = [outcome(each, fault("SOURCE_UNAVAILABLE"), fault("SOURCE_UNAVAILABLE")) for each in probes.probes]
    _, proofs = judged(outcomes)
    assert not any(proof.has_effect for name, proof in proofs.items() if name != at.SCANNER_MAPPER)
    assert "SOURCE_UNAVAILABLE" in proofs[at.LOADER_PROVIDER].evidence


def test_a_sum_that_only_keys_make_right_proves_the_scanner(probes):
    grain = [each for each in of(probes, at.SCANNER_LOADER) if each.expectation == "answer"]
    assert grain
    right, wrong = answer(), answer()
    wrong.result.rows[0].values[0].integer = 70
    _, proofs = judged([outcome(grain[0], right, wrong)])
    assert proofs[at.SCANNER_LOADER].has_effect
    assert "70.00" in proofs[at.SCANNER_LOADER].evidence
    _, proofs = judged([outcome(grain[0], right, refused("result.fan_out"))])
    assert proofs[at.SCANNER_LOADER].has_effect
    _, proofs = judged([outcome(grain[0], right, right)])
    assert not proofs[at.SCANNER_LOADER].has_effect


def test_an_unexplained_cut_of_sqlite_needs_another_statement(probes):
    probe = of(probes, at.SCANNER_LOADER)[0]
    _, proofs = judged([outcome(probe, answer(index="i"), answer(sql="SELECT other"))])
    assert proofs[at.SCANNER_LOADER].has_effect
    _, proofs = judged([outcome(probe, answer(index="i"), answer())])
    assert not proofs[at.SCANNER_LOADER].has_effect
