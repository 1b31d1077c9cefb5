"""Readable names: what people would call a thing whose identifier they never see."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from services.mapper.derive.identifiers import Splitter
from services.mapper.fold import fold
from services.mapper.lexicon import judging
from services.mapper.lexicon.book import Lexicon

# Tokens that say how a thing is stored, not what it is.
_TABLE_NOISE = frozenset({"tb", "tbl", "tab", "table", "vw", "view", "mv", "dim", "fact", "fct", "stg", "tmp", "t"})
_FUNCTION_WORDS = judging.words("unaccented")
_COLUMN_NOISE = frozenset({"fk", "pk", "col", "fld"})


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier, taken apart.

    tokens: its folded words as they stand; words: the same with abbreviations spelled out, accents restored;
    folded: words, folded. The tuples may differ in length: "nf" is two words.
    """

    tokens: tuple[str, ...]
    words: tuple[str, ...]
    folded: tuple[str, ...]

    @property
    def readable(self) -> str:
        """The name as a phrase."""
        return " ".join(self.words)


class Namer:
    """Reads identifiers in the light of a lexicon and of the schema's main language."""

    def __init__(self, lexicon: Lexicon, names: Iterable[str]) -> None:
        """names: all identifiers of the schema; their language decides what ambiguous abbreviations stand for."""
        self.lexicon = lexicon
        self._splitter = Splitter(self._knows)
        self.locale = self._main_locale(names)
        self._column: dict[str, Name] = {}

    def _knows(self, word: str) -> bool:
        lexicon = self.lexicon
        return lexicon.knows(word) or word in lexicon.abbreviations or lexicon.knows(lexicon.singular(word))

    def _main_locale(self, names: Iterable[str]) -> str:
        votes: Counter[str] = Counter()
        for name in names:
            for token in self._splitter.split(name):
                if len(token) < 2 or token.isdigit():
                    continue
                locale = self.lexicon.locale(token) or self.lexicon.locale(self.lexicon.singular(token))
                meanings = self.lexicon.abbreviations.get(token)
                if not locale and meanings and len({meaning.locale for meaning in meanings}) == 1:
                    locale = meanings[0].locale
                votes[locale] += 1
        del votes[""]
        return votes.most_common(1)[0][0] if votes else ""

    def column(self, name: str) -> Name:
        """The words of a column's name."""
        found = self._column.get(name)
        if found is None:
            found = self._column[name] = self._name(name, _COLUMN_NOISE)
        return found

    def table(self, name: str) -> Name:
        """The words of a table's name, in the singular: a name for one row."""
        plain = self._name(name, _TABLE_NOISE)
        words = self._singular(plain.folded)
        return Name(plain.tokens, tuple(self.lexicon.spelled(word, self.locale) for word in words), words)

    def _name(self, name: str, noise: frozenset[str]) -> Name:
        tokens = self._splitter.split(name)
        kept = tuple(token for token in tokens if token not in noise) or tokens
        return self.spelled(kept, first=True)

    def spelled(self, tokens: tuple[str, ...], *, first: bool = False) -> Name:
        """Tokens with abbreviations spelled out. first: the name begins with them."""
        words: list[str] = []
        for at, token in enumerate(tokens):
            words += self._spelled_out(token, first=first and at == 0)
        return Name(tokens, tuple(words), tuple(fold(word) for word in words))

    def means(self, token: str) -> bool:
        """Whether a token is a word, or stands for one in the schema's language."""
        meanings = self.lexicon.abbreviations.get(token, [])
        return bool(self.lexicon.senses(token)) or any(each.locale == self.locale for each in meanings)

    def _spelled_out(self, token: str, *, first: bool) -> list[str]:
        if self.locale == "pt" and token in _FUNCTION_WORDS:
            return [token]
        meanings = [
            each for each in self.lexicon.abbreviations.get(token, []) if first or not each.text.startswith("^")
        ]
        fitting = [meaning for meaning in meanings if meaning.locale == self.locale]
        is_word = bool(self.lexicon.senses(token))
        # "end" is a word in English and an abbreviation in Portuguese; "min" is both in one language.
        if is_word and (len(token) > 3 or not fitting):
            return [self.lexicon.spelled(token, self.locale)]
        chosen = fitting or meanings
        return chosen[0].text.removeprefix("^").split() if chosen else [self.lexicon.spelled(token, self.locale)]

    def _singular(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The head noun in the singular: the last word of an English name, all words of a Portuguese one."""
        if not words:
            return words
        singles = tuple(self.lexicon.singular(word) for word in words)
        english = sum(self.lexicon.locale(word) == "en" for word in singles)
        portuguese = sum(self.lexicon.locale(word) == "pt" for word in singles)
        if portuguese > english or (portuguese == english and self.locale == "pt"):
            return singles
        return (*words[:-1], singles[-1])
