"""Stems: words of one root become one key, in English and Portuguese.

Light stemmers on purpose: a lemmatizer's dictionaries cost 120 MB a process, and both sides of every comparison (words of
the question, names of the schema) pass through the same rules, so a stem need not be a word, only the same.
"""

import re
from functools import lru_cache

from services.analyzer.normalize import fold

_IRREGULAR_EN = {
    "ids": "id", "cds": "cd", "dvds": "dvd", "ips": "ip", "people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse", "geese": "goose",
    "feet": "foot", "teeth": "tooth", "data": "datum", "criteria": "criterion", "media": "medium",
    "took": "take", "taken": "take", "taught": "teach", "wrote": "write", "written": "write", "won": "win",
    "sold": "sell", "bought": "buy", "held": "hold", "made": "make", "ran": "run", "given": "give", "sang": "sing", "sung": "sing",
    "paid": "pay", "flew": "fly", "flown": "fly", "spoke": "speak", "spoken": "speak", "grew": "grow", "born": "birth",
    "drove": "drive", "driven": "drive", "drew": "draw", "drawn": "draw", "ate": "eat", "eaten": "eat", "sent": "send",
    "spent": "spend", "met": "meet", "chose": "choose", "chosen": "choose", "fought": "fight", "caught": "catch",
    "lent": "lend", "shot": "shoot", "wore": "wear", "worn": "wear", "died": "die", "dies": "die", "dying": "die",
    "kept": "keep", "knew": "know", "known": "know", "saw": "see", "seen": "see", "came": "come", "went": "go", "gone": "go",
    "thought": "think", "brought": "bring", "lay": "lie", "rose": "rise", "fell": "fall", "fallen": "fall", "fed": "feed",
    "hurt": "hurt", "stole": "steal", "stolen": "steal", "broke": "break", "broken": "break", "heard": "hear",
    "became": "become", "understood": "understand", "stood": "stand", "sat": "sit", "slept": "sleep", "swam": "swim",
    "wives": "wife", "lies": "lie", "shelves": "shelf", "leaves": "leave", "halves": "half", "knives": "knife",
    "indices": "index", "analyses": "analysis", "crises": "crisis", "theses": "thesis", "oxen": "ox",
    "began": "begin", "begun": "begin", "gave": "give", "got": "get", "built": "build", "lost": "lose", "left": "leave", "led": "lead",
    "lives": "live", "series": "series", "species": "species", "news": "news", "address": "address", "status": "status",
    "class": "class", "bus": "bus", "buses": "bus", "gas": "gas", "matches": "match", "movies": "movie", "cookies": "cookie",
}  # fmt: skip
_IRREGULAR_PT = {
    "mulheres": "mulher", "homens": "homem", "caes": "cao", "paes": "pao", "maes": "mae", "irmaos": "irmao",
    "paises": "pais", "pais": "pais", "meses": "mes", "mes": "mes", "lapis": "lapis", "onibus": "onibus",
    "maos": "mao", "cidadaos": "cidadao", "status": "status", "mais": "mais", "menos": "menos", "gas": "gas",
    "saiu": "sai", "sairam": "sai", "sair": "sai", "saem": "sai", "saindo": "sai", "saida": "sai", "saidas": "sai",
    "veio": "vir", "vieram": "vir", "vem": "vir", "vindo": "vir", "fez": "faz", "fizeram": "faz", "feito": "faz",
    "pago": "pag", "paga": "pag", "pagos": "pag", "pagas": "pag", "pagamos": "pag",
    "feita": "faz", "feitos": "faz", "feitas": "faz", "fazer": "faz", "pos": "por", "puseram": "por",
    "ids": "id", "cds": "cd", "dvds": "dvd", "nfs": "nf", "ufs": "uf", "idades": "idade", "nomes": "nome", "nome": "nome",
}  # fmt: skip
_VOWEL = re.compile(r"[aeiouy]")
_WE = 7
"""Letters of a Portuguese verb that says "we" ("vendemos"); shorter words that end so are nouns ("ramos")."""


@lru_cache(maxsize=65536)
def stem_en(word: str) -> str:
    """Stem of a folded English word."""
    if word in _IRREGULAR_EN:
        return _IRREGULAR_EN[word]
    if len(word) < 4:
        return word
    for rule in (_plural_en, _past_en, _derived_en):
        word = rule(word)
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 and word[-2] not in "aeiou" else word


def _plural_en(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _past_en(word: str) -> str:
    for suffix in ("ing", "ed"):
        root = word[: -len(suffix)]
        if word.endswith(suffix) and len(root) >= 3 and _VOWEL.search(root):
            if root[-1] == root[-2] and root[-1] not in "lsz":
                return root[:-1]
            return root
    return word


def _derived_en(word: str) -> str:
    if word.endswith("e") and len(word) > 3:
        return word[:-1]
    return word


_PLURALS_PT = (
    ("coes", "cao"), ("soes", "sao"), ("oes", "ao"), ("aes", "ao"), ("ais", "al"), ("eis", "el"), ("ois", "ol"),
    ("uis", "ul"), ("is", "il"), ("res", "r"), ("zes", "z"), ("ns", "m"),
)  # fmt: skip
_VERBS_PT = (
    "aremos", "eremos", "iremos", "assem", "essem", "issem", "aram", "eram", "iram", "avam", "iam", "ando", "endo",
    "indo", "ados", "adas", "idos", "idas", "ado", "ada", "ido", "ida", "aria", "eria", "iria", "ou", "eu", "iu", "am",
    "em", "ar", "er", "ir", "ava", "ia",
)  # fmt: skip


@lru_cache(maxsize=65536)
def stem_pt(word: str) -> str:
    """Stem of a folded Portuguese word."""
    if word in _IRREGULAR_PT:
        return _IRREGULAR_PT[word]
    if len(word) < 4:
        return word
    if word.endswith(("amos", "emos")) and len(word) >= _WE:
        return word[:-4]
    word = _singular_pt(word)
    if word.endswith(_VERBS_PT):
        for suffix in _VERBS_PT:
            if word.endswith(suffix) and len(word) - len(suffix) >= 3:
                return word[: -len(suffix)]
    if word[-1] in "aoe" and len(word) > 4:
        return word[:-1]
    return word


def _singular_pt(word: str) -> str:
    # All of them end so: what does not is looked at no further.
    if not word.endswith("s"):
        return word
    for plural, singular in _PLURALS_PT:
        if word.endswith(plural) and len(word) - len(plural) >= 2:
            return word[: -len(plural)] + singular
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


_DERIVED_EN = (
    "ations", "ation", "ators", "ator", "itions", "ition", "ments", "ment", "ances", "ance", "ences", "ence", "ities", "ity",
    "ness", "tions", "tion", "sions", "sion", "ions", "ion", "ants", "ant", "ents", "ent", "ees", "ee", "ers", "er", "ors",
    "or", "ing", "ings", "ed", "ates", "ate", "ives", "ive", "als", "al", "ables", "able", "ships", "ship", "ists", "ist", "ies",
    "es", "s", "e", "y",
)  # fmt: skip
_DERIVED_PT = (
    "amentos", "amento", "imentos", "imento", "adores", "adoras", "adora", "ador", "edores", "edoras", "edora", "edor",
    "idores", "idora", "idor", "acoes", "acao", "icoes", "icao", "coes", "cao", "soes", "sao", "ancias", "ancia", "encias",
    "encia", "antes", "ante", "entes", "ente", "idades", "idade", "eiras", "eiros", "eira", "eiro", "istas", "ista", "agens",
    "agem", "aveis", "avel", "iveis", "ivel", "ais", "al", "ados", "adas", "ado", "ada", "idos", "idas", "ido", "ida", "ar", "er",
    "ir", "ou", "am", "em", "as", "os", "es", "a", "e", "o", "s",
)  # fmt: skip
_ROOT = 4
"""Letters of the shortest root: shorter ones are of anything."""


@lru_cache(maxsize=65536)
def root(word: str, language: str) -> str:
    """What words of one family begin with: "attend" of attendee and attendance, "aceler" of acelerar and aceleração. Coarser
    than a stem, and to be used only where stems find nothing; "" where the word is too short to tell."""
    for suffix in _DERIVED_EN if language == "en" else _DERIVED_PT:
        if word.endswith(suffix) and len(word) - len(suffix) >= _ROOT:
            return word[: -len(suffix)]
    return word if len(word) >= _ROOT else ""


def plain_en(word: str) -> str:
    """A folded English word in the singular."""
    return _IRREGULAR_EN.get(word) or _plural_en(word)


def plain_pt(word: str) -> str:
    """A folded Portuguese word in the singular, without the vowel of its gender."""
    single = _IRREGULAR_PT.get(word) or _singular_pt(word)
    return single[:-1] if len(single) > 3 and single[-1] in "ao" else single


@lru_cache(maxsize=65536)
def stems(word: str, language: str = "") -> tuple[str, ...]:
    """Keys that a word goes by: its stem in the language, or in both where the language is not known."""
    folded = fold(word)
    if language == "en":
        return (stem_en(folded),)
    if language == "pt":
        return (stem_pt(folded),)
    english, portuguese = stem_en(folded), stem_pt(folded)
    return (english,) if english == portuguese else (english, portuguese)
