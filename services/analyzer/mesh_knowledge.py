"""Keeps the knowledge up to date: follows the mapper's models and the learner's patterns of each source."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any

from maestro.context.v1 import context_pb2
from maestro.learner.v1 import learner_pb2
from maestro.mapper.v1 import mapper_pb2
from mesh.fault import Fault
from services.analyzer.knowledge import Holding, Knowledge
from services.analyzer.link import FoundValue

_log = logging.getLogger(__name__)


class Follower:
    """Follows the sources that are configured, and any other from the first question about it."""

    def __init__(
        self, mapper: Any, learner: Any, knowledge: Knowledge, sources: Iterable[str], patience: float
    ) -> None:
        """mapper, learner: generated stubs. sources: names known at the start. patience: seconds before `ready`."""
        self._mapper = mapper
        self._learner = learner
        self._knowledge = knowledge
        self._sources = tuple(sources)
        self._patience = patience
        self._begun = time.monotonic()
        self._tasks: dict[str, list[asyncio.Task[None]]] = {}
        self._default = ""

    async def run(self) -> None:
        """Follows for ever."""
        try:
            for source in self._sources:
                self.follow(source)
            await asyncio.Event().wait()
        finally:
            tasks = [task for several in self._tasks.values() for task in several]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._tasks.clear()

    async def ready(self) -> bool:
        """Whether every configured source has a model, or was waited for long enough."""
        missing = [source for source in self._sources if not self._knowledge.open(source).models]
        return not missing or time.monotonic() - self._begun > self._patience

    def follow(self, source: str) -> None:
        """Begins to follow a source; does nothing where it is followed already."""
        if source not in self._tasks:
            holding = self._knowledge.open(source)
            self._tasks[source] = [
                asyncio.create_task(self._for_ever(self._models, holding), name=f"analyzer.models.{source}"),
                asyncio.create_task(self._for_ever(self._patterns, holding), name=f"analyzer.patterns.{source}"),
            ]

    async def holding(self, source: str) -> Holding:
        """The knowledge of the source that a request means. Raises Fault SOURCE_UNKNOWN, as the mapper does."""
        name = source.lower() or self._default or (self._sources[0] if len(self._sources) == 1 else "")
        if name in self._tasks:
            return self._knowledge.open(name)
        request = mapper_pb2.GetModelRequest(context=context_pb2.RequestContext(source=name))
        model = (await self._mapper.GetModel(request)).model
        holding = self._knowledge.open(model.source)
        if not holding.models:
            holding.put_model(model)
        if not name:
            self._default = model.source
        self.follow(model.source)
        return holding

    async def _for_ever(self, work: Any, holding: Holding) -> None:
        delay = 0.1
        while True:
            try:
                await work(holding)
                delay = 0.1
            except Fault as fault:
                _log.info("%s of %s: %s", work.__name__, holding.source, fault.message)
            except Exception:
                _log.exception("following %s of %s failed", work.__name__, holding.source)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 5.0)

    async def _models(self, holding: Holding) -> None:
        held = next(reversed(holding.models), "")
        context = context_pb2.RequestContext(source=holding.source)
        async for response in self._mapper.WatchModel(mapper_pb2.WatchModelRequest(context=context, held_version=held)):
            holding.put_model(response.model)
            _log.info("model %s of %s", response.model.version, holding.source)
            # Compiled before the first question needs it.
            await holding.vocabulary(response.model, await holding.learned("", 0))

    async def _patterns(self, holding: Holding) -> None:
        held = next(reversed(holding.patterns), "")
        context = context_pb2.RequestContext(source=holding.source)
        request = learner_pb2.WatchPatternsRequest(context=context, held_version=held)
        async for response in self._learner.WatchPatterns(request):
            holding.put_patterns(response.version, response.patterns)
            if holding.models:
                await holding.vocabulary(await holding.model("", 0), await holding.learned("", 0))


async def look_up(
    mapper: Any, context: context_pb2.RequestContext, texts: list[str], timeout: float, least: float
) -> dict[str, list[FoundValue]]:
    """Stored values that the texts may mean, by text; empty where the mapper cannot tell."""
    if not texts:
        return {}
    request = mapper_pb2.LookUpValuesRequest(context=context, texts=texts, min_score=least, max_matches=8)
    try:
        response = await mapper.LookUpValues(request, timeout=timeout)
    except Fault as fault:
        _log.warning("values cannot be looked up: %s", fault.message)
        return {}
    return {
        result.text: [
            FoundValue(match.dataset, match.field, match.value, match.score, match.method) for match in result.matches
        ]
        for result in response.results
    }
