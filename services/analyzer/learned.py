"""Readings by trained models: slots are scored, readings put together of the likely ones, and ranked as wholes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.analyzer.assemble import NOT_RULED, PARTS, Assembler, Draft
from services.analyzer.calibrate import fitted, row
from services.analyzer.canonical import canonical
from services.analyzer.features import Evidence, evidence_of
from services.analyzer.forest import Forest
from services.analyzer.frame import frame_of
from services.analyzer.ground import Ground
from services.analyzer.parse import Parse
from services.analyzer.phrasing import Phrasing
from services.analyzer.rank import rows
from services.analyzer.reading import Reading
from services.analyzer.ruled import Ruled
from services.analyzer.score import Models, models, score
from services.analyzer.slots import slots_of
from services.analyzer.uncovered import uncovered, unexplained
from services.analyzer.vocabulary import Vocabulary

MOST = 64
"""Candidates that are ranked."""
JUDGED = 32
"""Candidates, the likeliest before ranking, that the judge looks at: as many as it was trained with. Among more of them the
first would seem less sure than it is."""
_FOUND = 0.7
"""How often a right reading is among the others where the first one is wrong."""
_UNCOSTED = -1.0
"""Cost of a part that no model judged."""


class Candidate(NamedTuple):
    """A reading with its rank. score: of the ranker, greater is better; probability: that it is what was meant, 0 to 1.

    ruled: its place among the readings that rules composed; unexplained: tokens that no slot explains; uncovered: tokens
    of the numbers, values and negations among them, each of which would make another answer.
    """

    reading: Reading
    score: float
    probability: float
    ruled: int
    unexplained: tuple[int, ...]
    uncovered: tuple[int, ...] = ()


@dataclass(frozen=True)
class Judges:
    """What ranks whole readings, and what tells how sure one may be of the first. points: (raw, observed) of a curve."""

    phrasing: Phrasing
    ranker: Forest
    judge: Forest
    points: tuple[tuple[float, float], ...]


@cache
def judges() -> Judges:
    """Those that ship with the analyzer."""
    with (
        resources.as_file(resources.files("services.analyzer") / "models" / "ranker.npz") as path,
        np.load(path) as held,
    ):
        arrays = {name: held[name] for name in held.files}
    points = tuple((float(raw), float(seen)) for raw, seen in arrays["points"])
    return Judges(Phrasing.of(arrays), Forest.of(arrays, "ranker"), Forest.of(arrays, "judge"), points)


def prepare() -> None:
    """Loads all models now, not when the first question needs them."""
    held = judges()
    for forest in (held.ranker, held.judge, *models().forests.values()):
        forest.scores(np.zeros((1, int(forest.columns.max(initial=0)) + 1), np.float32))


def drafts(
    parsed: Parse, vocabulary: Vocabulary, composed: Sequence[Ruled], held: Models | None = None
) -> tuple[list[Draft], Evidence]:
    """Readings as they are put together, likeliest first, those that rules composed among them, not yet ranked as wholes;
    and the evidence that they rest on."""
    evidence = evidence_of(frame_of(parsed, vocabulary), vocabulary)
    slots = slots_of(evidence)
    made: list[Draft] = []
    if slots.columns:
        made = Assembler(evidence, slots, score(evidence, slots, held or models())).drafts(MOST)
    return together(made, composed), evidence


def together(made: Sequence[Draft], composed: Sequence[Ruled]) -> list[Draft]:
    """Drafts with what rules say of them, behind them those that only rules composed."""
    places: dict[Reading, tuple[int, Ruled]] = {}
    for place, each in enumerate(composed):
        places.setdefault(canonical(each.reading), (place, each))
    shapes = {_shape(reading) for reading in places}
    marked: list[Draft] = []
    for draft in made:
        if _shape(draft.reading) not in shapes:
            marked.append(draft)
            continue
        place, same = places.pop(canonical(draft.reading), (NOT_RULED, None))
        marked.append(draft._replace(ruled=place, left=len(same.unexplained)) if same else draft)
    for place, each in places.values():
        marked.append(
            Draft(each.reading, (_UNCOSTED,) * len(PARTS), _UNCOSTED, each.used, place, len(each.unexplained))
        )
    return marked


def _shape(reading: Reading) -> tuple[object, ...]:
    """What two readings must have alike to be canonically the same; quick to tell."""
    return (
        reading.root, len(reading.select), len(reading.where), len(reading.group), len(reading.having),
        len(reading.order), reading.limit, reading.distinct, reading.ways,
    )  # fmt: skip


def candidates(parsed: Parse, vocabulary: Vocabulary, composed: Sequence[Ruled]) -> tuple[list[Candidate], Evidence]:
    """Readings of a question, best first, and the evidence that they rest on. composed: those of rules, ranked with
    ours."""
    made, evidence = drafts(parsed, vocabulary, composed)
    ground = Ground(evidence)
    held = judges()
    matrix, kept = rows(made, ground, held.phrasing)
    if not kept:
        return [], evidence
    scores = held.ranker.scores(matrix)
    order = np.argsort(-scores, kind="stable")
    seen = [at for at, each in enumerate(kept) if at < JUDGED or each.cost < 0 or at == order[0]]
    told = row(matrix[seen], scores[seen], len(parsed.corrections), parsed.language.certainty)
    surely = fitted(float(held.judge.probabilities(told[None, :])[0]), held.points)
    ranked = [
        Candidate(
            kept[at].reading, round(score, 4), round(chance, 4), kept[at].ruled, unexplained(kept[at], ground),
            uncovered(kept[at], ground),
        )
        for at, score, chance in zip(
            order.tolist(), scores[order].tolist(), chances(scores[order], surely), strict=True
        )
    ]  # fmt: skip
    return ranked, evidence


def chances(scores: NDArray[np.float64], surely: float) -> list[float]:
    """Probabilities of readings in the order of their scores: the first one's is known, the others share most of the rest,
    but for what may not have been found at all."""
    rest = np.exp(scores[1:] - scores[0])
    total = max(float(rest.sum()), 1e-9)
    return [surely, *(_FOUND * (1.0 - surely) * each / total for each in rest.tolist())]
