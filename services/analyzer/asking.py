"""When to ask back, and with which readings: always where a number, a value or a negation is left out, where the grammar
leaves open what is meant, and where the first reading is not sure enough."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.analyzer.ambiguity import doubt_of
from services.analyzer.analyze import Scored
from services.analyzer.build import build
from services.analyzer.canonical import canonical
from services.analyzer.doubt import Doubt
from services.analyzer.features import Evidence
from services.analyzer.parse import Parse
from services.analyzer.phrases import say
from services.analyzer.reading import Reading
from services.analyzer.trees import NotConnected

_MOST = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """Probabilities. answer_at: of the first reading, to answer without more ado; show_at: to answer with other readings
    beside it; offer_at: of all that are offered together, to offer them."""

    answer_at: float = 0.85
    show_at: float = 0.25
    offer_at: float = 0.3


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question back. choices: readings with their probabilities, at most three; none where nothing is worth offering.

    shown: the first reading may be answered all the same, if the others are shown beside it.
    """

    code: str
    why: str
    question: str
    choices: tuple[tuple[Reading, float], ...]
    shown: bool = False
    texts: tuple[str, ...] = ()
    """How the choices are put, in their order; empty: by what tells them apart."""


def asking(parsed: Parse, scored: Sequence[Scored], evidence: Evidence, limits: Limits) -> Asked | None:
    """What to ask; None where the first reading may be answered."""
    best, language = scored[0], parsed.language.code
    doubt = doubt_of(best.reading, evidence)
    if doubt is not None and not doubt.settled and (doubt.sure or _vague(doubt, best, limits)):
        text = say("which_meaning", language, words=doubt.words)
        sides = tuple((reading, round(1 / len(doubt.readings), 4)) for reading in doubt.readings)
        why = f"{doubt.words!r} may be meant in different ways."
        return Asked("question.ambiguous", why, text, sides, texts=_put(doubt, language))
    if best.uncovered:
        words = " ".join(parsed.text(at, at + 1) for at in best.uncovered)
        question = say("not_covered", language, words=words)
        return Asked(
            "question.not_covered",
            f"Nothing in the reading covers {words!r}.",
            question,
            _offered(scored, evidence, 0.0),
        )
    if best.by == "rules" or best.probability >= limits.answer_at:
        return None
    question = say("which_reading", language)
    offered = _offered(scored, evidence, limits.offer_at)
    shown = bool(offered) and best.probability >= limits.show_at
    return Asked("question.unsure", "Other readings are likely too.", question, offered, shown)


_SIDES = {"attachment": ("meaning_both", "meaning_second"), "scope": ("meaning_shared", "meaning_each")}


def _put(doubt: Doubt, language: str) -> tuple[str, ...]:
    """How the sides of a doubt are put; empty where what differs says it best."""
    sides = _SIDES.get(doubt.kind, ())
    if len(sides) != len(doubt.readings):
        return ()
    one, other = doubt.about
    return tuple(say(side, language, words=doubt.words, one=one, other=other) for side in sides)


def _vague(doubt: Doubt, best: Scored, limits: Limits) -> bool:
    """Whether a word is vague enough to ask: nothing else is sure of it."""
    return best.by != "rules" and best.probability < limits.answer_at


def _offered(scored: Sequence[Scored], evidence: Evidence, least: float) -> tuple[tuple[Reading, float], ...]:
    """The first readings that differ, if they are worth offering."""
    found: dict[Reading, tuple[Reading, float]] = {}
    for each in scored:
        if not _joined([each.reading], evidence):
            continue
        found.setdefault(canonical(each.reading), (each.reading, each.probability))
        if len(found) == _MOST:
            break
    together = sum(probability for _, probability in found.values())
    return tuple(found.values()) if together >= least else ()


def _joined(readings: Sequence[Reading], evidence: Evidence) -> bool:
    """Whether the tables of all of them hang together, those of their blocks too."""
    try:
        for each in readings:
            build(each, evidence.vocabulary, evidence.frame.parsed.question)
    except NotConnected:
        return False
    return True
