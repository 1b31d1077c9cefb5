"""From a parse to readings, best first: those that rules composed and those that trained models put together, ranked as
one."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.ambiguity import doubt_of
from services.analyzer.apart import order, totals, wanted
from services.analyzer.assemble import Draft
from services.analyzer.build import build
from services.analyzer.canonical import canonical
from services.analyzer.features import Evidence
from services.analyzer.ground import Ground
from services.analyzer.learned import Candidate, candidates
from services.analyzer.parse import Parse
from services.analyzer.reading import Between, Flag, Item, Named, Reading, conditions
from services.analyzer.ruled import Ruled, content, ruled
from services.analyzer.uncovered import uncovered
from services.analyzer.vocabulary import Vocabulary


@dataclass(frozen=True)
class Scored:
    """A reading with its plan. score: greater is better; unexplained: tokens that no slot explains; probability: that it
    is what was meant, 0 to 1; by: what put it where it is, "rules", "ranker" or "grammar"; uncovered: tokens of
    numbers, values and negations that it leaves out."""

    reading: Reading
    score: float
    unexplained: tuple[int, ...]
    probability: float
    by: str
    uncovered: tuple[int, ...]
    make: Callable[[], plan.QueryPlan] = field(repr=False, compare=False)

    @cached_property
    def plan(self) -> plan.QueryPlan:
        """The reading written out; made when it is first asked for."""
        return self.make()


def readings(parsed: Parse, vocabulary: Vocabulary) -> list[Scored]:
    """Readings of the parse, best first, each different; empty where nothing of the model is named."""
    return understand(parsed, vocabulary)[0]


def understand(parsed: Parse, vocabulary: Vocabulary) -> tuple[list[Scored], Evidence]:
    """Readings, and the evidence that they rest on.

    Trained models know what tables hold, not what a business calls its own: a reading that says the question in terms of
    the semantic model, and leaves nothing of it unsaid, stands before all that do not.
    """
    scored, evidence = _understood(parsed, vocabulary)
    return _weighed(scored, evidence), evidence


_SETTLED = {"attachment": 0.75, "scope": 0.9}
"""Probability of a reading that the words of the question leave alone, as often as that was right on databases that were not
looked at; several share it."""


def _weighed(scored: list[Scored], evidence: Evidence) -> list[Scored]:
    """With the readings that the grammar makes of coordinations and quantifiers: first where they are all that the question
    can mean, else behind the first."""
    doubt = doubt_of(scored[0].reading, evidence) if scored else None
    if doubt is None or (scored[0].by == "rules" and not doubt.sure):
        return scored
    vocabulary, question = evidence.vocabulary, evidence.frame.parsed.question
    left = Ground(evidence).content if doubt.sure else frozenset(scored[0].unexplained)
    unexplained = tuple(sorted(left - doubt.tokens))
    known = {canonical(each) for each in doubt.readings}
    chance = (_SETTLED[doubt.kind] if doubt.sure else 1.0 - scored[0].probability) / len(doubt.readings)
    made = [
        Scored(
            each,
            scored[0].score,
            unexplained,
            round(chance, 4),
            "grammar",
            (),
            partial(build, each, vocabulary, question),
        )
        for each in doubt.readings
    ]
    others = [each for each in scored if canonical(each.reading) not in known]
    return made + others if doubt.sure else others[:1] + made + others[1:]


def _understood(parsed: Parse, vocabulary: Vocabulary) -> tuple[list[Scored], Evidence]:
    """Readings of the rules and of the trained models, best first."""
    composed = ruled(parsed, vocabulary)
    ranked, evidence = candidates(parsed, vocabulary, composed)
    if composed and (not ranked or _curated(vocabulary) or _in_own_terms(composed[0])):
        ground = Ground(evidence)
        first = [_of_rules(each, ground) for each in composed]
        known = {canonical(each.reading) for each in first}
        others = [each for each in ranked if canonical(each.reading) not in known]
        return first + [_of_ranker(each, parsed, vocabulary) for each in others], evidence
    return _apart([_of_ranker(each, parsed, vocabulary) for each in ranked], parsed), evidence


def _apart(found: list[Scored], parsed: Parse) -> list[Scored]:
    """With what the words want for each of several things before one total of all: it takes over what that had of
    probability, for they are alike in all else."""
    what = wanted(parsed)
    places = order([each.reading for each in found], what) if what else []
    if not places or places[0] == 0:
        return found
    assert what is not None
    taken = {at for at in places if totals(found[at].reading, what)}
    chance = min(sum(found[at].probability for at in (places[0], *taken)), 1.0)
    made = [replace(found[at], probability=0.0) if at in taken else found[at] for at in places]
    return [replace(made[0], probability=round(chance, 4)), *made[1:]]


def _of_rules(each: Ruled, ground: Ground) -> Scored:
    draft = Draft(each.reading, (), -1.0, each.used)
    left = tuple(at for at in uncovered(draft, ground) if at in each.unexplained)
    return Scored(each.reading, each.score, each.unexplained, each.probability, "rules", left, each.make)


def _of_ranker(each: Candidate, parsed: Parse, vocabulary: Vocabulary) -> Scored:
    return Scored(
        each.reading, each.score, each.unexplained, each.probability, "ranker", each.uncovered,
        lambda: build(each.reading, vocabulary, parsed.question),
    )  # fmt: skip


def _curated(vocabulary: Vocabulary) -> bool:
    """Whether people have said what the business calls things: then their words lead, and not what tables in general
    look like."""
    return bool(vocabulary.model.metrics or vocabulary.model.entities)


def _in_own_terms(composed: Ruled) -> bool:
    """Whether a reading uses what trained models do not put together: metrics, named filters, entities, periods,
    correlations and causes; or grains, differences and shares, where these leave no word unsaid."""
    reading = composed.reading
    items = [*reading.select, *reading.group, *(order.item for order in reading.order)]
    held = conditions(reading)
    return (
        reading.contrast is not None
        or any(item.metric or item.entities or item.fn == "corr" for item in items)
        or any(isinstance(each, (Flag, Named)) for each in held)
        or any(isinstance(each, Between) and each.label for each in held)
        or (not composed.unexplained and any(_own(item) for item in items))
    )


def _own(item: Item) -> bool:
    return bool(item.grain or item.share or item.minus or item.per)


__all__ = ["Scored", "content", "readings", "understand"]
