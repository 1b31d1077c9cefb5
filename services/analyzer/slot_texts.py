"""Conditions on texts that the data need not hold: what a field contains, begins or ends with, names in quotes."""

from services.analyzer.features import unit_of
from services.analyzer.frame import Frame
from services.analyzer.link import Link
from services.analyzer.reading import Compare, Item, Like, Ref, Source
from services.analyzer.slot import NUMERIC
from services.analyzer.slot_tests import Tests
from services.analyzer.vocabulary import Target

_LIKES = {"CONTAIN": "contains", "STARTS": "prefix", "ENDS": "suffix"}
_CALLED = frozenset({"the", "letter", "letters", "character", "substring", "string", "word", "letra", "palavra", "texto", "digit",
                     "digito", "number", "numero"})  # fmt: skip
"""What a text may be called before it is given."""
_MOST = 5
"""Fields that a text may belong to."""
Stretch = tuple[int, int, str]
"""Tokens [first, last) and what is written there."""


def texts(tests: Tests) -> None:
    """Texts that a field contains, begins or ends with; texts in quotes that no data holds."""
    quotes = [(quote.first, quote.last, quote.text) for quote in tests.frame.parsed.question.quotes]
    _patterns(tests, quotes)
    _names(tests, quotes)


def _patterns(tests: Tests, quotes: list[Stretch]) -> None:
    frame = tests.frame
    for at, unit in enumerate(frame.units):
        kind = next((like for tag, like in _LIKES.items() if tag in unit.tags), "")
        if not kind:
            continue
        quoted = next((quote for quote in quotes if unit.last <= quote[0] <= unit.last + 6), None)
        text = quoted or _word_after(frame, at)
        if text is None:
            continue
        first, last, content = text
        tokens = {*range(unit.first, unit.last), *range(first, last)}
        source = Source(tuple(range(first, last)), "cue")
        for target, score in _texts(tests, at):
            for negated in (False, True) if frame.near(at, "NOT")[0] <= 5 else (False,):
                condition = Like(Ref(target.dataset, target.name), kind, content.strip("%'\""), negated, source)
                tests.add(condition, "like", target, at, tokens, op="<>" if negated else "=", score=score)


def _names(tests: Tests, quotes: list[Stretch]) -> None:
    frame = tests.frame
    values = [link for link in frame.parsed.links if link.target.kind == "value"]
    valued = _tokens([link for link in values if link.score >= 0.9])
    exact = {(link.first, link.last) for link in values if link.score >= 0.99}
    for first, last, content in [*quotes, *_unknown_names(frame)]:
        if first in valued and (first, last) in exact:
            continue
        at, tokens = frame.unit_at[first], range(first, last)
        source = Source(tuple(tokens), "value", 0.5)
        for target, score in _texts(tests, at):
            ref = Ref(target.dataset, target.name)
            same = Compare(Item(ref, source=source), "=", content, fold=True, source=source)
            tests.add(same, "text", target, at, tokens, score=score)
            if (first, last, content) in quotes:
                part = Like(ref, "contains", content.strip("%'\""), False, source)
                tests.add(part, "like", target, at, tokens, score=score)


def _tokens(links: list[Link]) -> set[int]:
    return {at for link in links for at in range(link.first, link.last)}


def _unknown_names(frame: Frame) -> list[Stretch]:
    """Runs of capitalised words and codes that nothing knows: names of what the data does not hold."""
    runs = []
    tokens = frame.parsed.question.tokens
    at = 1
    while at < len(tokens):
        last = at
        while (
            last < len(tokens)
            and "word" in frame.units[frame.unit_at[last]].tags
            and (tokens[last].capital or any(char.isdigit() for char in tokens[last].norm))
        ):
            last += 1
        if last > at:
            runs.append((at, last, frame.parsed.text(at, last)))
        at = max(last, at + 1)
    return runs


def _word_after(frame: Frame, at: int) -> Stretch | None:
    return _letter_after(frame, frame.units[at].last) or _content_after(frame, at)


def _letter_after(frame: Frame, first: int) -> Stretch | None:
    """A single letter or digit behind "starts with the letter": it is no article there, nor any other small word."""
    keys = frame.parsed.keys
    at = next((at for at in range(first, len(keys)) if keys[at] not in _CALLED), len(keys))
    if at == len(keys) or len(keys[at]) != 1 or not keys[at].isalnum():
        return None
    written = frame.parsed.question.tokens[at].text
    alone = at + 1 == len(keys) or not keys[at + 1].isalnum() or at > first
    return (at, at + 1, written) if written.isupper() or written.isdigit() or alone else None


def _content_after(frame: Frame, at: int) -> Stretch | None:
    for unit in frame.units[at + 1 : at + 4]:
        if unit.tags & {"word", "value", "field", "dataset", "number"} and not unit.tags & {"AS", "THE"}:
            return unit.first, unit.last, frame.parsed.text(unit.first, unit.last)
    return None


def _texts(tests: Tests, at: int) -> list[tuple[Target, float]]:
    """Text fields that a text may belong to: those named, nearest first, then labels of named datasets."""
    evidence, found = tests.evidence, dict[Target, float]()
    for (dataset, name), links in evidence.by_field.items():
        held = tests.vocabulary.fields[dataset, name]
        if held.family in NUMERIC or links[0].score < 0.4:
            continue
        distance = min(abs(unit_of(tests.frame, link) - at) for link in links)
        found[Target("field", dataset, name)] = links[0].score - 0.03 * distance
    for dataset in evidence.named:
        label = tests.vocabulary.datasets[dataset].label_field
        if label:
            found.setdefault(Target("field", dataset, label), 0.25)
    return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:_MOST]
