"""What a fact is about."""

import re

from services.memorizer.fold import STOPWORDS, fold

_QUOTED = re.compile(r"[\"“'‘]([^\"”'’]{2,80})[\"”'’]")
# A fact nearly always reads "<subject> <verb> …"; the verb ends the subject.
_VERB = re.compile(
    r"\s(?:é|e'|são|foi|eram?|era|está|estão|fica|tem|têm|precisa[mr]?|deve[mr]?|pode[mr]?|usa[mr]?|quer(?:em)?|"
    r"prefere[mr]?|significa[mr]?|vale[mr]?|compra[mr]?|paga[mr]?|recebe[mr]?|não|nunca|sempre|só|"
    r"is|are|was|were|has|have|needs?|must|should|can|uses?|wants?|prefers?|means?|stands?|buys?|pays?|"
    r"does|never|always|only)\s",
    re.IGNORECASE,
)
_SELF = re.compile(r"^(?:eu|i|nós|we|gosto|prefiro|quero|uso|sempre|never|always|nunca)\b", re.IGNORECASE)
_PROPER = re.compile(r"(?:[A-ZÀ-Ú][\w.&-]*|\d[\d./-]+)(?:\s+(?:d[aeo]s?\s+)?(?:[A-ZÀ-Ú][\w.&-]*|\d[\d./-]*))*")
_MOST_WORDS = 6


def subject_of(fact: str) -> str:
    """The subject of a fact, folded; empty where it is about no thing that a question could name.

    In this order: what is quoted, a name before the verb, the words before the verb.
    """
    fact = fact.strip()
    quoted = _QUOTED.search(fact)
    if quoted:
        return fold(quoted.group(1))
    if _SELF.match(fact):
        return ""
    verb = _VERB.search(f"{fact} ")
    before = fact[: verb.start()] if verb else fact
    names = [name.group() for name in _PROPER.finditer(before)]
    # A sentence begins with a capital whatever it begins with: "A", "The", "O".
    names = [name for name in names if fold(name) not in STOPWORDS]
    if names:
        # A capital at the very beginning is a name only where nothing better follows.
        if len(names) > 1 and before.startswith(names[0]):
            names = names[1:]
        return fold(_without_articles(names[0]))
    if verb is None:
        return ""
    words = fold(before).split()
    while words and words[0] in STOPWORDS:
        words = words[1:]
    # The words in the middle stay: a question will name the subject with them.
    return " ".join(words) if len(words) <= _MOST_WORDS else ""


def _without_articles(name: str) -> str:
    words = name.split()
    while len(words) > 1 and fold(words[0]) in STOPWORDS:
        words = words[1:]
    return " ".join(words)
