"""Asks the mapper what words come near to in meaning, and remembers what it said."""

import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maestro.context.v1 import context_pb2
from maestro.mapper.v1 import mapper_pb2
from mesh.fault import Fault

_log = logging.getLogger(__name__)
_KEPT = 512
"""Texts that are remembered."""
_RELATIONS = 20
"""Things that are asked for at most of each text, which is what the mapper gives at most."""


@dataclass(frozen=True, slots=True)
class Near:
    """A name that comes near in meaning. field "": the dataset itself. score: 0 to 1."""

    dataset: str
    field: str
    score: float
    phrase: str


class Relating:
    """Remembers by version of the model, text and datasets looked in; forgets the one that was longest unused."""

    def __init__(self, mapper: Any) -> None:
        """mapper: a generated stub."""
        self._mapper = mapper
        self._kept: OrderedDict[tuple[str, ...], tuple[Near, ...]] = OrderedDict()

    async def near(
        self, context: context_pb2.RequestContext, texts: Sequence[str], datasets: Sequence[str], timeout: float
    ) -> Mapping[str, tuple[Near, ...]]:
        """Names near to each text, nearest first; empty where nothing is, or where the mapper cannot tell in time.

        One call for all texts that are not remembered. timeout: seconds.
        """
        versions = context.versions
        about = (context.source, versions.semantics, versions.similarity, *sorted(datasets))
        missing = [text for text in dict.fromkeys(texts) if (*about, text) not in self._kept]
        if missing:
            request = mapper_pb2.RelateTermsRequest(
                context=context, texts=missing, datasets=sorted(datasets), max_relations=_RELATIONS
            )
            try:
                response = await self._mapper.RelateTerms(request, timeout=timeout)
            except Fault as fault:
                _log.warning("words cannot be compared by meaning: %s", fault.message)
                return {}
            if not response.available:
                return {}
            for result in response.results:
                near = tuple(Near(each.dataset, each.field, each.score, each.phrase) for each in result.relations)
                self._kept[*about, result.text] = near
        found = {}
        for text in texts:
            self._kept.move_to_end((*about, text))
            found[text] = self._kept[*about, text]
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found
