"""Singular and plural of nouns, by rule; the vocabulary that a caller passes decides between readings.

The rules are the regular ones of both languages and the irregular nouns that occur in schemas. They are tried as
proposals: `singular` keeps a proposal only where the word is known, or no reading is known and the ending is safe.
"""

from collections.abc import Callable, Iterator

_IRREGULAR = {
    "people": "person", "men": "man", "women": "woman", "children": "child", "feet": "foot", "teeth": "tooth",
    "mice": "mouse", "geese": "goose", "criteria": "criterion", "phenomena": "phenomenon", "indices": "index",
    "matrices": "matrix", "vertices": "vertex", "analyses": "analysis", "bases": "base", "crises": "crisis",
    "diagnoses": "diagnosis", "theses": "thesis", "lives": "life", "wives": "wife", "knives": "knife",
    "leaves": "leaf", "shelves": "shelf", "halves": "half", "media": "media", "data": "data", "movies": "movie",
    "cookies": "cookie", "series": "series", "species": "species", "news": "news", "caes": "cao", "paes": "pao",
    "maos": "mao", "alemaes": "alemao", "capitaes": "capitao", "irmaos": "irmao", "cidadaos": "cidadao",
    "orgaos": "orgao", "gases": "gas", "meses": "mes", "paises": "pais", "portugueses": "portugues",
}  # fmt: skip

# Nouns that end in s and are no plurals.
_SINGULAR_S = frozenset(
    [
        "address",
        "access",
        "status",
        "business",
        "class",
        "process",
        "gas",
        "bus",
        "campus",
        "bonus",
        "virus",
        "analysis",
        "basis",
        "thesis",
        "crisis",
        "diagnosis",
        "series",
        "species",
        "news",
        "physics",
        "mathematics",
        "economics",
        "politics",
        "logistics",
        "loss",
        "boss",
        "glass",
        "mass",
        "pass",
        "press",
        "progress",
        "success",
        "less",
        "plus",
        "tennis",
        "canvas",
        "atlas",
        "chassis",
        "alias",
        "lens",
        "onus",
        "mes",
        "pais",
        "gas",
        "onibus",
        "lapis",
        "atras",
        "apos",
        "tres",
        "vies",
        "pires",
        "virus",
        "campus",
        "status",
        "cnpjs",
        "ces",
        "sales",
        "goods",
        "premises",
        "headquarters",
    ]
)


def _english(word: str) -> Iterator[str]:
    if word.endswith("ies") and len(word) > 4:
        yield word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zzes", "oes")):
        yield word[:-2]
    if word.endswith("ves") and len(word) > 4:
        yield word[:-3] + "f"
        yield word[:-3] + "fe"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        yield word[:-1]
    if word.endswith(("uses", "ases", "ises")):
        yield word[:-2]


def _portuguese(word: str) -> Iterator[str]:
    if word.endswith("oes"):
        yield word[:-3] + "ao"
    if word.endswith("aes"):
        yield word[:-3] + "ao"
    if word.endswith("ais") and len(word) > 4:
        yield word[:-2] + "l"
    if word.endswith("eis") and len(word) > 4:
        yield word[:-2] + "l"
        yield word[:-3] + "il"
    if word.endswith("ois") and len(word) > 4:
        yield word[:-2] + "l"
    if word.endswith("is") and len(word) > 4:
        yield word[:-1] + "l"
    if word.endswith("ns") and len(word) > 3:
        yield word[:-2] + "m"
    if word.endswith(("res", "zes", "ses")) and len(word) > 4:
        yield word[:-2]
    if word.endswith("s") and len(word) > 3 and word[-2] in "aeiou":
        yield word[:-1]


def singular(word: str, known: Callable[[str], bool]) -> str:
    """The singular of a folded word, or the word where it is one already.

    known: whether a folded word is in the vocabulary.
    """
    if len(word) < 4 or not word.endswith(
        ("s", "people", "men", "children", "mice", "teeth", "feet", "geese", "ia", "na")
    ):
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _SINGULAR_S or not word.endswith("s"):
        return word
    proposals = [*_english(word), *_portuguese(word)]
    for proposal in proposals:
        if known(proposal):
            return proposal
    if known(word):
        return word
    if word.endswith("oes"):
        return word[:-3] + "ao"
    return proposals[0] if proposals else word


def plural_pt(word: str) -> str:
    """The regular plural of a Portuguese noun, as written with its accents."""
    for ending, replacement in (("ão", "ões"), ("al", "ais"), ("el", "éis"), ("ol", "óis"), ("ul", "uis"), ("m", "ns")):
        if word.endswith(ending):
            return word[: -len(ending)] + replacement
    if word.endswith("il"):
        return word[:-2] + "is"
    if word.endswith(("r", "z")):
        return word + "es"
    if word.endswith("ês"):
        return word[:-2] + "eses"
    return word if word.endswith(("s", "x")) else word + "s"


_ENGLISH = (
    "people men women children feet teeth mice geese criteria phenomena indices matrices vertices analyses bases crises "
    "diagnoses theses lives wives knives leaves shelves halves"
)
_ENGLISH_IRREGULAR = {_IRREGULAR[many]: many for many in _ENGLISH.split()}
_UNCOUNTED = frozenset(
    "information equipment staff data media series species news furniture luggage mail traffic weather money".split()  # noqa: SIM905
)


def plural_en(word: str) -> str:
    """The regular plural of an English noun."""
    if word in _UNCOUNTED:
        return word
    if word in _ENGLISH_IRREGULAR:
        return _ENGLISH_IRREGULAR[word]
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"
