"""A language model as one more proposer of plans: asked beside the analyzer's own stages, checked like any candidate.

It never hurts: it has a deadline, answers are cut and checked, after failures it is left alone for a while, and without one
nothing of a question changes. It gets the question and what proposer_slice.py tells, and answers in the form of
proposer_prompt.py, never in SQL.
"""

import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.analyzer.build import build
from services.analyzer.link import FoundValue
from services.analyzer.parse import Parse
from services.analyzer.proposer_breaker import Breaker
from services.analyzer.proposer_form import reading_of
from services.analyzer.proposer_http import ModelError
from services.analyzer.proposer_json import Rejected, decoded
from services.analyzer.proposer_prompt import SCHEMA, messages
from services.analyzer.proposer_slice import Slice, slice_of
from services.analyzer.proposer_values import settled, texts_of
from services.analyzer.reading import Reading
from services.analyzer.trees import NotConnected
from services.analyzer.vocabulary import Vocabulary

_log = logging.getLogger(__name__)
_KEPT = 256
"""Answers that are remembered: the same question of the same model gets the same plan."""
_AT_ONCE = 4
LookUp = Callable[[list[str]], Awaitable[Mapping[str, Sequence[FoundValue]]]]
"""Stored values that texts may mean."""


class Model(Protocol):
    """What answers."""

    async def complete(
        self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], tokens: int, seconds: float
    ) -> str:
        """The text of its answer. Raises ModelError."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the model proposed: nothing, or a reading. name: of the model. why: why there is none, for people."""

    readings: tuple[Reading, ...] = ()
    name: str = ""
    why: str = ""


NOTHING = Proposal()


class Proposer:
    """Asks one model.

    values: example values of a field that it may see at most. tokens: that its answer may have. seconds: that it may take.
    """

    def __init__(
        self, model: Model, name: str, *, seconds: float, tokens: int, values: int, breaker: Breaker | None = None
    ) -> None:
        self._model = model
        self._name = name
        self._seconds = seconds
        self._tokens = tokens
        self._values = values
        self._breaker = breaker or Breaker()
        self._kept: OrderedDict[bytes, str] = OrderedDict()
        self._asked = 0

    async def propose(
        self, parsed: Parse, vocabulary: Vocabulary, look_up: LookUp, remaining: float | None = None
    ) -> Proposal:
        """What the model proposes for a question. remaining: seconds that the question has left, of which at most half are
        spent here; None: no limit. Raises nothing but cancellation."""
        try:
            told = slice_of(parsed, vocabulary, self._values)
            answer = await self._answer(parsed, told, remaining)
            draft = reading_of(decoded(answer), vocabulary, told.datasets)
            reading = settled(draft, await self._found(draft, look_up), parsed, vocabulary)
            build(reading, vocabulary, parsed.question)
        except (ModelError, Rejected) as error:
            _log.info("no proposal: %s", error)
            return Proposal(name=self._name, why=str(error))
        except NotConnected:
            return Proposal(name=self._name, why="its tables cannot be joined")
        except Exception:  # an answer may be anything, and must not cost a question its own readings
            _log.exception("an answer of the language model could not be read")
            return Proposal(name=self._name, why="it could not be read")
        return Proposal((reading,), self._name)

    async def _found(self, draft: Reading, look_up: LookUp) -> Mapping[str, Sequence[FoundValue]]:
        texts = texts_of(draft)
        return await look_up(texts) if texts else {}

    async def _answer(self, parsed: Parse, told: Slice, remaining: float | None) -> str:
        if not told.datasets:
            raise Rejected("nothing of the source is named")
        asked = messages(parsed.question.question, told.text, parsed.today if parsed.periods else None)
        key = hashlib.sha256(json.dumps(asked).encode()).digest()
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        seconds = self._seconds if remaining is None else min(self._seconds, remaining / 2)
        if self._breaker.open:
            raise ModelError("it failed lately and is left alone for a while")
        if self._asked >= _AT_ONCE:
            raise ModelError("it is busy with other questions")
        return await self._ask(key, asked, seconds)

    async def _ask(self, key: bytes, asked: Sequence[Mapping[str, str]], seconds: float) -> str:
        self._breaker.begin()
        self._asked += 1
        try:
            answer = await self._model.complete(asked, SCHEMA, self._tokens, seconds)
            self._kept[key] = answer
            decoded(answer)
        except (ModelError, Rejected):
            # One that never answers in the form costs as much as one that does not answer.
            self._breaker.failed()
            raise
        except BaseException:
            self._breaker.abandoned()
            raise
        finally:
            self._asked -= 1
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._breaker.succeeded()
        return answer
