"""A word that nothing of the model is called, taken for what comes near to it in meaning: asked back, never answered.

Only where a question would be refused for such words. Each is taken in turn for the names nearest to it, the question is
read again as if these were what it is called, and what can be read so becomes a choice. Likeness of meaning is weak
evidence ("salary" comes near to "amount", "buyer" to "seller"), so that the asker has to say which is meant, if any.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.analyzer.analyze import Scored
from services.analyzer.asking import Limits
from services.analyzer.canonical import canonical
from services.analyzer.decide import Choice, Decision, Finding, decide
from services.analyzer.link import NAMED, FoundValue, Link
from services.analyzer.link_choice import strongest
from services.analyzer.parse import Parse
from services.analyzer.phrases import say
from services.analyzer.reading import Reading, Related, conditions, refs
from services.analyzer.relating import Near
from services.analyzer.shown import HOLLOW, PT_VERB
from services.analyzer.telling import Teller
from services.analyzer.trees import NotConnected
from services.analyzer.vocabulary import SMALL_WORDS, Target, Vocabulary, words_of

_MOST_WORDS, _MOST_LETTERS = 4, 60
"""Words of a question that are asked about at most; letters of one."""
_CLOSE = 0.12
"""What a name may be less near than the nearest to be a choice beside it."""
_SENSES, _TRIALS, _CHOICES = 4, 10, 3
"""Names that a word is taken for at most; times that a question is read again; choices that are offered."""
_DEEP = 2
"""Unknown words of one question that are taken for something together."""
_AS_IF = 1.0
"""Score of a link for the reading that supposes it: the question is read as if something were called so."""
_NAMED, _HOME = 0.8, 0.05
"""Score from which on a dataset is named; what it is worth for a choice that its rows are those of such a dataset."""
_WORTH = 0.4
"""What likeness is worth beside other links: less than any name, synonym or word of the lexicon."""
_READINGS = 3
"""Readings of one supposition among which the first is sought that uses it."""
_EN_VERB = re.compile(r"..ed$")


@dataclass(frozen=True, slots=True)
class Strange:
    """Words [first, last) that nothing of the model is called."""

    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Sense:
    """What words are taken for: everything that is called by the phrase that they come near to."""

    word: Strange
    targets: tuple[Target, ...]
    phrase: str
    score: float


@dataclass(frozen=True, slots=True)
class Taken:
    """A reading that supposes senses. said: what each is taken for in it, in the language of the asker."""

    scored: Scored
    senses: tuple[Sense, ...]
    said: tuple[str, ...]

    @property
    def likeness(self) -> float:
        """How near its senses are, all together."""
        score = 1.0
        for sense in self.senses:
            score *= sense.score
        return score


def strange_words(parsed: Parse, decision: Decision) -> tuple[Strange, ...]:
    """The nouns that a refusal is for: words without capital or quotes that nothing known is linked to."""
    return _strange(parsed, decision.unknown)


def asked_about(parsed: Parse, decision: Decision) -> tuple[Strange, ...]:
    """What to ask the mapper about, all at once: the words that a refusal is for, and any others that may turn out to be in
    the way when these are taken for something."""
    words = strange_words(parsed, decision)
    if not words:
        return ()
    left = decision.candidates[0].unexplained if decision.candidates else ()
    others = [each for each in _strange(parsed, [(at, at + 1) for at in left]) if not _inside(each, words)]
    return (*words, *others)[:_MOST_WORDS]


def _inside(word: Strange, others: Iterable[Strange]) -> bool:
    return any(each.first <= word.first and word.last <= each.last for each in others)


def _strange(parsed: Parse, places: Iterable[tuple[int, int]]) -> tuple[Strange, ...]:
    known = {at for link in parsed.links if link.score >= NAMED for at in range(link.first, link.last)}
    known |= {at for cue in parsed.cues for at in range(cue.first, cue.last)}
    found: dict[tuple[int, int], Strange] = {}
    for first, last in places:
        for start, end in _runs([at for at in range(first, last) if at not in known and _noun(parsed, at)]):
            text = parsed.text(start, end)
            if len(text) <= _MOST_LETTERS:
                found.setdefault((start, end), Strange(start, end, text))
    return tuple(found.values())[:_MOST_WORDS]


def _noun(parsed: Parse, at: int) -> bool:
    token, key = parsed.question.tokens[at], parsed.keys[at]
    return (
        token.is_word
        and not token.quoted
        and not (token.capital and at > 0)
        and len(key) > 2
        and key not in SMALL_WORDS
        and key not in HOLLOW
        and not (PT_VERB if parsed.language.code != "en" else _EN_VERB).search(key)
    )


def _runs(tokens: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Stretches of neighbouring tokens."""
    start = 0
    for at in range(1, len(tokens) + 1):
        if at == len(tokens) or tokens[at] != tokens[at - 1] + 1:
            yield tokens[start], tokens[at - 1] + 1
            start = at


def near_datasets(parsed: Parse, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Datasets in which to look: those that the question names something of, and what is up to two steps from them; none,
    which means all, where it names nothing."""
    named = {link.target.dataset for link in parsed.links if link.score >= NAMED and link.target.dataset}
    for _ in range(2):
        named |= {
            end
            for name in sorted(named)
            for entry in vocabulary.touching.get(name, ())
            for end in (entry.from_dataset, entry.to_dataset)
        }
    return tuple(sorted(named))


def senses(word: Strange, near: Sequence[Near], vocabulary: Vocabulary, least: float) -> list[Sense]:
    """What a word may be taken for, nearest first. least: likeness from which on a name counts."""
    ranked = sorted(near, key=lambda each: (-each.score, each.dataset, each.field))
    ranked = [each for each in ranked if _target(each, vocabulary) is not None]
    if not ranked or ranked[0].score < least:
        return []
    close = [each for each in ranked if each.score >= max(least, ranked[0].score - _CLOSE)]
    phrases: dict[tuple[str, ...], list[Near]] = {}
    for each in close:
        phrases.setdefault(words_of(each.phrase), []).append(each)
    found: dict[tuple[Target, ...], Sense] = {}
    for words, several in phrases.items():
        own = {target for each in several if (target := _target(each, vocabulary)) is not None}
        own |= _called(words, {target.dataset for target in own}, vocabulary)
        targets = tuple(sorted(own))
        if targets:
            found.setdefault(targets, Sense(word, targets, several[0].phrase, several[0].score))
    return list(found.values())[:_SENSES]


def _target(near: Near, vocabulary: Vocabulary) -> Target | None:
    if near.dataset not in vocabulary.datasets:
        return None
    if not near.field:
        return Target("dataset", near.dataset)
    held = vocabulary.fields.get((near.dataset, near.field))
    # A condition ("pendente", "cotado") is no noun: words come near to it by chance.
    if held is None or held.role == semantics.FIELD_ROLE_FLAG:
        return None
    return Target("field", near.dataset, near.field)


def _called(words: tuple[str, ...], datasets: set[str], vocabulary: Vocabulary) -> set[Target]:
    """What else is called so in these datasets."""
    return {
        lexeme.target
        for lexeme in vocabulary.lexemes
        if lexeme.words == words
        and lexeme.weight >= 0.8
        and lexeme.target.dataset in datasets
        and lexeme.target.kind in ("field", "metric", "dataset")
    }


def taken(
    parsed: Parse,
    decision: Decision,
    near: Mapping[str, Sequence[Near]],
    found: Mapping[str, Sequence[FoundValue]],
    vocabulary: Vocabulary,
    limits: Limits,
    least: float,
) -> Decision | None:
    """The question back instead of a refusal; None where nothing is near, or where the question cannot be read so.

    near: by the texts of `strange_words`. found: as for `decide`.
    """
    teller = Teller(vocabulary, parsed.language.code)
    reader = _Reader(near, found, vocabulary, limits, least, teller)
    words = strange_words(parsed, decision)
    # Where the question names nothing at all there is nothing to go by but these words: none may be left over.
    reader.required = () if decision.candidates else words
    made: dict[Reading, Taken] = {}
    for each in reader.read(parsed, words, ()):
        made.setdefault(canonical(each.scored.reading), each)
    named = {link.target.dataset for link in parsed.links if link.target.kind == "dataset" and link.score >= _NAMED}
    ranked = sorted(made.values(), key=lambda each: -each.likeness - _HOME * (each.scored.reading.root in named))
    return _asked(ranked[:_CHOICES], parsed, decision, teller, limits) if ranked else None


class _Reader:
    """Reads a question again and again, each time with other senses of its unknown words."""

    def __init__(
        self,
        near: Mapping[str, Sequence[Near]],
        found: Mapping[str, Sequence[FoundValue]],
        vocabulary: Vocabulary,
        limits: Limits,
        least: float,
        teller: Teller,
    ) -> None:
        self._near = near
        self._found = found
        self._vocabulary = vocabulary
        self._limits = limits
        self._least = least
        self._teller = teller
        self._left = _TRIALS
        self.required: tuple[Strange, ...] = ()
        """Words that every reading has to explain."""

    def read(self, parsed: Parse, words: Sequence[Strange], supposed: tuple[Sense, ...]) -> Iterator[Taken]:
        """Readings that suppose a sense of one of the words beside those already supposed, or where that is not enough, of
        several."""
        options = [
            sense
            for word in words
            for sense in senses(word, self._near.get(word.text, ()), self._vocabulary, self._least)
        ]
        for sense in sorted(options, key=lambda each: (-each.score, each.word.first, each.targets)):
            if self._left <= 0:
                return
            self._left -= 1
            several = (*supposed, sense)
            again = _supposing(parsed, sense)
            decided = decide(again, self._found, self._vocabulary, self._limits)
            left = self._in_the_way(again, decided, several)
            if not left and decided.outcome != "refusal":
                reading = self._fitting(decided, several)
                if reading is not None:
                    yield reading
            elif len(several) < _DEEP:
                yield from self.read(again, left, several)

    def _in_the_way(self, parsed: Parse, decided: Decision, several: tuple[Sense, ...]) -> tuple[Strange, ...]:
        """The words for which the question still cannot be read."""
        if decided.outcome == "refusal":
            return strange_words(parsed, decided)
        explained = [sense.word for sense in several]
        left = set(decided.candidates[0].unexplained)
        return tuple(
            each for each in self.required if each not in explained and left & set(range(each.first, each.last))
        )

    def _fitting(self, decided: Decision, several: tuple[Sense, ...]) -> Taken | None:
        """The first reading that does use every sense."""
        for scored in decided.candidates[:_READINGS]:
            used = [_used(scored, sense) for sense in several]
            if not all(used):
                continue
            try:
                scored.plan  # noqa: B018  # made here, for what cannot be joined is no choice
            except NotConnected:
                continue
            said = tuple(self._teller.called(target.dataset, target.name) for target in used if target is not None)
            return Taken(scored, several, said)
        return None


def _supposing(parsed: Parse, sense: Sense) -> Parse:
    """The parse as it would be if something were called by the word."""
    first, last = sense.word.first, sense.word.last
    others = [link for link in parsed.links if link.last <= first or last <= link.first]
    supposed = [Link(first, last, target, _AS_IF, "synonym", sense.phrase) for target in sense.targets]
    return replace(parsed, links=tuple(strongest([*others, *supposed], parsed.keys)))


def _used(scored: Scored, sense: Sense) -> Target | None:
    """Which of the targets of a sense a reading is about; None where it leaves the word unexplained, or explains it by
    something else."""
    if any(sense.word.first <= at < sense.word.last for at in scored.unexplained):
        return None
    reading = scored.reading
    items = [*reading.select, *reading.group, *(order.item for order in reading.order)]
    fields = {(ref.dataset, ref.field) for ref in refs(reading)}
    metrics = {(item.dataset, item.metric) for item in items if item.metric}
    datasets = {reading.root, *reading.tables, *(name for name, _ in fields), *(item.dataset for item in items)}
    datasets |= {each.dataset for each in conditions(reading) if isinstance(each, Related)}
    for target in sense.targets:
        if target.kind == "dataset":
            if target.dataset in datasets:
                return target
        elif (target.dataset, target.name) in (metrics if target.kind == "metric" else fields):
            return target
    return None


def _asked(ranked: Sequence[Taken], parsed: Parse, decision: Decision, teller: Teller, limits: Limits) -> Decision:
    language = parsed.language.code
    meant = sorted({sense.word for each in ranked for sense in each.senses}, key=lambda word: word.first)
    words = ", ".join(dict.fromkeys(word.text for word in meant))
    texts = [_put(each, language) for each in ranked]
    sure = all(each.scored.by == "rules" or each.scored.probability >= limits.answer_at for each in ranked)
    if len(set(texts)) < len(texts) or not sure:
        # What the words mean does not say all: the rest of the question may be read in several ways as well.
        texts = [f"{text} ({teller.whole(each.scored.reading)})" for text, each in zip(texts, ranked, strict=True)]
    question = say("alike_one", language, words=words, taken=texts[0])
    if len(ranked) > 1:
        question = say("alike_several", language, words=words)
    choices = tuple(
        Choice(text, _plan(each, language), round(each.likeness * each.scored.probability, 4))
        for text, each in zip(texts, ranked, strict=True)
    )
    params = (("text", words), ("taken", "; ".join(texts)))
    why = Finding("question.alike", f"{words!r} is known by likeness of meaning alone.", False, params)
    return replace(
        decision,
        outcome="clarification",
        best=ranked[0].scored,
        confidence=choices[0].probability,
        clarification=question,
        choices=choices,
        findings=(why,),
        suggestions=(),
        unknown=(),
    )


def _put(each: Taken, language: str) -> str:
    """What a choice takes the words for."""
    if len(each.said) == 1:
        return each.said[0]
    pairs = zip(each.senses, each.said, strict=True)
    return ", ".join(say("alike", language, words=sense.word.text, taken=said) for sense, said in pairs)


def _plan(each: Taken, language: str) -> plan.QueryPlan:
    """The plan of a choice, which says of what rests on likeness that it does."""
    made = plan.QueryPlan()
    made.CopyFrom(each.scored.plan)
    for sense, said in zip(each.senses, each.said, strict=True):
        for origin in _origins(made):
            if any(sense.word.text == span.text for span in origin.words):
                origin.kind = plan.LINK_KIND_SIMILARITY
                origin.score = round(_WORTH * sense.score, 4)
                origin.via = sense.phrase
        chosen = say("by_likeness", language, taken=said)
        made.assumptions.add(kind="sense", subject=sense.word.text, chosen=chosen)
    return made


def _origins(message: object) -> Iterable[plan.Origin]:
    """Every origin inside a message."""
    if isinstance(message, plan.Origin):
        yield message
        return
    for field, value in message.ListFields():  # type: ignore[attr-defined]  # any message of the plan
        if field.type != field.TYPE_MESSAGE:
            continue
        for part in value if field.is_repeated else (value,):
            yield from _origins(part)
