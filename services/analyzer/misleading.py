"""Links that rest on a coincidence of words: the words stand there, but say something else.

The linker takes every term whose words occur, in any order and without the small ones, because a ranker may tell the
chance ones apart. What one look at the question shows wrong is left out here: `misleading` for every later stage,
`careless` for the grammar without training alone, which cannot weigh a weak link against the rest of a reading.
"""

from services.analyzer.cues import GLUE, Cue
from services.analyzer.language import Language
from services.analyzer.link import Link
from services.analyzer.normalize import fold
from services.analyzer.numbers import Number
from services.analyzer.stem import stems
from services.analyzer.vocabulary import SMALL_WORDS, Lexeme, Target, Vocabulary, words_of

_LEAST_ALIKE = 0.7
_LETTERS = 3
_LAST = frozenset({"ultimo", "ultima", "ultimos", "ultimas", "last", "latest"})
"""Rows are last by the time of what they are rows of, not by any field that measures a time."""
_SAME = 0.99
_VERB = 0.9
_WEAK = 0.5
_HALF = 0.5
"""Share of its words by which a metric is not named: a wrong measure looks just like the right one."""
_CARRYING = frozenset({"LIST", "ALL_INFO", "EXPORT", "SPREADSHEET", "CSV", "CHART"})
_OPERATORS = frozenset(
    {"BETWEEN", "NOT", "NE", "OR", "GT", "GE", "LT", "LE", "AFTER", "BEFORE", "PERCENT", "CORRELATION", "WHY", "FORECAST",
     "DISTRIBUTION", "DIFFERENCE", "COMPARE", "WHO", "WHEN", "WHERE"}
)  # fmt: skip
_BEING = frozenset("é são está estão era eram foi foram is are was were be".split())  # noqa: SIM905
_APART = frozenset({"no", "na", "nos", "nas", "e", "ou", "and", "or", "com", "sem", "with", "without"})


def misleading(
    link: Link, keys: tuple[str, ...], language: Language, numbers: tuple[Number, ...], cues: tuple[Cue, ...],
    vocabulary: Vocabulary,
) -> bool:  # fmt: skip
    """Whether the words of a link cannot mean its target."""
    if link.target.kind == "value":
        # A number is a code or it is not: one like it is another.
        digits = all(key.isdigit() for key in keys[link.first : link.last])
        # What has no letters to speak of resembles anything.
        if (
            link.kind == "fuzzy"
            and sum(char.isalpha() for key in keys[link.first : link.last] for char in key) < _LETTERS
        ):
            return True
        return link.score < (_SAME if digits else _LEAST_ALIKE)
    return (
        _cut_number(link, numbers)
        or _other_phrase(link, keys, vocabulary)
        or _turned(link, keys, language)
        or _carried(link, cues)
        or _doing(link, cues)
    )


def careless(link: Link, keys: tuple[str, ...], cues: tuple[Cue, ...]) -> bool:
    """Whether a link is a name that only shares its stem, or a part of its words, with a word that does something here
    ("entre" and "entrou", "por dia" and "em dia", "yet" and "not left yet")."""
    if link.target.kind == "value" or link.last - link.first > 1:
        return False
    if any(_foretold(cue, link) or _differs(cue, link) for cue in cues):
        return True
    if link.score >= _VERB:
        return False
    if link.kind == "cue" and (link.score < _WEAK or keys[link.first] in _LAST):
        return True
    if link.kind == "lexicon" and link.score < _WEAK and link.target.kind == "field":
        return True
    key = keys[link.first]
    if link.coverage == 1 and key in fold(link.via).split():
        return False
    doing = [cue for cue in cues if cue.first <= link.first < cue.last]
    if any(cue.op in _OPERATORS or cue.op.startswith("GRAIN_") for cue in doing):
        return True
    if link.coverage == 1:
        return False
    if link.target.kind == "metric" and link.coverage <= _HALF:
        return True
    return key in SMALL_WORDS or (bool(doing) and all(cue.op in GLUE for cue in doing)) or link.score <= _WEAK


def _foretold(cue: Cue, link: Link) -> bool:
    """ "Previsão de faturamento" is no date, though "previsão" is one."""
    return cue.op == "FORECAST" and cue.last - cue.first > 1 and cue.first <= link.first and link.last <= cue.last


def _differs(cue: Cue, link: Link) -> bool:
    """ "Diferença entre" speaks of what follows, though something may be called a difference."""
    return cue.op == "DIFFERENCE" and cue.last - cue.first > 1 and cue.first <= link.first and link.last <= cue.last


def _cut_number(link: Link, numbers: tuple[Number, ...]) -> bool:
    """A part of a term, made of a part of a number ("5 mil reais" speaks of no "custo real")."""
    span = set(range(link.first, link.last))
    spans = [set(range(number.first, number.last)) for number in numbers]
    return link.coverage < 1 and any(span & each and not span >= each for each in spans)


def _other_phrase(link: Link, keys: tuple[str, ...], vocabulary: Vocabulary) -> bool:
    """A term of one word that means what it does only by the small words before it ("em dia", "no prazo", "a pagar")."""
    if link.target.kind not in ("filter", "metric") or link.last - link.first > 1 or link.coverage < 1:
        return False
    words = words_of(link.via)
    return len(words) == 1 and not any(_said(lexeme, link, keys) for lexeme in _terms(link.target, words, vocabulary))


def _terms(target: Target, words: tuple[str, ...], vocabulary: Vocabulary) -> list[Lexeme]:
    """The terms of a target whose only word is of the stem of these."""
    found = {
        number
        for stem in stems(words[0])
        for language in vocabulary.stems
        for number, _ in vocabulary.stems[language].get(stem, ())
    }
    held = [vocabulary.lexemes[number] for number in sorted(found)]
    return [lexeme for lexeme in held if lexeme.target == target and len(lexeme.words) == 1]


def _said(lexeme: Lexeme, link: Link, keys: tuple[str, ...]) -> bool:
    # Being so is no part of how a thing is called ("é oficial"); once folded, "é" could not be told from "and".
    told = [fold(word) for word in lexeme.text.split() if word.lower() not in _BEING]
    at = told.index(lexeme.words[0]) if lexeme.words[0] in told else 0
    ahead, behind = told[:at], told[at + 1 :]
    before, after = keys[max(0, link.first - len(ahead)) : link.first], keys[link.last : link.last + len(behind)]
    return all(word in before for word in ahead) and all(word in after for word in behind)


def _turned(link: Link, keys: tuple[str, ...], language: Language) -> bool:
    """Two words that stand the other way round with an "in the" or an "and" between: "entregas no prazo" are deliveries,
    "prazo de entrega" is a time."""
    if not _APART & set(keys[link.first : link.last]):
        return False
    wanted = [set(stems(word, language.code)) for word in words_of(link.via)]
    places = [
        next((at for at in range(link.first, link.last) if stem & set(stems(keys[at], language.code))), -1)
        for stem in wanted
    ]
    found = [place for place in places if place >= 0]
    return len(found) > 1 and found != sorted(found)


def _doing(link: Link, cues: tuple[Cue, ...]) -> bool:
    """A dataset called by the verb behind "who" ("quem transportou"): it tells what was done, the answer is by whom."""
    after = {cue.last for cue in cues if cue.op == "WHO"}
    return link.target.kind == "dataset" and link.first in after and link.last - link.first == 1 and link.score < _VERB


def _carried(link: Link, cues: tuple[Cue, ...]) -> bool:
    """A part of a term whose words only ask for something to be shown ("mostre dados de" names no date)."""
    asking = {at for cue in cues if cue.op in _CARRYING for at in range(cue.first, cue.last)}
    return link.score < _LEAST_ALIKE and asking.issuperset(range(link.first, link.last))
