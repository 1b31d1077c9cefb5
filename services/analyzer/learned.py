"""Readings by trained models: slots are scored, readings put together of the likely ones, and ranked as wholes."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.assemble import Assembler, Draft
from services.analyzer.build import NotConnected, build
from services.analyzer.features import Evidence, evidence_of
from services.analyzer.forest import Forest
from services.analyzer.frame import frame_of
from services.analyzer.parse import Parse
from services.analyzer.rank import Ground, rows
from services.analyzer.reading import Reading
from services.analyzer.score import Models, models, score
from services.analyzer.slots import slots_of
from services.analyzer.vocabulary import Vocabulary

MOST = 64
"""Candidates that are ranked."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reading with its rank. score: of the ranker, greater is better; probability: shares over all candidates.

    unexplained: tokens that no slot explains.
    """

    reading: Reading
    score: float
    probability: float
    unexplained: tuple[int, ...]


@cache
def ranker() -> Forest:
    """The ranker that ships with the analyzer."""
    with (
        resources.as_file(resources.files("services.analyzer") / "models" / "ranker.npz") as path,
        np.load(path) as held,
    ):
        return Forest.of({name: held[name] for name in held.files}, "ranker")


def drafts(parsed: Parse, vocabulary: Vocabulary, held: Models | None = None) -> tuple[list[Draft], Evidence]:
    """Readings as they are put together, likeliest first, not yet ranked as wholes; and the evidence that they rest on."""
    evidence = evidence_of(frame_of(parsed, vocabulary), vocabulary)
    slots = slots_of(evidence)
    if not slots.columns:
        return [], evidence
    scores = score(evidence, slots, held or models())
    return Assembler(evidence, slots, scores).drafts(MOST), evidence


def candidates(parsed: Parse, vocabulary: Vocabulary) -> list[Candidate]:
    """Readings of a question, best first."""
    made, evidence = drafts(parsed, vocabulary)
    matrix, kept = rows(made, evidence)
    if not kept:
        return []
    scores = ranker().scores(matrix)
    order = np.argsort(-scores, kind="stable")
    shares = np.exp(scores - scores.max())
    shares = shares / shares.sum()
    content = Ground(evidence).content
    return [
        Candidate(
            kept[at].reading,
            round(float(scores[at]), 4),
            round(float(shares[at]), 4),
            tuple(sorted(content - kept[at].tokens)),
        )
        for at in order
    ]


def plan_of(candidate: Candidate, parsed: Parse, vocabulary: Vocabulary) -> plan.QueryPlan | None:
    """The candidate's plan; None where its datasets cannot be joined."""
    try:
        return build(candidate.reading, vocabulary, parsed.question)
    except NotConnected:
        return None
