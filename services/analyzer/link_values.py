"""Links to values: those that the model holds, and those that Mapper.LookUpValues found for stretches of the question."""

import re
from collections.abc import Iterable, Mapping, Sequence

from maestro.catalog.v1 import catalog_pb2
from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import Cue
from services.analyzer.link import CLOSE, NAMED, FoundValue, Link
from services.analyzer.normalize import Normalized, fold
from services.analyzer.stem import plain_en, plain_pt
from services.analyzer.vocabulary import SMALL_WORDS, Target, Vocabulary

_WORD = re.compile(r"[^\W_]+")
_ALIKE, _WORD_ALIKE = 0.82, 0.88
"""How alike a value must be to what was typed to be linked; a single plain word may be anything, and has to be more so."""
_NUMERIC = frozenset({catalog_pb2.TYPE_FAMILY_INTEGER, catalog_pb2.TYPE_FAMILY_DECIMAL, catalog_pb2.TYPE_FAMILY_FLOAT})
_IDENTIFIER = semantics_pb2.FIELD_ROLE_IDENTIFIER
_TRANSLATED = 0.97
"""Below: a synonym out of the lexicon, not one that the model states."""
_INFLECTED = 0.96


def link_values(
    keys: Sequence[str], question: Normalized, vocabulary: Vocabulary, terms: Sequence[Link] = ()
) -> list[Link]:
    """Links to values that the model itself holds. terms: what names the fields, for values of one letter."""
    links: list[Link] = []
    longest = min(vocabulary.longest_value, 6)
    raw = [fold(token.text) for token in question.tokens]
    for size in range(1, longest + 1):
        for first in range(len(keys) - size + 1):
            for text in {" ".join(raw[first : first + size]), " ".join(keys[first : first + size])}:
                number = _is_number(text)
                for target, via in vocabulary.values.get(text, ()):
                    if len(text) < 2 and not _letter(first, question, target, terms):
                        continue
                    if number and _amounts(target.dataset, target.name, vocabulary):
                        continue
                    score = 1.0 if fold(target.value) == text else 0.94
                    links.append(Link(first, first + size, target, score, "value", via))
    return links


_WORDS_OF_A_LETTER = frozenset("aeiou")


def _letter(at: int, question: Normalized, target: Target, terms: Sequence[Link]) -> bool:
    """Whether one letter is meant as a value: it is quoted or a capital, or the field is named close by ("sexo f"). What is
    a word too ("A", "I", "O") needs both."""
    token = question.tokens[at]
    if token.quoted:
        return True
    marked = token.text.isupper() and at > 0
    named = any(
        link.score >= NAMED
        and (link.target.dataset, link.target.name) == (target.dataset, target.name)
        and -CLOSE <= link.first - at <= CLOSE + link.length
        for link in terms
    )
    return (marked and named) if token.norm in _WORDS_OF_A_LETTER else (marked or named)


def value_texts(
    question: Normalized, keys: Sequence[str], cues: Sequence[Cue], links: Sequence[Link], limit: int = 32
) -> list[tuple[str, int, int]]:
    """Stretches worth looking up as values, most promising first: (text, first, last).

    Quoted stretches, runs of capitals, codes, then every short run of words that are no mere cues.
    """
    texts: dict[str, tuple[str, int, int]] = {}

    def add(first: int, last: int) -> None:
        text = question.text(first, last).strip()
        if 1 < len(text) <= 200 and fold(text) not in texts:
            texts[fold(text)] = (text, first, last)

    for quote in question.quotes:
        add(quote.first, quote.last)
    for first, last in _capital_runs(question):
        add(first, last)
    plain = _plain(question, keys, cues)
    explained = {at for link in links if link.coverage == 1 for at in range(link.first, link.last)}
    runs = [
        (first, first + size)
        for first in range(len(keys))
        for size in (1, 2, 3, 4)
        if first + size <= len(keys)
        and plain[first]
        and plain[first + size - 1]
        and not any(key in ("?", ",", ".", ";", ":") for key in keys[first : first + size])
    ]
    runs.sort(key=lambda run: (all(at in explained for at in range(*run)), run[1] - run[0], run[0]))
    for first, last in runs:
        if len(texts) < limit:
            add(first, last)
    for at, key in enumerate(keys):
        # A number may be a code or a year that is kept as text.
        if key.isdigit() and len(texts) < limit:
            add(at, at + 1)
    return list(texts.values())[:limit]


def _plain(question: Normalized, keys: Sequence[str], cues: Sequence[Cue]) -> list[bool]:
    """Which tokens could begin or end a value: words and codes that are no cue and no small word."""
    cue = [False] * len(keys)
    for each in cues:
        for at in range(each.first, each.last):
            cue[at] = True
    return [
        (not cue[at] or (token.capital and at > 0 and key not in SMALL_WORDS and not token.text.islower()))
        and any(char.isalnum() for char in key)
        and not key.isdigit()
        for at, (token, key) in enumerate(zip(question.tokens, keys, strict=True))
    ]


def _capital_runs(question: Normalized) -> Iterable[tuple[int, int]]:
    """Runs of capitalised words after the first word, small words and numbers inside allowed ("Rede de Lojas 3")."""
    tokens = question.tokens
    at = 0
    while at < len(tokens):
        if not tokens[at].capital or tokens[at].quoted:
            at += 1
            continue
        last = end = at + 1
        while end < len(tokens) and (
            tokens[end].capital
            or tokens[end].norm in SMALL_WORDS
            or tokens[end].norm[:1].isdigit()
            or tokens[end].text in ("&", ".", "-", "'")
        ):
            end += 1
            if tokens[end - 1].capital or tokens[end - 1].norm[:1].isdigit():
                last = end
        yield at, last
        if at == 0 and last > 1:
            yield 1, last
        at = last


def link_found(
    texts: Sequence[tuple[str, int, int]], found: Mapping[str, Sequence[FoundValue]], vocabulary: Vocabulary
) -> list[Link]:
    """Links to values and entities that the mapper found, by the texts that were asked."""
    links: list[Link] = []
    for text, first, last in texts:
        for match in found.get(text, ()):
            if match.method == "entity":
                if match.value in vocabulary.entities:
                    target = Target("entity", "", match.value)
                    links.append(Link(first, last, target, match.score, "synonym", match.value))
                continue
            if (match.dataset, match.field) not in vocabulary.fields:
                continue
            target = Target("value", match.dataset, match.field, match.value)
            kind, score = _likeness(text, match)
            if kind == "fuzzy" and match.score < (_ALIKE if last - first > 1 or not text.islower() else _WORD_ALIKE):
                continue
            if _is_number(text) and _amounts(match.dataset, match.field, vocabulary):
                continue
            links.append(Link(first, last, target, round(score, 4), kind, match.value))
    return links


def _likeness(text: str, match: FoundValue) -> tuple[str, float]:
    """Kind and score of a link to a value. What is stored just so is meant before what is only called so ("SP" the state,
    before São Paulo the city)."""
    if fold(match.value) == fold(text):
        return "value", match.score
    if match.method == "synonym":
        return ("lexicon", match.score) if match.score < _TRANSLATED else ("value", match.score * 0.94)
    if match.score >= 0.999:
        return "value", match.score * 0.94
    if _bare(text) & _bare(match.value):
        return "value", _INFLECTED
    return "fuzzy", match.score * 0.94


def _bare(text: str) -> frozenset[tuple[str, ...]]:
    """A text's words without number and gender, in either language."""
    words = _WORD.findall(fold(text))
    return frozenset((tuple(map(plain_en, words)), tuple(map(plain_pt, words))))


def _is_number(text: str) -> bool:
    return text.replace(".", "").replace(",", "").isdigit()


def _amounts(dataset: str, name: str, vocabulary: Vocabulary) -> bool:
    """Whether a field holds amounts: a number is compared with these, it names nothing."""
    held = vocabulary.fields[dataset, name]
    return held.family in _NUMERIC and held.role != _IDENTIFIER
