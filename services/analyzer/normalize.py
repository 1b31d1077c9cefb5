"""Stage 1: a question becomes tokens that remember where they stood.

Folding (case, accents), typographic quotes, English clitics and the abbreviations that people type are settled here, so
that no later stage has to know of them. Offsets always refer to the question as it was typed.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign of the question.

    text: as typed. norm: folded, abbreviation written out. start, end: character offsets in the question.
    quoted: number of the quoted stretch that it belongs to, from 1; 0: not quoted.
    """

    text: str
    norm: str
    start: int
    end: int
    quoted: int = 0

    @property
    def is_word(self) -> bool:
        """Whether it holds a letter."""
        return any(char.isalpha() for char in self.norm)

    @property
    def capital(self) -> bool:
        """Whether it was typed with a leading capital."""
        return self.text[:1].isupper()


@dataclass(frozen=True, slots=True)
class Quoted:
    """A stretch in quotation marks: the text inside, and its tokens as a range [first, last)."""

    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Normalized:
    """The question as tokens.

    keys: the norms of the tokens; what grammars match against.
    """

    question: str
    tokens: tuple[Token, ...]
    quotes: tuple[Quoted, ...]
    keys: tuple[str, ...]

    def letter(self, at: int) -> bool:
        """Whether a token is one capital letter that stands for itself ("nota A", "class B"), though small it would be a small
        word: not at the beginning, nor where all is written in capitals, nor the English I."""
        token = self.tokens[at]
        return (
            len(token.text) == 1
            and token.text.isupper()
            and token.text != "I"
            and at > 0
            and self.tokens[at - 1].text[-1:].isalnum()
            and any(char.islower() for char in self.question)
        )

    def text(self, first: int, last: int) -> str:
        """The characters of tokens [first, last) as typed."""
        if first >= last:
            return ""
        return self.question[self.tokens[first].start : self.tokens[last - 1].end]


_PIECE = re.compile(
    r"""
      [\w.+-]+@[\w-]+\.[\w.]+                       # e-mail addresses
    | \d{4}-\d{1,2}-\d{1,2}                         # ISO days
    | \d{1,2}/\d{1,2}(?:/\d{2,4})?(?![\w/])          # 15/06/2025, 15/06
    | \d{1,2}\.\d{1,2}\.\d{4}(?!\w)                  # 15.06.2025
    | (?:[rR]|[uU][sS])?\$ | €                         # currency signs
    | \b[csp]/(?=\s|\w)                              # c/ s/ p/
    | \bw/(?:o\b)?(?=\s|\w)                          # w/ w/o
    | \d+(?:[.,]\d+)*(?:º|ª|°|st\b|nd\b|rd\b|th\b|[kK]\b|[oa](?=\s+(?:tri|sem|quin)))?   # numbers with separators
    | [^\W\d_]+(?:[_&]\w+)+                         # identifiers typed as they are
    | [^\W\d_]+\d+\w*(?:-\w+)*                      # codes such as A320
    | [A-Z]+(?:-\d\w*)+                             # CIS-220
    | [^\W\d_]+(?:['’`´][^\W\d_]+|-[^\W\d_]+|\.(?=[^\W\d_]\b))*   # words, with apostrophes and hyphens inside
    | \w+
    | [^\w\s]
    """,
    re.VERBOSE,
)
_OPENING = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "`": "`", "„": "“"}
_CLITICS = ("'s", "'re", "'ll", "'ve", "'d", "'m")

# What people type for short in Portuguese, folded.
ABBREVIATIONS = {
    "qtas": "quantas", "qtos": "quantos", "qts": "quantos", "qnts": "quantos", "qnt": "quanto", "qto": "quanto",
    "qta": "quanta", "qtd": "quantidade", "qtde": "quantidade", "qtdade": "quantidade", "qdo": "quando",
    "qndo": "quando", "qq": "qualquer", "ql": "qual", "qls": "quais", "qais": "quais", "oq": "o que", "vc": "voce",
    "vcs": "voces", "pq": "por que", "tb": "tambem", "tbm": "tambem", "hj": "hoje", "hje": "hoje", "onte": "ontem",
    "mto": "muito", "mta": "muita", "pdd": "pedido", "pdds": "pedidos", "ped": "pedido", "peds": "pedidos",
    "cli": "cliente", "clie": "cliente", "forn": "fornecedor", "transp": "transportadora",
    "transps": "transportadoras", "transport": "transportadora", "fat": "faturamento",     "nfe": "nf", "nf-e": "nf", "nfes": "nfs", "vlr": "valor", "vl": "valor", "val": "valor", "dt": "data",
    "ñ": "nao", "n": "nao", "nro": "numero", "num": "numero", "nr": "numero", "n°": "numero", "nº": "numero", "obs": "observacao",
    "entr": "entrega", "entrg": "entrega", "embarq": "embarque", "emb": "embarque", "agend": "agendamento",
    "prev": "previsao", "ult": "ultimo", "ults": "ultimos", "ultms": "ultimos",     "q": "que", "c/": "com", "s/": "sem", "p/": "para", "pra": "para", "pro": "para o", "pras": "para as",
    "pros": "para os", "tá": "esta", "tao": "estao", "msg": "mensagem", "info": "informacao", "infos": "informacoes",
    "xls": "excel", "xlsx": "excel",
}  # fmt: skip


# What people type for short in English, in small letters only: "MO" is a state.
_SHORT_ENGLISH = {
    "w/": "with", "w/o": "without", "thru": "through", "yr": "year", "yrs": "years", "wk": "week", "wks": "weeks",
    "mth": "month", "mths": "months", "qtr": "quarter", "qty": "quantity", "amt": "amount", "tmrw": "tomorrow",
    "tmr": "tomorrow", "plz": "please", "pls": "please", "btw": "between", "avg": "average", "u": "you",
    "cust": "customer", "custs": "customers", "dept": "department", "depts": "departments", "pct": "percent",
}  # fmt: skip


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).replace("’", "'")


def normalize(question: str, language: str = "en") -> Normalized:
    """The question as tokens; never fails. language: "pt" writes Portuguese abbreviations out."""
    quotes, inside = _quoted(question)
    short = ABBREVIATIONS if language == "pt" else _SHORT_ENGLISH
    tokens: list[Token] = []
    for match in _PIECE.finditer(question):
        tokens.extend(_split(match.group(), match.start(), inside, short))
    marks = {mark for start, end in quotes for mark in (start, end - 1)}
    kept = [token for token in tokens if token.start not in marks or len(token.text) > 1]
    spans = []
    for start, end in quotes:
        first = next((i for i, token in enumerate(kept) if token.start >= start + 1), len(kept))
        last = next((i for i, token in enumerate(kept) if token.start >= end - 1), len(kept))
        if first < last:
            spans.append(Quoted(question[start + 1 : end - 1].strip(), first, last))
    return Normalized(question, tuple(kept), tuple(spans), tuple(token.norm for token in kept))


def _quoted(question: str) -> tuple[list[tuple[int, int]], dict[int, int]]:
    """Quoted stretches as [start, end) with their marks, and for each inner offset the stretch's number."""
    spans: list[tuple[int, int]] = []
    position = 0
    while position < len(question):
        closing = _OPENING.get(question[position])
        before = question[position - 1] if position else " "
        if closing is None or before.isalnum():
            position += 1
            continue
        end = _closing(question, position + 1, closing)
        if end < 0 or end == position + 1:
            position += 1
            continue
        spans.append((position, end + 1))
        position = end + 1
    inside = {at: n for n, (start, end) in enumerate(spans, 1) for at in range(start + 1, end - 1)}
    return spans, inside


def _closing(question: str, start: int, mark: str) -> int:
    """Offset of the closing mark; an apostrophe inside a word closes nothing."""
    at = question.find(mark, start)
    while at >= 0:
        after = question[at + 1] if at + 1 < len(question) else " "
        if not after.isalnum():
            return at
        at = question.find(mark, at + 1)
    return -1


def _split(text: str, start: int, inside: dict[int, int], short: dict[str, str]) -> list[Token]:
    quoted = inside.get(start, 0)
    folded = fold(text)
    if quoted:
        return [Token(text, folded, start, start + len(text), quoted)]
    for clitic in _CLITICS:
        if folded.endswith(clitic) and len(folded) > len(clitic):
            cut = len(text) - len(clitic)
            head = Token(text[:cut], folded[: -len(clitic)], start, start + cut)
            return [head, Token(text[cut:], clitic, start + cut, start + len(text))]
    if folded.endswith("n't") and len(folded) > 3:
        cut = len(text) - 3
        return [
            Token(text[:cut], folded[:-3], start, start + cut),
            Token(text[cut:], "not", start + cut, start + len(text)),
        ]
    if text in ("é", "É"):
        folded = "eh"  # the verb; folded it would be the conjunction
    # A capital letter alone is a code or a class, and no abbreviation.
    coded = text.isupper() and (len(text) == 1 or short is _SHORT_ENGLISH)
    written = folded if coded else short.get(folded, folded)
    if " " not in written:
        return [Token(text, written, start, start + len(text))]
    return [Token(text, part, start, start + len(text)) for part in written.split()]
