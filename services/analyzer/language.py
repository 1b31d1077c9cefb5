"""Stage 2: which of the two languages a question is in.

Function words decide; they are frequent in any question, few in number, and untouched by what the schema is called.
"""

import re
from dataclasses import dataclass

from services.analyzer.normalize import fold

_PORTUGUESE = frozenset(
    """a ao aos as ate cada com como da das de dela dele deles desde do dos e ela eles em entre era essa esse esta estao
    este eu foi foram ha isso ja mais mas me mesmo meu minha na nas nao no nos nossa nosso num numa o onde os ou para pela
    pelas pelo pelos por porque qual quais quando quanta quantas quanto quantos que quem sao se sem ser seu seus sobre sua
    suas tambem tem tenha tenham teve todas todos tudo um uma umas uns voce hoje ontem mes ano semana mostre liste quero
    lista nome nomes numero encontre conte retorne qtas qtos qtd pra pro hj vc dos quero exiba traga menos maior menor media
    total tudo nenhum nenhuma algum alguma cujo cuja cujos estava sao detalhes""".split()  # noqa: SIM905
)
_ENGLISH = frozenset(
    """a about all an and any are as at average be been by can count did do does each every find for from give had has have
    how i in is it its less list many me more most much name names not of on one or order show than that the their them
    there these they this those to was were what when where which who whose why with without you today yesterday month
    above below over under during since until compare versus top late deliveries orders carriers no
    tomorrow next without between through your please thanks unpaid due year week least no have has been return tell
    different number total between our we my highest lowest""".split()  # noqa: SIM905
)
_ACCENT = re.compile(r"[ãõçáéíóúâêôà]", re.IGNORECASE)
_WITHOUT = re.compile(r"\bw/o?(?=\s)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Language:
    """code: "pt" or "en". certainty: 0 to 1; 0 where nothing told and the hint or Portuguese was taken."""

    code: str
    certainty: float


def function_words(language: str) -> frozenset[str]:
    """The words that tell a language."""
    return _PORTUGUESE if language == "pt" else _ENGLISH


def detect(question: str, hint: str = "", default: str = "pt") -> Language:
    """The language of a question; where its words do not tell, the hint (BCP 47), else the default."""
    words = [fold(word) for word in _WORD.findall(_WITHOUT.sub("without ", question))]
    portuguese = sum(word in _PORTUGUESE for word in words)
    english = sum(word in _ENGLISH for word in words)
    # Words of both languages ("a", "as", "do", "me", "no", "total") tell nothing.
    both = sum(word in _PORTUGUESE and word in _ENGLISH for word in words)
    portuguese, english = portuguese - both, english - both
    if _ACCENT.search(question):
        portuguese += 1
    if portuguese == english:
        known = hint[:2].lower()
        return Language(known if known in ("pt", "en") else default, 0.0)
    certainty = abs(portuguese - english) / (portuguese + english)
    return Language("pt" if portuguese > english else "en", round(certainty, 3))


def locale_of(language: str, hint: str = "") -> str:
    """BCP 47 tag for answers: the hint where it is of that language, else pt-BR or en-US."""
    if hint[:2].lower() == language:
        return hint
    return "pt-BR" if language == "pt" else "en-US"
