"""Stage 10: answer, ask back, or say why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.analyze import Scored, readings
from services.analyzer.link import FoundValue
from services.analyzer.parse import Parse
from services.analyzer.phrases import say
from services.analyzer.proposed import joined
from services.analyzer.reading import AnyOf, Reading, Within
from services.analyzer.refuse import placeholders, unknown_names
from services.analyzer.suggest import suggestions
from services.analyzer.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong or noteworthy about the question: an issue before it is a message.

    code: as docs/modules/analyzer.md lists. grave: whether it stands in the way of an answer. params: by name.
    """

    code: str
    message: str
    grave: bool
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A reading to choose from, phrased by what differs."""

    text: str
    plan: plan.QueryPlan
    probability: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a question. outcome: "plan", "clarification" or "refusal". candidates: every reading, best first."""

    outcome: str
    best: Scored | None = None
    confidence: float = 0.0
    candidates: tuple[Scored, ...] = ()
    clarification: str = ""
    choices: tuple[Choice, ...] = ()
    findings: tuple[Finding, ...] = ()
    suggestions: tuple[str, ...] = ()
    recalled: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


_MUST = frozenset(
    {"PERCENT", "DIFFERENCE", "CORRELATION", "FORECAST", "WHY", "AVG", "SUM", "MAX", "MIN", "COUNT", "HOW_MUCH", "DISTRIBUTION",
     "ABOVE_AVG", "BELOW_AVG", "NOT", "OR", "GT", "GE", "LT", "LE", "BETWEEN", "SECOND", "THIRD", "CONTAIN", "STARTS", "ENDS"}
)  # fmt: skip
"""Operators that change what the answer is: an answer without one of them would be to another question."""


def _done(reading: Reading) -> frozenset[str]:
    """Operators that a reading carries out whichever of its words said so."""
    done = set()
    items = [*reading.select, *(order.item for order in reading.order)]
    if any(item.metric or item.fn == "sum" for item in items):
        done |= {"HOW_MUCH", "SUM"}
    if any(item.fn == "count" or item.metric for item in items):
        done |= {"COUNT", "HOW_MUCH"}
    if any(isinstance(each, (Within, AnyOf)) for each in reading.where):
        done.add("OR")
    return frozenset(done)


def _missed(parsed: Parse, best: Scored) -> str:
    """The words of an operator that a reading leaves out and must not."""
    left = set(best.unexplained)
    done = _done(best.reading)
    for cue in parsed.cues:
        if cue.op in _MUST - done and left.issuperset(range(cue.first, cue.last)):
            # "quanto" may be said by another reading of the same words.
            others = [
                each for each in parsed.cues if each is not cue and each.first == cue.first and each.op not in _MUST
            ]
            if not others:
                return parsed.text(cue.first, cue.last)
    return ""


def decide(
    parsed: Parse,
    found: Mapping[str, Sequence[FoundValue]],
    vocabulary: Vocabulary,
    proposed: Sequence[Reading] = (),
    proposer: str = "",
) -> Decision:
    """What to do about a question. proposed: readings of a language model, the proposer of their plans."""
    language = parsed.language.code
    scored = joined(readings(parsed, vocabulary), proposed, proposer, parsed, vocabulary)
    best = scored[0] if scored else None
    used = frozenset(range(len(parsed.keys))) - frozenset(best.unexplained) if best else frozenset()
    blanks = placeholders(parsed)
    if blanks:
        about = parsed.text(blanks[0].about_token, blanks[0].about_token + 1) if blanks[0].about else blanks[0].text
        finding = Finding(
            "question.placeholder",
            f"{blanks[0].text} stands for a name that was not given.",
            True,
            (("text", blanks[0].text), ("about", about)),
        )
        return Decision(
            "clarification",
            clarification=say("which_placeholder", language, about=about),
            findings=(finding,),
            candidates=tuple(scored),
        )
    unknown = unknown_names(parsed, used, found, vocabulary)
    if unknown:
        findings = tuple(
            Finding(
                "question.value_unknown",
                f"No data holds {each.text!r}.",
                True,
                (("text", each.text), ("nearest", ", ".join(each.nearest))),
            )
            for each in unknown
        )
        return Decision(
            "refusal",
            findings=findings,
            suggestions=tuple(suggestions(vocabulary, language, 3)),
            candidates=tuple(scored),
        )
    if best is None:
        finding = Finding("question.not_understood", "Nothing in the question names anything of the source.", True)
        return Decision("refusal", findings=(finding,), suggestions=tuple(suggestions(vocabulary, language, 3)))
    missed = _missed(parsed, best)
    if missed:
        finding = Finding(
            "question.not_covered",
            f"No reading of the question does what {missed!r} asks for.",
            True,
            (("text", missed),),
        )
        return Decision(
            "refusal",
            findings=(finding,),
            suggestions=tuple(suggestions(vocabulary, language, 3)),
            candidates=tuple(scored),
        )
    findings = tuple(
        Finding(
            "question.word_unexplained",
            f"Nothing explains {parsed.text(at, at + 1)!r}.",
            False,
            (("text", parsed.text(at, at + 1)),),
        )
        for at in best.unexplained
    )
    return Decision("plan", best, best.probability, tuple(scored), findings=findings)
