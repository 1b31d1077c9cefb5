"""What a question wants to be shown, and nothing of the model answers to: "mostre as senhas dos usuários".

A list of users would be an answer to another question. The noun is looked for where it has to stand: behind a verb of
showing, "quais", "which" or "how many", at the beginning of a question. Words that say only that something is to be shown
("dados", "details") and those that qualify a noun which is understood are no such nouns.
"""

import re
from dataclasses import dataclass

from services.analyzer.link import Link
from services.analyzer.parse import Parse
from services.analyzer.stem import stems
from services.analyzer.vocabulary import SMALL_WORDS

_SHOWING = frozenset({"LIST", "WHICH", "WHAT", "COUNT", "HOW_MUCH", "EXPORT"})
"""Operators behind which stands what is to be shown."""
_LISTING = frozenset({"LIST", "EXPORT"})
_SKIPPED = frozenset("THE ALL IT DISTINCT EACH AT BE LIST WHICH WHAT COUNT BOTH ALSO".split())  # noqa: SIM905
"""Operators whose words may stand between."""
_ENDING = {
    "pt": frozenset("de do da dos das em no na nos nas por para com que pelo pela ao aos e ou".split()),  # noqa: SIM905
    "en": frozenset("of for from in on at by with to that which who whose where and or 's '".split()),  # noqa: SIM905
}
_KNOWN = 0.45
"""Score from which on a link is more than a likeness."""
HOLLOW = frozenset(
    """dado dados informacao informacoes info detalhe detalhes lista listagem registro registros linha linhas resultado
    resultados relacao conjunto tipo tipos especie coisa coisas item itens elemento elementos resumo visao
    tabela numero numeros valor valores quantidade nome nomes id ids identidade identidades identificador
    identificadores pessoa pessoas gente exemplo exemplos caso casos favor total quantos resposta opcoes vez
    vezes data information detail details list listing record records row rows entry entries result results set
    kind kinds type types sort thing things item items element elements summary overview table number numbers
    value values name names people persons example examples case cases please total answer options time times
    amount count one ones those these everything something anything pair pairs combination combinations
    occurrence occurrences instance instances""".split()  # noqa: SIM905
)
"""Nouns that stand for whatever it is that is asked about."""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Words [first, last) that name what is to be shown."""

    first: int
    last: int


def uncovered_noun(parsed: Parse, left: frozenset[int]) -> Uncovered | None:
    """What is to be shown, where none of its words is explained. left: tokens that a reading does not explain."""
    language = "en" if parsed.language.code == "en" else "pt"
    skipped = {at for cue in parsed.cues if cue.op in _SKIPPED for at in range(cue.first, cue.last)}
    for cue in parsed.cues:
        if cue.op not in _SHOWING or not _begins(parsed, cue.first, skipped):
            continue
        first = cue.last
        while first < len(parsed.keys) and first in skipped:
            first += 1
        last = first
        while last < len(parsed.keys) and _goes_on(parsed, last, language):
            last += 1
        head = last - 1 if language == "en" else first
        if first < last and _uncovered(parsed, cue.op, first, last, head, left):
            return Uncovered(*_words(first, last, left))
        return _beside(parsed, last, language, left) if first < last else None
    return _opening(parsed, language, left)


def _opening(parsed: Parse, language: str, left: frozenset[int]) -> Uncovered | None:
    """What is to be shown where nothing asks for it: "senha dos usuários", "name and password of the users"."""
    last = 0
    while last < len(parsed.keys) and _goes_on(parsed, last, language):
        last += 1
    head = last - 1 if language == "en" else 0
    ended = last >= len(parsed.keys) or not parsed.keys[last][:1].isalnum()
    if last > 1 and ended and language == "en" and _uncovered(parsed, "LIST", 0, last, head, left):
        return Uncovered(head, last)
    if not last or last >= len(parsed.keys) or parsed.keys[last] not in _WHOSE | _JOINING:
        return None
    if parsed.keys[last] in _WHOSE and left.issuperset(range(last)) and _uncovered(parsed, "", 0, last, head, left):
        return Uncovered(0, last)
    return None if left & set(range(last)) else _beside(parsed, last, language, left)


def _uncovered(parsed: Parse, op: str, first: int, last: int, head: int, left: frozenset[int]) -> bool:
    """Whether the head of a noun phrase [first, last) is explained by nothing, and names something to be shown.

    English nouns stand behind what qualifies them; behind "which" or "how many" the last word may be a verb as well.
    """
    if head not in left or not _noun(parsed, head) or _said_elsewhere(parsed, head, left):
        return False
    if parsed.language.code == "en":
        return left.issuperset(range(first, last)) or (op in _LISTING and not _verb(parsed.keys[head]))
    return not PT_VERB.search(parsed.keys[head])


def _beside(parsed: Parse, last: int, language: str, left: frozenset[int]) -> Uncovered | None:
    """A noun that an "and" puts beside what is to be shown: "nome e senha dos usuários"."""
    keys = parsed.keys
    while last < len(keys) and keys[last] in _JOINING:
        first = last + 1
        while first < len(keys) and keys[first] in _ARTICLES:
            first += 1
        last = first
        while last < len(keys) and _goes_on(parsed, last, language):
            last += 1
        head = last - 1 if language == "en" else first
        # Behind an "and" another clause may begin: only what says whose it is, or ends the question, is a noun for sure.
        whose = last >= len(keys) or keys[last] in _WHOSE or not keys[last][:1].isalnum()
        if first < last and whose and left.issuperset(range(first, last)) and _noun(parsed, head):
            verb = _verb(keys[head]) if language == "en" else PT_VERB.search(keys[head])
            return None if verb or _said_elsewhere(parsed, head, left) else Uncovered(first, last)
    return None


_JOINING = frozenset({"e", "and", ",", "&"})
_ARTICLES = frozenset("o a os as the".split())  # noqa: SIM905
_WHOSE = frozenset("de do da dos das of for".split())  # noqa: SIM905
PT_VERB = re.compile(r"(?:[aei]mos|[aei]ram|[aei]ndo|ou|eu|iu|ava|avam|iam|aria|ariam|[aei]r)$")
"""How Portuguese verbs end: "quanto pagamos", "quais compraram"."""


_QUALIFYING = {
    "pt": re.compile(r"(?:[aei]d[ao]s?|[ií]ve(?:l|is)|[aeo]s[ao]s?|nte?s?|ic[ao]s?|iv[ao]s?)$"),
    "en": re.compile(r"(?:ed|able|ible|ous|ive|ant|ent|ic|al|en)$"),
}
"""How words end that say which of several things are meant."""


def qualifies(parsed: Parse, at: int, left: frozenset[int] | set[int]) -> bool:
    """Whether an unexplained word says which rows are meant: "faturas vencidas", "urgent orders". Without it, the answer is
    about others as well."""
    language = "en" if parsed.language.code == "en" else "pt"
    key = parsed.keys[at]
    if at not in left or not _QUALIFYING[language].search(key) or (language == "pt" and PT_VERB.search(key)):
        return False
    beside = {link.first - 1 for link in parsed.links if _row(link)} if language == "en" else set()
    behind = {link.last for link in parsed.links if _row(link)}
    return at in beside | behind


def _row(link: Link) -> bool:
    return link.target.kind == "dataset" and link.coverage == 1 and link.score >= _KNOWN


def _verb(word: str) -> bool:
    return word.endswith(("ed", "ing"))


def _words(first: int, last: int, left: frozenset[int]) -> tuple[int, int]:
    """The words of a noun phrase that nothing explains."""
    unknown = [at for at in range(first, last) if at in left]
    return unknown[0], unknown[-1] + 1


def _said_elsewhere(parsed: Parse, at: int, left: frozenset[int]) -> bool:
    """Whether the model knows the word, though the reading takes it from another place or finds no use for it here."""
    own = set(stems(parsed.keys[at]))
    again = any(other not in left and own & set(stems(key)) for other, key in enumerate(parsed.keys) if other != at)
    return again or any(
        link.first <= at < link.last and link.coverage == 1 and link.score >= _KNOWN and link.kind != "fuzzy"
        for link in parsed.links
    )


def _begins(parsed: Parse, at: int, skipped: set[int]) -> bool:
    """Whether nothing but small words, or the end of another sentence, stands before a token."""
    return all(place in skipped or parsed.keys[place] in SMALL_WORDS for place in range(at)) or (
        at > 0 and not parsed.keys[at - 1][:1].isalnum()
    )


def _goes_on(parsed: Parse, at: int, language: str) -> bool:
    key = parsed.keys[at]
    if key in _ENDING[language] or not key[:1].isalpha() or parsed.question.tokens[at].quoted:
        return False
    return not any(cue.first <= at < cue.last for cue in parsed.cues)


def _noun(parsed: Parse, at: int) -> bool:
    token = parsed.question.tokens[at]
    return parsed.keys[at] not in HOLLOW and token.is_word and len(token.norm) > 2 and not token.capital
