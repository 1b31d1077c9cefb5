"""Definitions are type-checked: what is wrong is named with file, line, column and path."""

from __future__ import annotations

import pytest

from services.orchestrator.compiler import compile_text
from services.orchestrator.contracts import Contracts
from services.orchestrator.definition import Definition
from services.orchestrator.problems import InvalidWorkflowError

CONTRACTS = Contracts()

GOOD = """\
description: a small one
input: maestro.orchestrator.v1.RunQueryRequest
output: maestro.orchestrator.v1.RunQueryResponse
steps:
  admit:
    call: coordinator.Admit
    request: { context: "${input.context}", workflow: query, time_left: 1.5s }
  analyze:
    call: analyzer.Analyze
    when: [ "${input.question}", "not ${input.plan}" ]
    request:
      context: ${admit.context}
      question: ${input.question}
      max_candidates: 3
  apply:
    call: memorizer.ApplyCommand
    when: ${analyze.has_command}
    request:
      context: ${analyze.context}
      action: ${analyze.command.action}
  compose:
    call: processor.Compose
    when: ${analyze.plan | input.plan}
    optional: true
    request:
      context: ${analyze.context | admit.context}
      plan: ${analyze.plan | input.plan}
      issues: [ "${analyze.issues | none}", { code: a.b, severity: SEVERITY_WARNING, params: { n: "1" } } ]
result:
  answer: ${compose.answer | none}
"""


def compiled(text: str, file: str = "query.yaml") -> Definition:
    return compile_text(text, file, CONTRACTS)


def problems(text: str, file: str = "query.yaml") -> list[str]:
    with pytest.raises(InvalidWorkflowError) as caught:
        compiled(text, file)
    return [str(each) for each in caught.value.problems]


def change(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def test_a_good_definition_compiles():
    definition = compiled(GOOD)
    assert definition.name == "query"
    assert definition.order == ("admit", "analyze", "apply", "compose")
    assert definition.proto.steps["analyze"].when == ["${input.question}", "not ${input.plan}"]
    assert [each.name for each in definition.steps if 1 in each.after] == ["apply", "compose"]
    assert len(definition.version) == 16


def test_the_version_follows_what_is_said_not_how():
    commented = "# a comment\n" + GOOD.replace("max_candidates: 3", "max_candidates:   3")
    assert compiled(commented).version == compiled(GOOD).version
    assert compiled(change("max_candidates: 3", "max_candidates: 4")).version != compiled(GOOD).version


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "coordinator.Admit",
            "coordinater.Admit",
            "6:11: steps.admit.call: there is no module 'coordinater'; the nearest is 'coordinator'",
        ),
        (
            "analyzer.Analyze",
            "analyzer.Analyse",
            "9:11: steps.analyze.call: module analyzer has no method 'Analyse'; the nearest is 'Analyze'",
        ),
        (
            "question: ${input.question}\n",
            "qestion: ${input.question}\n",
            (
                "13:7: steps.analyze.request.qestion: maestro.analyzer.v1.AnalyzeRequest has no field 'qestion'; "
                "the nearest is 'question'"
            ),
        ),
        (
            "max_candidates: 3",
            "max_candidates: three",
            "14:23: steps.analyze.request.max_candidates: a text does not fit int32",
        ),
        (
            "max_candidates: 3",
            "max_candidates: 4000000000",
            "14:23: steps.analyze.request.max_candidates: 4000000000 is outside of int32",
        ),
        (
            "max_candidates: 3",
            "max_candidates: ${input.question}",
            "14:23: steps.analyze.request.max_candidates: ${input.question}: string does not fit int32",
        ),
        (
            "context: ${admit.context}",
            "context: ${admit.admission_id}",
            (
                "12:16: steps.analyze.request.context: ${admit.admission_id}: string does not fit "
                "maestro.context.v1.RequestContext"
            ),
        ),
        (
            "context: ${admit.context}",
            "context: ${admit.expire_time}",
            (
                "12:16: steps.analyze.request.context: ${admit.expire_time}: google.protobuf.Timestamp does not fit "
                "maestro.context.v1.RequestContext"
            ),
        ),
        (
            "plan: ${analyze.plan | input.plan}\n",
            "plan: ${analyze.issues | none}\n",
            (
                "27:13: steps.compose.request.plan: ${analyze.issues | none}: list of maestro.error.v1.Issue does not "
                "fit maestro.plan.v1.QueryPlan"
            ),
        ),
        (
            "plan: ${analyze.plan | input.plan}\n",
            "plan: ${analyze.plan | input.context}\n",
            (
                "27:13: steps.compose.request.plan: ${analyze.plan | input.context}: its alternatives are "
                "maestro.plan.v1.QueryPlan and maestro.context.v1.RequestContext"
            ),
        ),
        (
            "SEVERITY_WARNING",
            "SEVERITY_WARNIN",
            (
                "28:68: steps.compose.request.issues[1].severity: maestro.error.v1.Severity has no value "
                "'SEVERITY_WARNIN'; the nearest is 'SEVERITY_WARNING'"
            ),
        ),
        (
            'params: { n: "1" }',
            "params: { n: 1 }",
            "28:99: steps.compose.request.issues[1].params.n: a whole number does not fit string",
        ),
        (
            "context: ${admit.context}",
            "context: ${admti.context}",
            "12:16: steps.analyze.request.context: there is no step 'admti'; the nearest is 'admit'",
        ),
        (
            "context: ${admit.context}",
            "context: ${admit.context.sourc}",
            (
                "12:16: steps.analyze.request.context: ${admit.context.sourc}: maestro.context.v1.RequestContext has "
                "no field 'sourc'; the nearest is 'source'"
            ),
        ),
        (
            "context: ${admit.context}",
            "context: ${item}",
            "12:16: steps.analyze.request.context: ${item} is there only in a step with for_each",
        ),
        (
            "context: ${admit.context}",
            "context: ${output.answer}",
            "12:16: steps.analyze.request.context: ${output} is there only in a detached step",
        ),
        (
            "time_left: 1.5s",
            "time_left: 1500ms",
            '7:73: steps.admit.request.time_left: a duration is written in seconds, "0.5s"',
        ),
        (
            "question: ${input.question}\n",
            "question: about ${input.question}\n",
            "13:17: steps.analyze.request.question: a reference stands alone: text around ${…} is not filled in",
        ),
        (
            "question: ${input.question}\n",
            "question: ${input.question | }\n",
            "13:17: steps.analyze.request.question: '' is no path: write a step and its fields, ${fetch.head}",
        ),
        (
            "optional: true",
            "optional: maybe",
            "24:15: steps.compose.optional: a text does not fit bool",
        ),
        (
            "optional: true",
            "optinal: true",
            "24:5: steps.compose.optinal: a step has no 'optinal'; the nearest is 'optional'",
        ),
        (
            "description:",
            "descriptoin:",
            "1:1: descriptoin: a workflow has no 'descriptoin'; the nearest is 'description'",
        ),
        (
            "RunQueryResponse",
            "RunQueryResponce",
            "3:9: output: no module's contract has a message 'maestro.orchestrator.v1.RunQueryResponce'",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(old: str, new: str, expected: str):
    assert problems(change(old, new))[0] == f"query.yaml:{expected}"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("${compose.answer | none}", "${compose.answer}", "30:11: result.answer: step 'compose'"),
        ("${analyze.issues | none}", "${analyze.issues}", "28:17: steps.compose.request.issues[0]: step 'analyze'"),
        (
            "context: ${analyze.context | admit.context}",
            "context: ${analyze.context}",
            "26:16: steps.compose.request.context: step 'analyze'",
        ),
    ],
)
def test_a_reference_to_a_step_that_may_not_have_run_is_a_mistake(old: str, new: str, place: str):
    found = problems(change(old, new))
    assert found == [f"query.yaml:{place} may not have run: end the reference with `| none`, or ask for it by `when`"]


def test_a_condition_makes_certain_what_it_asks_for_and_what_that_asked_for():
    # apply asks for analyze, which waits for admit.
    text = change(
        "action: ${analyze.command.action}", "action: ${analyze.command.action}\n      text: ${admit.workflow}"
    )
    compiled(text)
    guarded = change("when: ${analyze.plan | input.plan}", "when: ${apply}")
    compiled(guarded.replace("${analyze.issues | none}", "${analyze.issues}"))


def test_a_negated_condition_makes_nothing_certain():
    text = change("when: ${analyze.has_command}", "when: not ${analyze.has_command}")
    assert {each.split(": ")[1] for each in problems(text)} == {
        "steps.apply.request.context",
        "steps.apply.request.action",
    }


DETACHED = """
  release:
    call: coordinator.Release
    detached: true
    when: ${admit.admission_id}
    request: { admission_id: "${admit.admission_id}" }
result:"""


def test_for_a_detached_step_nothing_is_certain_but_what_it_asks_for():
    compiled(change("\nresult:", DETACHED))
    text = change("\nresult:", DETACHED.replace("    when: ${admit.admission_id}\n", ""))
    assert "step 'admit' may not have run" in problems(text)[0]
    text = change("\nresult:", DETACHED).replace(
        "answer: ${compose.answer | none}", "run_id: ${run.steps.release.reason}"
    )
    assert "step 'release' is detached" in problems(text)[0]


def test_steps_that_wait_for_each_other_are_named():
    text = change("${input.context}", "${apply.facts | none}").replace('context: "${apply.facts | none}", ', "")
    text = text.replace("call: coordinator.Admit", "call: coordinator.Admit\n    after: [ compose ]")
    assert problems(text) == ["query.yaml:5:3: steps.admit: steps wait for each other: admit → compose → admit"]
    alone = GOOD.replace("call: coordinator.Admit", "call: coordinator.Admit\n    after: [ admit ]")
    assert "admit → admit" in problems(alone)[0]


def test_all_mistakes_are_found_at_once():
    text = GOOD.replace("max_candidates: 3", "max_candidates: x").replace("analyzer.Analyze", "analyzer.Analyse")
    text = text.replace("coordinator.Admit", "coordinator.Admitt")
    assert [each.split(": ")[1] for each in problems(text)] == ["steps.admit.call", "steps.analyze.call"]
    text = GOOD.replace("max_candidates: 3", "max_candidates: x").replace("SEVERITY_WARNING", "BAD")
    assert len(problems(text)) == 2


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{ call: coordinator.Admit, return: { run_id: x } }", "both call and return"),
        ('{ when: "${input.question}" }', "neither call nor return"),
        ("{ return: { run_id: x }, timeout: 1s }", "a step that returns has no timeout"),
        ("{ call: coordinator.Admit, concurrency: 2 }", "concurrency goes with for_each"),
        ('{ call: coordinator.Admit, for_each: "${input.ablations}", concurrency: 100 }', "it is 1 to 64"),
        ('{ call: coordinator.Admit, for_each: "${input.question}" }', "is string, not a list"),
        ("{ call: coordinator.Admit, for_each: everything }", "for_each is a reference to a repeated field"),
        ("{ call: coordinator.Admit, timeout: -1s }", "longer than nothing"),
        ("{ call: coordinator.Admit, retry: { max_attempts: 11 } }", "it is 1 to 10"),
        ("{ call: coordinator.Admit, after: [ nowhere ] }", "there is no step 'nowhere'"),
        ("{ call: coordinator.Admit, when: always }", "a condition is"),
        ('{ call: coordinator.Admit, when: "${input.question | none}" }', "a condition is"),
        ("{ call: coordinator.Admit, detached: true, compensate: { call: coordinator.Release } }", "cannot be undone"),
        ("{ call: coordinator.Admit, compensate: { call: coordinator.Relase } }", "no method 'Relase'"),
        ("{ call: scanner.WatchCatalog }", "streams"),
        ("[ 1 ]", "it is a map"),
        ("{ call: coordinator.Admit, request: [ 1 ] }", "does not fit"),
    ],
)
def test_fields_that_do_not_go_together(step: str, said: str):
    text = (
        "input: maestro.orchestrator.v1.RunQueryRequest\noutput: maestro.orchestrator.v1.RunQueryResponse\n"
        f"steps:\n  only: {step}\n"
    )
    found = problems(text, "one.yaml")
    assert any(said in each for each in found), found
    assert all(each.startswith("one.yaml:4:") for each in found)


@pytest.mark.parametrize("name", ["input", "none", "Step", "a-b", "9a"])
def test_names_of_steps(name: str):
    text = (
        "input: maestro.orchestrator.v1.RunQueryRequest\noutput: maestro.orchestrator.v1.RunQueryResponse\n"
        f"steps:\n  {name}: {{ call: coordinator.Admit }}\n"
    )
    assert "is no name for a step" in problems(text)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "query.yaml:1:1: it is empty"),
        ("[ 1, 2", "query.yaml:1:"),
        ("a: b: c", "query.yaml:1:5: it is not YAML"),
        ("just words", "it is a map"),
        ("input: x\ninput: y", "query.yaml:2:1: input: the key is here twice; first in line 1"),
        ("description: &a x\nname: *a", "anchors and aliases"),
        ("name: !!python/object:os.system x", "the tag"),
        ("? [ 1 ]\n: 2", "a key must be a plain word"),
        ("name: !!int abc", "is no number"),
        ("\x00", "query.yaml:1:1: it is not YAML"),
        ("a: " + "[" * 100 + "]" * 100, "nested too deep"),
        ("a: " + "[" * 100_000, "query.yaml"),
        ("x" * (1024 * 1024 + 1), "longer than"),
        ("steps: {}", "input: it is missing"),
    ],
)
def test_what_is_no_definition_is_refused(text: str, said: str):
    assert said in problems(text)[0]


def test_words_of_old_yaml_are_texts():
    text = GOOD.replace("description: a small one", "description: on")
    assert compiled(text).proto.description == "on"


def test_the_name_is_the_file_s():
    assert "the file is called 'other'" in problems("name: query\n" + GOOD, "other.yaml")[0]
    assert "is no name" in problems(GOOD, "Bad-Name.yaml")[0]
