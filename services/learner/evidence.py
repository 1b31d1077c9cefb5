"""What people said of answers, as evidence for and against patterns."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from maestro.plan.v1 import plan_pb2
from services.learner.normal import normal
from services.learner.plans import Slots

RIGHT, WRONG = 1, 2  # as in maestro.learner.v1.Verdict
_MOST_WORDS = 5
# Links that nobody vouches for: experience can make them sure. Names, synonyms and values are sure already.
_WEAK: Final = frozenset(
    {
        plan_pb2.LINK_KIND_UNSPECIFIED,
        plan_pb2.LINK_KIND_FUZZY,
        plan_pb2.LINK_KIND_SIMILARITY,
        plan_pb2.LINK_KIND_GIVEN,
    }
)


@dataclass(frozen=True, slots=True)
class Said:
    """What one caller said of one answer. observed: the plan that was run; corrected: the one that is
    right."""

    caller: str
    question: str
    verdict: int
    observed: plan_pb2.QueryPlan | None
    corrected: plan_pb2.QueryPlan | None
    semantics_version: str
    time: datetime

    @property
    def right(self) -> plan_pb2.QueryPlan | None:
        """The plan that this says is right."""
        return self.corrected or (self.observed if self.verdict == RIGHT else None)

    @property
    def wrong(self) -> plan_pb2.QueryPlan | None:
        """The plan that this says is wrong."""
        return self.observed if self.verdict == WRONG else None


def latest(said: Iterable[Said]) -> list[Said]:
    """The last word of each caller on each question: who corrects himself takes the first word back."""
    last: dict[tuple[str, str], Said] = {}
    for each in sorted(said, key=lambda one: (one.time, one.caller, one.question)):
        last[each.caller, normal(each.question)] = each
    return list(last.values())


def confirmed_links(said: Said) -> set[tuple[str, str]]:
    """(phrase, target) pairs that this makes surer."""
    right = said.right
    if right is None:
        return set()
    pairs = {
        (phrase, target) for words, target, kind in Slots(right).links if kind in _WEAK and (phrase := _phrase(words))
    }
    if said.observed is not None and said.verdict == WRONG:
        pairs |= _corrected(said.observed, right)
    return pairs


def doubted_links(said: Said) -> set[tuple[str, str]]:
    """(phrase, target) pairs of a plan that was wrong, save those that the right one has as well."""
    if said.wrong is None:
        return set()
    kept = Slots(said.right).targets if said.right is not None else set()
    return {
        (phrase, target)
        for words, target, kind in Slots(said.wrong).links
        if target not in kept and (phrase := _phrase(words))
    }


def _corrected(observed: plan_pb2.QueryPlan, right: plan_pb2.QueryPlan) -> set[tuple[str, str]]:
    """What a correction teaches, where it is plain: one slot more and one phrase that explained nothing, or
    one slot in the place of another that one phrase had led to."""
    before, after = Slots(observed), Slots(right)
    added, removed = after.targets - before.targets, before.targets - after.targets
    if len(added) != 1:
        return set()
    (target,) = added
    unused = {phrase for span in observed.unexplained if (phrase := _phrase(span.text))}
    if not removed and len(unused) == 1:
        return {(unused.pop(), target)}
    misled = {phrase for words, old, _ in before.links if old in removed and (phrase := _phrase(words))}
    if len(removed) == 1 and len(misled) == 1:
        return {(misled.pop(), target)}
    return set()


def _phrase(words: str) -> str:
    """The words as a pattern's phrase; empty where they are none that could mean a thing."""
    phrase = normal(words)
    short = len(phrase) < 3 or phrase.isdigit()
    return "" if short or len(phrase.split()) > _MOST_WORDS else phrase
