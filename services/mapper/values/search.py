"""Looking texts up in a value dictionary."""

from dataclasses import dataclass, replace

from maestro.mapper.v1 import mapper_pb2 as wire
from services.mapper.fold import fold_once
from services.mapper.lexicon.book import FROM, LOOSE, OTHER, Concept, Lexicon, Word
from services.mapper.lexicon.judging import words
from services.mapper.values.book import Target, ValueBook

EXACT, PREFIX = wire.MATCH_KIND_EXACT, wire.MATCH_KIND_PREFIX
WORDS, TYPO, PARTIAL = wire.MATCH_KIND_WORDS, wire.MATCH_KIND_TYPO, wire.MATCH_KIND_PARTIAL

_COMMON = words("function_words")
_SUFFIXES = words("company_suffixes")
_BROAD = 4000
"""A word that more texts hold than this tells nothing by itself ("LTDA")."""
_VARIANTS = 6
"""Words that are tried for one that no text holds."""
_ORDINARY = 0.95
"""What a beginning or a part is worth that an everyday word makes: "full" seldom means the film "Full Flatliners"."""
_INITIALS = 0.92
_MOST_INITIALS = 3
"""Texts that initials may stand for; of more, they tell nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """A match. score: similarity, 0 to 1."""

    target: Target
    score: float
    kind: wire.MatchKind.ValueType


@dataclass(frozen=True, slots=True)
class Results:
    """The matches of one text, the best first, and how many there were before they were cut."""

    found: tuple[Found, ...]
    total: int


NOTHING = Results((), 0)


class Search:
    """One call's look-ups: what is found out of a word serves all texts that hold it."""

    def __init__(self, book: ValueBook, lexicon: Lexicon, datasets: frozenset[str], least: float, most: int) -> None:
        """datasets: where to look, empty for everywhere; least: score; most: matches of each text."""
        self._book = book
        self._lexicon = lexicon
        self._datasets = datasets
        self._least = least
        self._most = most
        self._variants: dict[str, list[tuple[int, float]]] = {}

    def find(self, text: str) -> Results:
        """What a text may mean, the best first."""
        folded = fold_once(text)
        if not folded:
            return NOTHING
        best: dict[tuple[int, str, str], Found] = {}
        index = self._book.index
        for number in index.equal(folded):
            self._note(best, number, 1.0, EXACT)
        self._translated(best, folded)
        asked = [word for word in folded.split() if word not in _COMMON]
        # "Aurora Ltda" asks for the same as "Aurora"; "ltda" alone asks for nothing.
        asked = [word for word in asked if word not in _SUFFIXES]
        if asked and (len(asked) > 1 or len(asked[0]) > 2):
            self._by_words(best, folded, asked)
        if not best and len(folded) >= 6:
            for number in index.run_together(folded):
                self._note(best, number, 0.95, TYPO)
        if not best and text.isupper() and text.isalpha():
            numbers = index.initials(folded)
            for number in numbers if len(numbers) <= _MOST_INITIALS else ():
                self._note(best, number, _INITIALS, PARTIAL)
        ranked = sorted(best.values(), key=lambda each: (-each.score, len(each.target.value), each.target.value))
        return Results(tuple(ranked[: self._most]), len(ranked))

    def _note(
        self, best: dict[tuple[int, str, str], Found], number: int, score: float, kind: wire.MatchKind.ValueType
    ) -> None:
        if score < self._least:
            return
        for target in self._book.targets(number):
            if not self._wanted(target):
                continue
            sure = score * (1.0 if target.weight >= 0.9 else target.weight)
            key = (target.column, target.value, "entity" if target.column < 0 else "")
            known = best.get(key)
            if known is None or known.score < sure:
                best[key] = Found(target, round(sure, 4), kind)

    def _wanted(self, target: Target) -> bool:
        if not self._datasets:
            return True
        if target.column < 0:
            return not self._datasets.isdisjoint(self._book.entity_datasets[target.value])
        return self._book.columns[target.column][0] in self._datasets

    def _translated(self, best: dict[tuple[int, str, str], Found], folded: str) -> None:
        """Values in the other language, or in the singular: "frança" finds "France", "cachorros" finds "dog"."""
        for concept, matched in self._lexicon.senses(folded):
            if concept.part == "verb" or matched.weight <= LOOSE:
                continue
            for word in concept.words:
                other = fold_once(word.text)
                if other != folded and word.weight > LOOSE:
                    for number in self._book.index.equal(other):
                        self._note_as_synonym(best, number, _sureness(concept, matched, word), proper=concept.proper)
        single = " ".join(self._lexicon.singular(word) for word in folded.split())
        if single != folded:
            for number in self._book.index.equal(single):
                self._note(best, number, 0.96, EXACT)

    def _note_as_synonym(
        self, best: dict[tuple[int, str, str], Found], number: int, score: float, *, proper: bool
    ) -> None:
        """proper: the word is a name itself ("França"); other words are not translated into names ("quarto" is no Mr
        Quarto)."""
        before = set(best)
        self._note(best, number, score, EXACT)
        for key in best.keys() - before:
            found = best[key]
            if not proper and found.target.column in self._book.naming:
                del best[key]
            elif found.target.method == "dictionary":
                best[key] = replace(found, target=replace(found.target, method="synonym"))

    def _by_words(self, best: dict[tuple[int, str, str], Found], folded: str, asked: list[str]) -> None:
        """Texts that hold all words that are asked for, or words that come near."""
        index = self._book.index
        options = [self._options(word) for word in asked]
        if not all(options):
            return
        # The rarest word first: what holds it is few, and the others only have to be found in those.
        options.sort(key=lambda option: sum(index.spread(word) for word, _ in option))
        if all(index.spread(word) > _BROAD for word, _ in options[0]):
            return
        scores: dict[int, float] = {}
        for word, similar in options[0]:
            for number in index.holding(word):
                scores[number] = max(scores.get(number, 0.0), similar)
        for option in options[1:]:
            scores = self._narrowed(scores, option)
        for number, score in scores.items():
            self._judge(best, number, folded, score / len(asked))

    def _narrowed(self, scores: dict[int, float], option: list[tuple[int, float]]) -> dict[int, float]:
        """The texts that hold one of these words as well, with its similarity added."""
        index = self._book.index
        narrowed: dict[int, float] = {}
        for word, similar in option:
            for number, score in scores.items():
                if index.holds(word, number):
                    narrowed[number] = max(narrowed.get(number, 0.0), score + similar)
        return narrowed

    def _judge(self, best: dict[tuple[int, str, str], Found], number: int, folded: str, similar: float) -> None:
        """How well a text that holds all words fits: all of it, its beginning, or somewhere in it."""
        stored = fold_once(self._book.index.texts[number])
        if stored == folded:
            return
        coverage = min(1.0, len(folded) / len(stored))
        if similar == 1.0:
            begins = stored.startswith(folded + " ")
            score = (0.9 if begins else 0.82) + 0.08 * coverage
            if begins and " " not in folded and self._lexicon.everyday(folded):
                score *= _ORDINARY
            self._note(best, number, score, PREFIX if begins else WORDS)
            return
        whole = len(stored.split()) == len(folded.split())
        self._note(best, number, similar if whole else similar * (0.9 + 0.08 * coverage), TYPO if whole else PARTIAL)

    def _options(self, word: str) -> list[tuple[int, float]]:
        """The words of the dictionary that a word may stand for, with their similarity."""
        known = self._variants.get(word)
        if known is None:
            known = self._variants[word] = self._looked_up(word)
        return known

    def _looked_up(self, word: str) -> list[tuple[int, float]]:
        index = self._book.index
        number = index.word(word)
        if number >= 0:
            return [(number, 1.0)]
        # What is a word of its own is no typing error for another.
        near = [] if self._lexicon.everyday(word) else index.near(word)
        found = [(other, similar) for other, similar in near if similar >= self._least - 0.05]
        if len(word) >= 4 and not word.isdigit():
            found += [(other, 0.93) for other in index.beginning(word, 40) if (other, 1.0) not in found]
        best: dict[int, float] = {}
        for other, similar in found:
            best[other] = max(best.get(other, 0.0), similar)
        return sorted(best.items(), key=lambda pair: -pair[1])[:_VARIANTS]


def _sureness(concept: Concept, matched: Word, other: Word) -> float:
    """How surely one word of a concept means the value that another one is."""
    if concept.proper:
        return 0.9 if FROM in (matched.weight, other.weight) and matched.weight != other.weight else 0.94
    # In one language people choose their words; another language leaves them no choice.
    if matched.locale == other.locale:
        return 0.86
    return 0.94 if other.weight > OTHER else 0.9
