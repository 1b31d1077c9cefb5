"""What the analyzer holds: the last few semantic models and the patterns of each source, ready to link against."""

import asyncio
import gc
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from maestro.learner.v1 import learner_pb2
from maestro.semantics.v1 import semantics_pb2
from mesh.fault import Fault
from services.analyzer.learned import prepare
from services.analyzer.normalize import fold
from services.analyzer.vocabulary import Lexeme, Target, Vocabulary, compile_vocabulary, words_of

K = TypeVar("K")
V = TypeVar("V")
KEPT = 4
"""Versions of a source's model, and of its patterns, that can still be asked for."""
NONE = "none"
"""A version that means: without this knowledge."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """The active patterns of a source. questions: by normalised question."""

    version: str
    phrases: tuple[learner_pb2.Pattern, ...] = ()
    questions: dict[str, learner_pb2.Pattern] = field(default_factory=dict)


@dataclass
class Holding:
    """One source's knowledge. changed: set and replaced whenever something new arrives."""

    source: str
    models: "OrderedDict[str, semantics_pb2.SemanticModel]" = field(default_factory=OrderedDict)
    patterns: "OrderedDict[str, Patterns]" = field(default_factory=OrderedDict)
    vocabularies: "OrderedDict[tuple[str, str], Vocabulary]" = field(default_factory=OrderedDict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def put_model(self, model: semantics_pb2.SemanticModel) -> None:
        """Makes a model the current one."""
        _keep(self.models, model.version, model)
        self._tell()

    def put_patterns(self, version: str, patterns: Sequence[learner_pb2.Pattern]) -> None:
        """Makes patterns the current ones."""
        phrases = tuple(each for each in patterns if each.kind == learner_pb2.PATTERN_KIND_PHRASE)
        questions = {
            question_key(each.phrase): each for each in patterns if each.kind == learner_pb2.PATTERN_KIND_QUESTION
        }
        _keep(self.patterns, version, Patterns(version, phrases, questions))
        self._tell()

    def _tell(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    async def model(self, version: str, wait: float) -> semantics_pb2.SemanticModel:
        """The model of a version, "" for the current one. Raises Fault VERSION_UNKNOWN or SOURCE_UNAVAILABLE."""
        await self._until(lambda: bool(self.models) if not version else version in self.models, wait)
        if version:
            if version not in self.models:
                raise _unknown("semantics", version, self.source)
            return self.models[version]
        if not self.models:
            raise Fault(
                "SOURCE_UNAVAILABLE",
                f"The semantic model of source {self.source!r} has not arrived yet.",
                metadata={"source": self.source},
                retry_after=1.0,
            )
        return next(reversed(self.models.values()))

    async def learned(self, version: str, wait: float) -> Patterns:
        """The patterns of a version, "" for the current ones or none. Raises Fault VERSION_UNKNOWN."""
        if version == NONE:
            return Patterns(NONE)
        if version:
            await self._until(lambda: version in self.patterns, wait)
            if version not in self.patterns:
                raise _unknown("patterns", version, self.source)
            return self.patterns[version]
        return next(reversed(self.patterns.values())) if self.patterns else Patterns(NONE)

    async def _until(self, arrived: Callable[[], bool], wait: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        while not arrived() and (left := end - loop.time()) > 0:
            try:
                await asyncio.wait_for(self.changed.wait(), left)
            except TimeoutError:
                return

    async def vocabulary(self, model: semantics_pb2.SemanticModel, patterns: Patterns) -> Vocabulary:
        """The vocabulary of a model and patterns, made once; large models are made in a thread."""
        key = (model.version, patterns.version)
        if key not in self.vocabularies:
            extra = [lexeme for pattern in patterns.phrases for lexeme in lexemes(pattern)]
            made = await asyncio.to_thread(_compiled, model, extra)
            _keep(self.vocabularies, key, made)
        return self.vocabularies[key]


def _compiled(model: semantics_pb2.SemanticModel, extra: Sequence[Lexeme]) -> Vocabulary:
    """The vocabulary; and the trained models are there before the first question."""
    prepare()
    made = compile_vocabulary(model, extra)
    # It stays: collections in the middle of a question need not look at all of its terms again.
    gc.freeze()
    return made


class Knowledge:
    """All holdings, by source."""

    def __init__(self) -> None:
        self.holdings: dict[str, Holding] = {}

    def open(self, source: str) -> Holding:
        """The holding of a source, made where it is new."""
        return self.holdings.setdefault(source, Holding(source))


def question_key(question: str) -> str:
    """A question as patterns know it: folded, without punctuation, single blanks."""
    return " ".join("".join(char if char.isalnum() else " " for char in fold(question)).split())


def lexemes(pattern: learner_pb2.Pattern) -> list[Lexeme]:
    """What a learned phrase adds to the vocabulary; empty where its target cannot be read."""
    target = _target(pattern.target)
    words = words_of(pattern.phrase)
    if target is None or not words:
        return []
    return [Lexeme(words, target, 1.0, "pattern", "", pattern.id)]


def _target(text: str) -> Target | None:
    kind, colon, name = text.partition(":")
    if colon and kind == "metric":
        return Target("metric", "", name)
    if colon and kind == "entity":
        return Target("entity", "", name)
    place, equals, value = text.partition("=")
    dataset, dot, field_name = place.rpartition(".")
    if equals and dot:
        return Target("value", dataset, field_name, value)
    if dot:
        return Target("field", dataset, field_name)
    return Target("dataset", text) if text else None


def _keep(shelf: "OrderedDict[K, V]", key: K, value: V) -> None:
    shelf.pop(key, None)
    shelf[key] = value
    while len(shelf) > KEPT:
        shelf.popitem(last=False)


def _unknown(kind: str, version: str, source: str) -> Fault:
    return Fault(
        "VERSION_UNKNOWN",
        f"Version {version} of the {kind} of source {source!r} is not held.",
        metadata={"kind": kind, "version": version, "source": source},
    )
