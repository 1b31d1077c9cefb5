"""What a question asks for and nothing answers to: names that no data holds, placeholders, uncovered words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.analyzer import dates_en, dates_pt
from services.analyzer.link import FoundValue
from services.analyzer.parse import Parse
from services.analyzer.vocabulary import SMALL_WORDS, Vocabulary

_PLACEHOLDERS = frozenset({"x", "y", "xyz", "xxx", "xx", "xpto", "fulano", "tal", "nome", "name", "abc"})
_TIMES = frozenset(
    {"semana", "semanas", "mes", "meses", "ano", "anos", "trimestre", "semestre", "week", "weeks", "month", "months", "year",
     "years", "quarter", "passado", "passada", "passados", "passadas",
     "proximo", "proxima", "proximos", "proximas",
     *dates_pt.MONTHS, *dates_en.MONTHS} - {"set", "out", "mar", "may", "march", "ago", "sun"}
)  # fmt: skip
_LETTERS = frozenset({"x", "y", "xx", "xxx"})
"""Placeholders in lower case too, where they end the question."""
_BRACKETED = re.compile(r"[\[<{]\s*([^\]>}]{1,40})\s*[\]>}]")
# Words that a name follows: "do cliente Rennard", "the customer Acme".
_NAMING = frozenset(
    [
        "cliente",
        "clientes",
        "transportadora",
        "transportadoras",
        "fornecedor",
        "fornecedores",
        "vendedor",
        "vendedora",
        "produto",
        "empresa",
        "loja",
        "grupo",
        "rede",
        "motorista",
        "cidade",
        "estado",
        "client",
        "customer",
        "company",
        "carrier",
        "supplier",
        "vendor",
        "seller",
        "product",
        "store",
        "city",
        "called",
        "named",
        "chamado",
        "chamada",
    ]
)

_PREPOSITIONS = {
    "pt": frozenset("em no na nos nas de do da dos das por pelo pela com para via".split()),  # noqa: SIM905
    "en": frozenset("in at from by via with of for to through".split()),  # noqa: SIM905
}
"""English "no" is none of them: it denies."""
_ARTICLES = frozenset({"o", "a", "os", "as", "the", "an"})
_LEAST_LETTERS = 4
_LOCATED = frozenset(
    """live lives living lived reside resides born located situated based mora moram morar vive vivem nasceu nasceram situado
    situada situados situadas localizado localizada localizados localizadas""".split()  # noqa: SIM905
)
"""Words behind which stands a place, however they are explained."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that was asked for and that no data holds. text: as typed. nearest: stored names like it."""

    text: str
    first: int
    last: int
    nearest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A name that stands for one that the asker has yet to give. about: the word before it ("cliente"), or ""."""

    text: str
    about: str
    about_token: int


def unknown_names(
    parsed: Parse, used: frozenset[int], found: Mapping[str, Sequence[FoundValue]], vocabulary: Vocabulary
) -> list[Unknown]:
    """Runs of unexplained words that stand where a name stands: quoted, capitalised, or behind "cliente"."""
    glue = {at for cue in parsed.cues for at in range(cue.first, cue.last)}
    names: list[Unknown] = []
    at = 0
    tokens = parsed.question.tokens
    while at < len(tokens):
        if not _name_begins(parsed, at, used, glue, vocabulary):
            at += 1
            continue
        last = at + 1
        while (
            last < len(tokens)
            and last not in used
            and (
                tokens[last].quoted == tokens[at].quoted != 0
                or (tokens[last].capital and tokens[last].is_word)
                or (last not in glue and tokens[last].is_word and tokens[last].norm not in SMALL_WORDS)
            )
        ):
            last += 1
        text = parsed.text(at, last)
        names.append(Unknown(text, at, last, _nearest(text, parsed, found)))
        at = last
    return names


def _name_begins(parsed: Parse, at: int, used: frozenset[int], glue: set[int], vocabulary: Vocabulary) -> bool:
    token = parsed.question.tokens[at]
    if at in used or not token.is_word:
        return False
    if token.quoted:
        return True
    if parsed.question.letter(at):
        # Behind what is named it is one of its values: "nota A", "class B".
        return at - 1 in used
    if token.norm in SMALL_WORDS or at in glue:
        return False
    before = next((key for key in reversed(parsed.keys[:at]) if any(char.isalnum() for char in key)), "")
    if before in _NAMING and before not in vocabulary.values:
        return True
    if used and token.norm in _TIMES and not any(cue.first <= at < cue.last for cue in parsed.cues):
        # A period that nothing understood: an answer for all time would be to another question.
        return True
    if _placed(parsed, at, used) and len(token.norm) >= _LEAST_LETTERS:
        return True
    return token.capital and at > 0 and not token.text.isupper()


def loose_letters(parsed: Parse) -> frozenset[int]:
    """Letters that stand for themselves and name nothing: no reading can explain them."""
    linked = {at for link in parsed.links for at in range(link.first, link.last)}
    return frozenset(at for at in range(len(parsed.keys)) if at not in linked and parsed.question.letter(at))


def _placed(parsed: Parse, at: int, used: frozenset[int]) -> bool:
    """Whether a word that nothing explains stands where a value stands, behind a preposition that follows something named:
    "entregas em Xpto", "deliveries by drone"."""
    place = at - 1
    while place > 0 and parsed.keys[place] in _ARTICLES:
        place -= 1
    if place <= 0 or parsed.keys[place] not in _PREPOSITIONS["en" if parsed.language.code == "en" else "pt"]:
        return False
    after = parsed.keys[at + 1 : at + 2]
    located = parsed.keys[place - 1] in _LOCATED
    return (place - 1 in used or located) and (not after or not after[0].isalpha() or at + 1 in used)


def _nearest(text: str, parsed: Parse, found: Mapping[str, Sequence[FoundValue]]) -> tuple[str, ...]:
    words = set(text.split())
    ranked: list[tuple[float, str]] = []
    for asked, matches in found.items():
        if words & set(asked.split()):
            ranked.extend((-match.score, match.value) for match in matches if match.score >= 0.5)
    ranked.sort()
    return tuple(dict.fromkeys(value for _, value in ranked))[:3]


def placeholders(parsed: Parse) -> list[Placeholder]:
    """Names that were left open: "cliente X", "transportadora [NOME]"."""
    found: list[Placeholder] = []
    question = parsed.question.question
    for match in _BRACKETED.finditer(question):
        at = next((i for i, token in enumerate(parsed.question.tokens) if token.start >= match.start()), 0)
        found.append(Placeholder(match.group(), _about(parsed, at), at - 1))
    for at, token in enumerate(parsed.question.tokens):
        before = parsed.keys[at - 1] if at else ""
        open_name = token.text.isupper() or (token.norm in _LETTERS and at + 1 >= len(parsed.keys) - 1)
        if token.norm in _PLACEHOLDERS and not token.quoted and open_name and before and before.isalpha():
            if any(each.about_token == at - 1 for each in found) or before in SMALL_WORDS:
                continue
            found.append(Placeholder(token.text, before, at - 1))
    return found


def _about(parsed: Parse, at: int) -> str:
    return parsed.keys[at - 1] if at > 0 and parsed.keys[at - 1].isalpha() else ""
