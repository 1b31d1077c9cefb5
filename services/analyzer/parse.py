"""Stages 1 to 5 in one value: what is in the question, before anything is decided about what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from maestro.semantics.v1 import semantics_pb2
from services.analyzer import cues as cue_stage
from services.analyzer.concepts import link_concepts
from services.analyzer.cues import Cue
from services.analyzer.dates import Period, find_periods
from services.analyzer.language import Language
from services.analyzer.link import FoundValue, Link
from services.analyzer.link_choice import strongest
from services.analyzer.link_terms import link_terms
from services.analyzer.link_values import link_found, link_values, value_texts
from services.analyzer.misleading import misleading
from services.analyzer.normalize import Normalized, normalize
from services.analyzer.numbers import Number, find_numbers
from services.analyzer.spell import Correction, correct
from services.analyzer.tongue import language_of
from services.analyzer.vocabulary import SMALL_WORDS, Target, Vocabulary


@dataclass(frozen=True, slots=True)
class Parse:
    """Everything that the stages found.

    keys: the tokens' folded words after spelling. texts: what to look up as values, as (text, first, last). links: every
    link, those of looked-up values only once `with_values` has added them.
    """

    question: Normalized
    language: Language
    keys: tuple[str, ...]
    corrections: tuple[Correction, ...]
    numbers: tuple[Number, ...]
    periods: tuple[Period, ...]
    cues: tuple[Cue, ...]
    links: tuple[Link, ...]
    texts: tuple[tuple[str, int, int], ...]
    today: date
    # What mentions.py found: it is asked again from every dataset's point of view.
    _sensible: "tuple[Link, ...] | None" = field(default=None, init=False, repr=False, compare=False)

    def text(self, first: int, last: int) -> str:
        """The characters of tokens [first, last)."""
        return self.question.text(first, last)


def parse(question: str, vocabulary: Vocabulary, today: date, hint: str = "", default: str = "pt") -> Parse:
    """What is in a question. hint: BCP 47 tag of the asker; default: language where nothing tells."""
    language = language_of(question, vocabulary, hint, default)
    normal = normalize(question, language.code)
    keys, corrections = correct(normal, language.code, vocabulary)
    mended = replace(
        normal,
        keys=keys,
        tokens=tuple(
            replace(token, norm=key) if key != token.norm else token
            for token, key in zip(normal.tokens, keys, strict=True)
        ),
    )
    blocked = [bool(token.quoted) for token in mended.tokens]
    cues = cue_stage.find_cues(keys, language.code, blocked)
    corrected = frozenset(correction.token for correction in corrections)
    links = link_terms(keys, mended, language.code, vocabulary, corrected)
    cues = _yielding(cues, links, keys, language.code, blocked)
    links += link_values(keys, mended, vocabulary, links)
    links += link_concepts(cues, keys, vocabulary)
    saying = _Saying.of(cues)
    links = [link for link in links if not _commands(link, cues) and not _hollow(link, saying, mended)]
    return Parse(
        question=mended,
        language=language,
        keys=keys,
        corrections=corrections,
        numbers=find_numbers(mended, language.code),
        periods=find_periods(mended, language.code, today),
        cues=cues,
        links=tuple(strongest(links, keys)),
        texts=tuple(value_texts(mended, keys, cues, links)),
        today=today,
    )


_CALLED = 0.9
"""Score from which on a link is what something is called, and not a part of it."""


def _yielding(
    cues: tuple[Cue, ...], links: Sequence[Link], keys: Sequence[str], language: str, blocked: Sequence[bool]
) -> tuple[Cue, ...]:
    """The cues without those whose last words begin a longer name: "qual o valor" asks how much, but in "qual o valor das
    entregas" it is the value of the deliveries that is asked for, where something is called so."""
    names = [
        range(link.first, link.last)
        for link in links
        if link.coverage == 1 and link.score >= _CALLED and link.target.kind in ("metric", "field")
        and any(cue.op == "HOW_MUCH" and cue.first < link.first < cue.last < link.last for cue in cues)
    ]  # fmt: skip
    if not names:
        return cues
    taken = [*map(any, zip(*([at in name for at in range(len(keys))] for name in names), strict=True))]
    others = ["" if held else key for key, held in zip(keys, taken, strict=True)]
    inside = [cue for cue in cues if any(name.start <= cue.first and cue.last <= name.stop for name in names)]
    return tuple(
        sorted((*cue_stage.find_cues(others, language, blocked), *inside), key=lambda cue: (cue.first, -cue.last))
    )


def _commands(link: Link, cues: Sequence[Cue]) -> bool:
    """Whether a link reads the verb that a question begins with ("show", "list", "name") as the name of something."""
    return link.first == 0 and any(
        cue.op in ("LIST", "WHAT", "WHICH") and cue.last >= link.last for cue in cues if cue.first == 0
    )


_EXACT = 0.93
"""Below it a value is only like the words."""


def _credible(values: Sequence[Link], terms: Sequence[Link], cues: Sequence[Cue]) -> list[Link]:
    """Values that are only like the words do not count where names of the model explain all of these words."""
    named = {at for link in terms if link.coverage == 1 and link.kind != "value" for at in range(link.first, link.last)}
    named |= {at for cue in cues for at in range(cue.first, cue.last)}
    return [
        link for link in values
        if (link.kind == "value" and link.score >= _EXACT)
        or link.target.kind == "entity"
        or not named.issuperset(range(link.first, link.last))
    ]  # fmt: skip


_ASKING = frozenset({"COUNT", "HOW_MUCH", "WHICH", "WHO", "EXISTS", "HAVE", "BE", "DO", "IT", "THE", "OF", "IN"})
"""Operators whose words are never a name by themselves ("quanto" of a field that is also called so)."""


@dataclass(frozen=True, slots=True)
class _Saying:
    """Tokens whose words say what to do. asking: those of words that only ask; steering: all."""

    asking: frozenset[int]
    steering: frozenset[int]

    @classmethod
    def of(cls, cues: Sequence[Cue]) -> "_Saying":
        """Of the cues of a question."""
        steering = frozenset(at for cue in cues for at in range(cue.first, cue.last))
        asking = frozenset(at for cue in cues if cue.op in _ASKING for at in range(cue.first, cue.last))
        return cls(asking, steering)


def _hollow(link: Link, saying: _Saying, question: Normalized) -> bool:
    """Whether a link rests on words alone that say what to do, not what about: a part of a term ("tem" for "tem canhoto"),
    or a code that a small word happens to spell ("para" for PA)."""
    if link.target.kind != "value" and link.coverage == 1:
        return saying.asking.issuperset(range(link.first, link.last))
    tokens = question.tokens
    return all(
        (at in saying.steering or tokens[at].norm in SMALL_WORDS)
        and not _code(tokens[at].text)
        and not question.letter(at)
        for at in range(link.first, link.last)
    )


def _code(text: str) -> bool:
    """Written as codes are: all in capitals."""
    return len(text) > 1 and text.isupper()


def with_values(parsed: Parse, found: Mapping[str, Sequence[FoundValue]], vocabulary: Vocabulary) -> Parse:
    """The parse with links to the values that the mapper found. found: by the texts of `parsed.texts`."""
    saying = _Saying.of(parsed.cues)
    values = [
        link for link in link_found(parsed.texts, found, vocabulary) if not _hollow(link, saying, parsed.question)
    ]
    links = [*parsed.links, *_credible(values, parsed.links, parsed.cues)]
    kept = [
        link for link in links
        if not misleading(link, parsed.keys, parsed.language, parsed.numbers, parsed.cues, vocabulary)
    ]  # fmt: skip
    return replace(parsed, links=tuple(strongest(kept or _whole(parsed, vocabulary), parsed.keys)))


def _whole(parsed: Parse, vocabulary: Vocabulary) -> list[Link]:
    """Where data of a period are asked for and nothing else is named: the dataset that most can be said of."""
    cue = next(
        (cue for cue in parsed.cues if cue.op in ("LIST", "EXPORT", "ALL_INFO") and cue.last - cue.first > 0), None
    )
    known = [each for each in vocabulary.model.datasets if each.default_time_field and not each.junction]
    if cue is None or not known or not any(not period.weak for period in parsed.periods):
        return []
    if "dados" not in parsed.keys and "data" not in parsed.keys:
        return []
    best = max(
        known, key=lambda each: (sum(held.role == semantics_pb2.FIELD_ROLE_FLAG for held in each.fields), each.name)
    )
    at = next(at for at, key in enumerate(parsed.keys) if key in ("dados", "data"))
    return [Link(at, at + 1, Target("dataset", best.name), 0.6, "default", best.name)]
