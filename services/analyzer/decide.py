"""Stage 10: answer, ask back, or say why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.ambiguity import doubt_of
from services.analyzer.analyze import Scored, content, understand
from services.analyzer.asking import LIMITS, Limits, asking
from services.analyzer.build import build
from services.analyzer.link import FoundValue, Link
from services.analyzer.owners import disowned
from services.analyzer.parse import Parse
from services.analyzer.phrases import say
from services.analyzer.proposed import joined
from services.analyzer.reading import AnyOf, Reading, Within
from services.analyzer.refuse import Unknown, loose_letters, placeholders, unknown_names
from services.analyzer.shown import qualifies, uncovered_noun
from services.analyzer.suggest import asks_to_write, nearest_things, suggestions
from services.analyzer.telling import Teller
from services.analyzer.uncovered import absent
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
    """What became of a question. outcome: "plan", "clarification" or "refusal". candidates: every reading, best first.
    unknown: of a refusal, the words [first, last) that it is for, where nothing but these is in the way."""

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
    unknown: tuple[tuple[int, int], ...] = ()


_MUST = frozenset(
    {"PERCENT", "DIFFERENCE", "CORRELATION", "FORECAST", "WHY", "AVG", "SUM", "MAX", "MIN", "COUNT", "HOW_MUCH", "DISTRIBUTION",
     "ABOVE_AVG", "BELOW_AVG", "NOT", "OR", "GT", "GE", "LT", "LE", "BETWEEN", "SECOND", "THIRD", "CONTAIN", "STARTS", "ENDS"}
)  # fmt: skip
"""Operators that change what the answer is: an answer without one of them would be to another question."""
_MUST_OF_RULES = _MUST | frozenset({"DEGREE", "MOST", "FEWEST", "FIRST", "LAST", "RANKING", "BEFORE", "AFTER"})
"""What a reading by rules must carry out besides; trained models know which of these only adorn."""

_WHOLE = frozenset({"DIFFERENCE", "CORRELATION"})
"""Operators of several words of which none may be left over."""
_WEIGHTY = frozenset(
    """movel moveis moving rolling median mediana moda quartil quartis percentil percentis percentile percentiles desvio
    variancia deviation variance crescimento growth nada nothing anything""".split()  # noqa: SIM905
)
"""Words without an operator of their own that no answer may leave out either."""
_SURELY = 0.95
"""How surely a word that says which rows are meant must name a column for it to be shown: "faturas vencidas" asks for no
"vencimento"."""
_NOWHERE = frozenset({"never", "nunca", "jamais", "nada", "nothing"})
"""What is nowhere, and not just otherwise: carriers of other states are not those that never went to one."""


def _done(reading: Reading, vocabulary: Vocabulary) -> frozenset[str]:
    """Operators that a reading carries out whichever of its words said so."""
    done = set()
    items = [*reading.select, *(order.item for order in reading.order)]
    if any(item.metric or item.fn == "sum" for item in items):
        done |= {"HOW_MUCH", "SUM"}
    counting = [item for item in items if item.metric and not _money(vocabulary.metrics[item.metric].unit)]
    if counting or any(item.fn == "count" for item in items):
        done |= {"COUNT", "HOW_MUCH"}
    if any(isinstance(each, (Within, AnyOf)) for each in reading.where):
        done.add("OR")
    return frozenset(done)


def _money(unit: str) -> bool:
    """Whether a unit is a currency: amounts of it are not how many there are of anything."""
    return len(unit) == len("BRL") and unit.isupper()


def _missed(parsed: Parse, best: Scored, vocabulary: Vocabulary) -> str:
    """The words of an operator that a reading leaves out and must not."""
    left, told = set(best.unexplained), set(content(parsed))
    near = {
        at
        for item in best.reading.select
        if not item.aggregated and item.source.score < _SURELY
        for at in item.source.tokens
    }
    for at in sorted(left | near) if best.by == "rules" else ():
        if (at in left and parsed.keys[at] in _WEIGHTY) or qualifies(parsed, at, left | near):
            return parsed.text(at, at + 1)
    nowhere = next((at for at, key in enumerate(parsed.keys) if key in _NOWHERE), None)
    if nowhere is not None and not absent(best.reading):
        return parsed.text(nowhere, nowhere + 1)
    done, must = _done(best.reading, vocabulary), _MUST_OF_RULES if best.by == "rules" else _MUST
    for cue in parsed.cues:
        # Small words inside a phrase ("acima da média") are never left over.
        words = told.intersection(range(cue.first, cue.last))
        if cue.op in must - done and words and (words <= left or (cue.op in _WHOLE and words & left)):
            # "quanto" may be said by another reading of the same words.
            others = [
                each for each in parsed.cues if each is not cue and each.first == cue.first and each.op not in must
            ]
            if not others:
                return parsed.text(cue.first, cue.last)
    return ""


def decide(
    parsed: Parse,
    found: Mapping[str, Sequence[FoundValue]],
    vocabulary: Vocabulary,
    limits: Limits = LIMITS,
    proposed: Sequence[Reading] = (),
    proposer: str = "",
) -> Decision:
    """What to do about a question. proposed: readings of a language model, the proposer of their plans."""
    scored, evidence = understand(parsed, vocabulary)
    scored = joined(scored, proposed, proposer, parsed, vocabulary)
    best = scored[0] if scored else None
    if asks_to_write(parsed.question.question):
        return _refused(parsed, vocabulary, scored, [Finding("NOT_READ_ONLY", "Data are only read.", True)])
    asked = _placeholder(parsed, scored)
    if asked is not None:
        return asked
    doubt = doubt_of(best.reading, evidence) if best else None
    left = frozenset(best.unexplained) - (doubt.tokens if doubt else frozenset()) if best else frozenset()
    noun = uncovered_noun(parsed, left) if best else None
    strange: tuple[tuple[int, int], ...] = ((noun.first, noun.last),) if noun is not None else ()
    if noun is None and best is not None and best.by in ("rules", "grammar"):
        noun = disowned(parsed, best.reading, vocabulary)
    if noun is not None and best is not None:
        text = parsed.text(noun.first, noun.last)
        return _refused(parsed, vocabulary, scored, [_not_known(text, best, vocabulary, parsed)], strange)
    used = frozenset(range(len(parsed.keys))) - left - loose_letters(parsed) if best else frozenset()
    unknown = unknown_names(parsed, used, found, vocabulary)
    if unknown:
        strange = tuple((each.first, each.last) for each in unknown)
        return _refused(parsed, vocabulary, scored, [_unknown(each, parsed) for each in unknown], strange)
    if best is None:
        finding = Finding("question.not_understood", "Nothing in the question names anything of the source.", True)
        return _refused(parsed, vocabulary, scored, [finding], _each(content(parsed)))
    missed = _missed(parsed, best, vocabulary)
    if missed:
        text = f"No reading of the question does what {missed!r} asks for."
        return _refused(parsed, vocabulary, scored, [Finding("question.not_covered", text, True, (("text", missed),))])
    findings = tuple(_unexplained(parsed, at) for at in best.unexplained)
    told = asking(parsed, scored, evidence, limits)
    if told is None:
        return Decision("plan", best, best.probability, tuple(scored), findings=findings)
    if not told.choices:
        text = "What the question asks for is too unsure to offer a choice."
        unsure = [*findings, Finding("question.not_understood", text, True)]
        return _refused(parsed, vocabulary, scored, unsure, _each(best.unexplained))
    texts = told.texts or Teller(vocabulary, parsed.language.code).apart([reading for reading, _ in told.choices])
    made = tuple(
        Choice(text, plan_of(reading, parsed, vocabulary), probability)
        for text, (reading, probability) in zip(texts, told.choices, strict=True)
    )
    outcome = "plan" if told.shown else "clarification"
    why = Finding(told.code, told.why, False)
    return Decision(outcome, best, best.probability, tuple(scored), told.question, made, (*findings, why))


def plan_of(reading: Reading, parsed: Parse, vocabulary: Vocabulary) -> plan.QueryPlan:
    """A reading written out."""
    return build(reading, vocabulary, parsed.question)


def _placeholder(parsed: Parse, scored: Sequence[Scored]) -> Decision | None:
    blanks = placeholders(parsed)
    if not blanks:
        return None
    about = parsed.text(blanks[0].about_token, blanks[0].about_token + 1) if blanks[0].about else blanks[0].text
    finding = Finding(
        "question.placeholder",
        f"{blanks[0].text} stands for a name that was not given.",
        True,
        (("text", blanks[0].text), ("about", about)),
    )
    question = say("which_placeholder", parsed.language.code, about=about)
    return Decision("clarification", clarification=question, findings=(finding,), candidates=tuple(scored))


def _refused(
    parsed: Parse,
    vocabulary: Vocabulary,
    scored: Sequence[Scored],
    findings: Sequence[Finding],
    unknown: tuple[tuple[int, int], ...] = (),
) -> Decision:
    near = tuple(suggestions(vocabulary, parsed.language.code, 3))
    return Decision("refusal", findings=tuple(findings), suggestions=near, candidates=tuple(scored), unknown=unknown)


def _each(tokens: Sequence[int]) -> tuple[tuple[int, int], ...]:
    return tuple((at, at + 1) for at in tokens)


def _unknown(each: Unknown, parsed: Parse) -> Finding:
    if any(_names(link) and link.first <= each.first and each.last <= link.last for link in parsed.links):
        # The model knows the word; only no reading finds a use for it here.
        text = f"No reading of the question does what {each.text!r} asks for."
        return Finding("question.not_covered", text, True, (("text", each.text),))
    params = (("text", each.text), ("nearest", ", ".join(each.nearest)))
    return Finding("question.value_unknown", f"No data holds {each.text!r}.", True, params)


def _names(link: Link) -> bool:
    return link.target.kind in ("field", "dataset", "metric") and link.coverage == 1 and link.kind != "fuzzy"


def _not_known(text: str, best: Scored, vocabulary: Vocabulary, parsed: Parse) -> Finding:
    about, held = nearest_things(text, best.reading.root, vocabulary, parsed.language.code)
    params = (("text", text), ("about", about), ("nearest", ", ".join(held)))
    return Finding("question.not_known", f"Nothing of the source is called {text!r}.", True, params)


def _unexplained(parsed: Parse, at: int) -> Finding:
    text = parsed.text(at, at + 1)
    return Finding("question.word_unexplained", f"Nothing explains {text!r}.", False, (("text", text),))
