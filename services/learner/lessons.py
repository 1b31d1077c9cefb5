"""From evidence to patterns: which hold, which do not, and why.

The gate is strict because a wrong pattern answers wrongly with confidence, and similar questions are right
in few cases: a question is a pattern for its own exact text only, after a person said so and nobody
contradicted; a phrase needs two different questions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from maestro.plan.v1 import plan_pb2
from services.learner.eligible import obstacle
from services.learner.evidence import Said, confirmed_links, doubted_links, latest
from services.learner.normal import normal
from services.learner.plans import canonical, digest

PHRASE, QUESTION = 1, 2  # as in maestro.learner.v1.PatternKind
PROPOSED, ACTIVE, RETIRED = 1, 2, 3  # as in maestro.learner.v1.PatternState
_PHRASE_QUESTIONS = 2


@dataclass(frozen=True, slots=True)
class Lesson:
    """A pattern as the evidence has it. plan: serialised; None for phrases."""

    id: str
    kind: int
    source: str
    phrase: str
    plan: bytes | None
    target: str
    confirmations: int
    contradictions: int
    state: int
    semantics_version: str
    reason: str


def lessons(source: str, said: Iterable[Said], withdrawn: Mapping[str, datetime]) -> list[Lesson]:
    """All patterns of a source that the evidence speaks of, in the order of their ids.

    withdrawn: patterns that a person took out of use, and when; what was said before that no longer counts
    for them."""
    last = latest(said)
    found = [*_questions(source, last, withdrawn), *_phrases(source, last, withdrawn)]
    return sorted(found, key=lambda each: each.id)


def _counts(each: Said, pattern: str, withdrawn: Mapping[str, datetime]) -> bool:
    return pattern not in withdrawn or each.time > withdrawn[pattern]


def _questions(source: str, said: list[Said], withdrawn: Mapping[str, datetime]) -> Iterable[Lesson]:
    by_question: dict[str, list[Said]] = defaultdict(list)
    for each in said:
        by_question[normal(each.question)].append(each)
    for phrase, about in by_question.items():
        plans = _readings(source, phrase, about, withdrawn)
        most = max((len(right) for _, right, _ in plans.values()), default=0)
        rivals = sum(len(right) == most for _, right, _ in plans.values()) if most else 0
        for made, (plan, right, wrong) in plans.items():
            state, reason = _judge_question(plan, right, wrong, most, rivals)
            newest = max([*right, *wrong], key=lambda each: each.time)
            yield Lesson(
                id=made,
                kind=QUESTION,
                source=source,
                phrase=phrase,
                plan=plan.SerializeToString(deterministic=True),
                target="",
                confirmations=len(right),
                contradictions=len(wrong),
                state=state,
                semantics_version=newest.semantics_version,
                reason=reason,
            )


def _readings(
    source: str, phrase: str, about: list[Said], withdrawn: Mapping[str, datetime]
) -> dict[str, tuple[plan_pb2.QueryPlan, list[Said], list[Said]]]:
    """The plans that were said to be right or wrong for one question, by pattern id."""
    plans: dict[str, tuple[plan_pb2.QueryPlan, list[Said], list[Said]]] = {}
    for each in about:
        for plan, is_right in ((each.right, True), (each.wrong, False)):
            if plan is None:
                continue
            made = digest("question", source, phrase, canonical(plan))
            if _counts(each, made, withdrawn):
                _, right, wrong = plans.setdefault(made, (plan, [], []))
                (right if is_right else wrong).append(each)
    return plans


def _judge_question(
    plan: plan_pb2.QueryPlan, right: list[Said], wrong: list[Said], most: int, rivals: int
) -> tuple[int, str]:
    if wrong:
        return RETIRED, f"contradicted by {len(wrong)}, confirmed by {len(right)}"
    why_not = obstacle(right[0].question, plan)
    if why_not:
        return PROPOSED, why_not
    if len(right) < most or rivals > 1:
        return PROPOSED, "another reading of the same question was confirmed as often"
    return ACTIVE, f"confirmed by {len(right)}, contradicted by none"


def _phrases(source: str, said: list[Said], withdrawn: Mapping[str, datetime]) -> Iterable[Lesson]:
    right: dict[tuple[str, str], list[Said]] = defaultdict(list)
    wrong: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for each in said:
        for pairs, found in ((right, confirmed_links(each)), (wrong, doubted_links(each))):
            for phrase, target in found:
                if _counts(each, _phrase_id(source, phrase, target), withdrawn):
                    pairs[phrase, target].append(each)
    for phrase, target in list(right):
        questions = {normal(each.question) for each in right[phrase, target]}
        doubts = {normal(each.question) for each in wrong[phrase, target]}
        rivals = [other for (words, other) in right if words == phrase and other != target]
        state, reason = _judge_phrase(len(questions), len(doubts), rivals)
        evidence = right[phrase, target] + wrong[phrase, target]
        yield Lesson(
            id=_phrase_id(source, phrase, target),
            kind=PHRASE,
            source=source,
            phrase=phrase,
            plan=None,
            target=target,
            confirmations=len(questions),
            contradictions=len(doubts),
            state=state,
            semantics_version=max(evidence, key=lambda each: each.time).semantics_version,
            reason=reason,
        )


def _phrase_id(source: str, phrase: str, target: str) -> str:
    return digest("phrase", source, phrase, target)


def _judge_phrase(questions: int, doubts: int, rivals: list[str]) -> tuple[int, str]:
    if doubts and doubts >= questions:
        return RETIRED, f"in {doubts} wrong plans, in {questions} right ones"
    if questions < _PHRASE_QUESTIONS:
        return PROPOSED, f"seen in {questions} confirmed question, {_PHRASE_QUESTIONS} are needed"
    if doubts:
        return PROPOSED, f"in {questions} right plans, but in {doubts} wrong ones as well"
    if rivals:
        return PROPOSED, f"the same words were confirmed for {', '.join(sorted(rivals))}"
    return ACTIVE, f"confirmed in {questions} different questions"
