"""Terms: the words and phrases, in both languages, by which people may call what an identifier names."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import product

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive.inflect import plural_pt
from services.mapper.derive.names import Name, Namer
from services.mapper.fold import fold
from services.mapper.lexicon import judging
from services.mapper.lexicon.book import FIRST, Concept, Lexicon, Word

NAME, COMMENT, LEXICON = (
    semantics.TERM_ORIGIN_NAME,
    semantics.TERM_ORIGIN_COMMENT,
    semantics.TERM_ORIGIN_LEXICON,
)
MOST = 28
"""Terms of one thing; the least sure ones are left out."""

# Heads that say nothing without what stands before them; and those that never do.
_GENERIC = judging.words("generic_heads")
_MUTE = judging.words("mute_heads")
_ALONE, _GENERIC_ALONE = 0.78, 0.6
"""Weights of a head that nothing else beside it has: the only price among the columns of a table is "the price"."""
_KEY_WORDS = frozenset({"id", "code", "codigo", "key", "chave", "number", "numero", "cod", "ids"})


class Terms:
    """Collects terms of one thing, the surest reading of each phrase."""

    def __init__(self) -> None:
        self._found: dict[str, semantics.Term] = {}

    def add(self, text: str, locale: str, origin: semantics.TermOrigin.ValueType, weight: float) -> None:
        """Adds a phrase, unless it is known more surely already."""
        key = fold(text)
        if not key or len(key) > 80 or key.isdigit():
            return
        known = self._found.get(key)
        if known is not None and known.locale != locale:
            # Both languages say so ("total").
            known.locale = locale = ""
        if known is None or known.weight < weight:
            self._found[key] = semantics.Term(text=text, locale=locale, origin=origin, weight=round(weight, 3))

    def listed(self, most: int = MOST) -> list[semantics.Term]:
        """The surest first; equally sure ones in the order they were added."""
        return sorted(self._found.values(), key=lambda term: -term.weight)[:most]


class Speaker:
    """Finds the terms of names, through a lexicon."""

    def __init__(self, namer: Namer) -> None:
        self._namer = namer
        self._lexicon: Lexicon = namer.lexicon
        self.translations = lru_cache(maxsize=32768)(self._translations)
        # "id", "name" and "created_at" stand in table after table.
        self.field = lru_cache(maxsize=8192)(self._field)

    def dataset(
        self, name: Name, comment_terms: list[tuple[str, float]], *, alone: bool = False
    ) -> list[semantics.Term]:
        """Words for one row of a table. alone: no other table's name has the same head."""
        found = Terms()
        self._named(found, name, 1.0)
        self._comments(found, comment_terms)
        self._lexical(found, name.folded, 1.0)
        self._deeds(found, name.folded, 1.0)
        if len(name.folded) > 1:
            self._partial(found, name.folded, 0.55, alone=alone)
        return found.listed()

    def head(self, words: tuple[str, ...]) -> str:
        """The noun that the others of a name say more of, in the singular; "" of an empty name."""
        kept = tuple(word for word in words if word not in _MUTE and not word.isdigit()) or words
        return self._singulars(kept[:1] if self._locale(kept) == "pt" else kept[-1:])[0] if kept else ""

    def _field(
        self,
        name: Name,
        owner: Name,
        comment_terms: tuple[tuple[str, float], ...],
        refers: bool,
        alone: bool = False,
    ) -> list[semantics.Term]:
        """Words for a field. owner: its dataset's name; refers: it is a key that points elsewhere; alone: no other field
        of the dataset has the same head."""
        found = Terms()
        self._named(found, name, 1.0)
        self._comments(found, comment_terms)
        self._lexical(found, name.folded, 1.0)
        rest = name.folded
        size = len(owner.folded)
        if size and len(rest) > size and self._singulars(rest[:size]) == owner.folded:
            rest = rest[size:]
        elif size and len(rest) > size and self._singulars(rest[-size:]) == owner.folded:
            rest = self._without_tail(rest[:-size])
        elif len(rest) > 1 and len(rest[0]) == 1 and rest[0].isalpha():
            # A single letter before a name is the initial of something else: "pName", "uID".
            rest = rest[1:]
        if rest and rest != name.folded:
            found.add(self._written(rest), self._locale(rest), NAME, 0.9)
            self._lexical(found, rest, 0.9)
        bare = tuple(word for word in rest if word not in _KEY_WORDS)
        if bare and bare != rest:
            weight = 0.45 if refers else 0.65
            found.add(self._written(bare), self._locale(bare), NAME, weight)
            self._lexical(found, bare, weight)
        words = bare or rest
        self._deeds(found, words, 0.6 if refers else 1.0)
        if len(words) > 1:
            self._partial(found, words, 0.5, alone=alone and not refers)
        return found.listed()

    def role(self, words: tuple[str, ...]) -> list[semantics.Term]:
        """Words for the role that a key plays ("source", "origem")."""
        found = Terms()
        found.add(self._written(words), self._locale(words), NAME, 1.0)
        self._lexical(found, words, 1.0)
        return found.listed(10)

    def singular(self, word: str) -> str:
        """The singular of a folded word."""
        return self._lexicon.singular(word)

    def _named(self, found: Terms, name: Name, weight: float) -> None:
        found.add(name.readable, self._locale(name.folded), NAME, weight)
        raw = " ".join(name.tokens)
        if raw != " ".join(name.folded):
            found.add(raw, "", NAME, 0.95 * weight)

    def _comments(self, found: Terms, phrases: Iterable[tuple[str, float]]) -> None:
        for text, weight in phrases:
            words = tuple(fold(text).split())
            found.add(text, self._locale(words), COMMENT, weight)
            if len(words) <= 3:
                self._lexical(found, words, weight * 0.95)

    def _lexical(self, found: Terms, words: tuple[str, ...], weight: float) -> None:
        for text, locale, sure in self.translations(words):
            found.add(text, locale, LEXICON, sure * weight)

    def _partial(self, found: Terms, words: tuple[str, ...], weight: float, *, alone: bool = False) -> None:
        """The head alone: "year" for "release year". English heads stand last, Portuguese ones first."""
        head = words[:1] if self._locale(words) == "pt" else words[-1:]
        head = self._singulars(head)
        generic = head[0] in _GENERIC
        if len(head[0]) < 3 or head[0] in _MUTE or (generic and not alone):
            return
        if alone:
            weight = max(weight, _GENERIC_ALONE if generic else _ALONE)
        found.add(self._written(head), self._locale(head), NAME, weight)
        self._lexical(found, head, weight)
        if not generic:
            self._deeds(found, head, weight)

    def _deeds(self, found: Terms, words: tuple[str, ...], weight: float) -> None:
        """What is done with a thing, or what it does: an order is what somebody bought."""
        for text, locale, sure in self._lexicon.deeds(" ".join(self._singulars(words))):
            found.add(text, locale, LEXICON, sure * weight)

    def _translations(self, words: tuple[str, ...]) -> tuple[tuple[str, str, float], ...]:
        """Phrases of the lexicon for a whole phrase: (text, locale, weight)."""
        phrase = " ".join(words)
        senses = self._lexicon.senses(phrase)
        if not senses and len(words) == 2 and words[0] in _QUANTIFIERS:
            senses = self._lexicon.senses(f"{words[0]} of {words[1]}")
        if senses:
            return tuple(_synonyms(senses, phrase))
        if 2 <= len(words) <= 4:
            return tuple(self._composed(words))
        return ()

    def _composed(self, words: tuple[str, ...]) -> list[tuple[str, str, float]]:
        """Word by word, in the other language's order: "home city" → "cidade de casa"."""
        parts = self._segments(words)
        if parts is None or not 2 <= len(parts) <= 3:
            return []
        source = self._locale(words) or self._namer.locale or "en"
        target = "en" if source == "pt" else "pt"
        options = [self._options(part, target) for part in parts]
        if not all(options):
            return []
        # "Head of state" and "number employees" begin with their head already; "home city" ends with it.
        head_first = source == "pt" or not _LINKS.isdisjoint(words) or parts[0] in _QUANTIFIERS
        if head_first == (target == "en"):
            options.reverse()
        made = []
        for chosen in product(*(option[:2] for option in options)):
            text = _joined(chosen, target, parts[0] in _QUANTIFIERS and target == "pt")
            made.append((text, target, 0.8 * min(word.weight for word, _ in chosen) / 0.85))
        return made[:4]

    def _segments(self, words: tuple[str, ...]) -> list[str] | None:
        """The fewest phrases of the lexicon that make up the words; None where some word is in none."""
        parts: list[str] = []
        at = 0
        while at < len(words):
            for size in range(min(3, len(words) - at), 0, -1):
                phrase = " ".join(words[at : at + size])
                if self._lexicon.senses(phrase):
                    parts.append(phrase)
                    at += size
                    break
            else:
                if words[at] not in _LINKS:
                    return None
                at += 1
        return parts

    def _options(self, phrase: str, target: str) -> list[tuple[Word, str]]:
        """Words of the other language for a part of a phrase, those of its first sense first; no verbs, for they do not
        line up with nouns."""
        return [
            (word, concept.part)
            for concept, _ in self._lexicon.senses(phrase)
            if concept.part != "verb"
            for word in concept.of(target)
            if word.weight > 0.5
        ]

    def _singulars(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._lexicon.singular(word) for word in words)

    def _without_tail(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """ "data do" without its owner "pedido" is "data"."""
        while len(words) > 1 and words[-1] in _LINKS:
            words = words[:-1]
        return words

    def _written(self, words: tuple[str, ...]) -> str:
        return " ".join(self._lexicon.spelled(word, self._namer.locale) for word in words)

    def _locale(self, words: tuple[str, ...]) -> str:
        found = {self._lexicon.locale(word) for word in words} - {""}
        return found.pop() if len(found) == 1 else ""


_LINKS = frozenset(
    {"de", "do", "da", "dos", "das", "of", "the", "in", "em", "no", "na", "para", "for", "to", "e", "and"}
)


_QUANTIFIERS = frozenset(
    {"number", "total", "count", "quantity", "percentage", "average", "amount", "quantidade", "numero"}
)


def _synonyms(senses: list[tuple[Concept, Word]], phrase: str) -> list[tuple[str, str, float]]:
    """All words of the concepts that a phrase may mean: less surely where there are several, where the phrase is not
    the word that names the concept, and where it is a thing and the concept an action."""
    things = sum(concept.part != "verb" for concept, _ in senses)
    doubt = 1.0 if things <= 1 else 0.9
    found = []
    for concept, matched in senses:
        factor = doubt * matched.weight / FIRST
        if concept.part == "verb" and things:
            factor *= 0.5
        found += [(word.text, word.locale, word.weight * factor) for word in concept.words if fold(word.text) != phrase]
    return found


def _joined(chosen: tuple[tuple[Word, str], ...], locale: str, plural: bool) -> str:
    """Portuguese joins nouns by "de", adjectives follow bare; English only lines them up. An adjective that stands first
    in Portuguese ("antigo PNB") is put behind its noun. plural: all but the head are counted."""
    if locale == "en":
        return " ".join(word.text for word, _ in chosen)
    ordered = sorted(chosen, key=lambda pair: pair[1] == "adjective") if chosen[0][1] == "adjective" else list(chosen)
    text = ordered[0][0].text
    for word, part in ordered[1:]:
        written = plural_pt(word.text) if plural and " " not in word.text else word.text
        text += f" {written}" if part == "adjective" else f" de {written}"
    return text
