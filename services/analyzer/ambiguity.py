"""Questions whose words let them mean two things, and those that only look so because their words decide.

    attachment   "essays and poems written by Ana": are the essays Ana's as well?        coordination.py
    scope        "the formats that every book has": those that all share, or each its own?      scope.py
    vagueness    "the company of each project": the contractor, the developer, or both?     vagueness.py

Where nothing decides it is asked back, with the readings, however sure a model is of one of them. Where the words do
("both", "in common", "also show", "for each"), the one reading that they leave stands before all others.
"""

from collections.abc import Sequence

from services.analyzer.coordination import coordination
from services.analyzer.doubt import Doubt
from services.analyzer.features import Evidence
from services.analyzer.reading import Reading
from services.analyzer.scope import scope
from services.analyzer.trees import NotConnected, tree_of
from services.analyzer.vagueness import vagueness

_KEPT = "ambiguity.doubt"


def doubt_of(reading: Reading, evidence: Evidence) -> Doubt | None:
    """What the words of a question leave open or settle; None where there is nothing of the kind. reading: the first one
    that was found otherwise; what is said of it holds for the question."""
    if _KEPT not in evidence.kept:
        evidence.kept[_KEPT] = _found(reading, evidence)
    return evidence.kept[_KEPT]  # type: ignore[no-any-return]  # kept holds what this put there


def _found(reading: Reading, evidence: Evidence) -> Doubt | None:
    # Where people have said what their words mean, a word is not vague.
    curated = bool(evidence.vocabulary.model.metrics or evidence.vocabulary.model.entities)
    for kind in (coordination, scope) if curated else (coordination, scope, vagueness):
        made = kind(reading, evidence)
        if made is not None and _joined(made.readings, evidence):
            return made
    return None


def _joined(readings: Sequence[Reading], evidence: Evidence) -> bool:
    """Whether the tables of all of them hang together, those of their blocks too."""
    try:
        for each in readings:
            tree_of(each, evidence.vocabulary)
            if each.combine is not None:
                tree_of(each.combine.other, evidence.vocabulary)
    except NotConnected:
        return False
    return True
