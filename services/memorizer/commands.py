"""Which facts a wish means, and what is said about it, in the asker's language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from services.memorizer.fold import content, fold

Language = Literal["pt", "en"]
_EVERYTHING = frozenset({"tudo", "everything", "all", "todos", "todas"})

_PT: Mapping[str, str] = {
    "remembered": "Vou lembrar: {0}.",
    "known": "Já sabia: {0}.",
    "full": "Não guardei: já há {0} lembranças suas, que é o limite. Peça para esquecer alguma.",
    "empty": "Diga o que devo lembrar, por exemplo: “lembre que o cliente Aurora só recebe às terças”.",
    "forgotten": "Esqueci: {0}.",
    "nothing_forgotten": "Não tinha nada guardado sobre “{0}”.",
    "nothing_at_all": "Não tinha nada guardado.",
    "recalled": "O que sei sobre {0}: {1}.",
    "recalled_all": "O que você me pediu para lembrar: {0}.",
    "nothing": "Você ainda não me pediu para lembrar nada sobre “{0}”.",
    "nothing_yet": "Você ainda não me pediu para lembrar nada.",
    "asked": "Você perguntou há pouco: {0}.",
}
_EN: Mapping[str, str] = {
    "remembered": "I will remember: {0}.",
    "known": "I knew already: {0}.",
    "full": "Not kept: there are {0} facts of yours, which is the limit. Ask me to forget one.",
    "empty": "Tell me what to remember, for example: “remember that Aurora only receives on Tuesdays”.",
    "forgotten": "Forgotten: {0}.",
    "nothing_forgotten": "There was nothing to forget about “{0}”.",
    "nothing_at_all": "There was nothing to forget.",
    "recalled": "What I know about {0}: {1}.",
    "recalled_all": "What you asked me to remember: {0}.",
    "nothing": "You have not asked me to remember anything about “{0}”.",
    "nothing_yet": "You have not asked me to remember anything.",
    "asked": "You asked lately: {0}.",
}
_SAY: Final[Mapping[Language, Mapping[str, str]]] = {"pt": _PT, "en": _EN}


@dataclass(frozen=True, slots=True)
class KeptFact:
    """A fact as it is kept."""

    id: str
    subject: str
    text: str
    said_time: datetime
    caller_id: str


def language_of(locale: str) -> Language:
    """Portuguese unless the locale says English."""
    return "en" if locale[:2].lower() == "en" else "pt"


def say(language: Language, key: str, *values: object) -> str:
    """A sentence in a language."""
    return _SAY[language][key].format(*values)


def tidy(text: str) -> str:
    """A fact as it was said, without the words that introduce it and the full stop at its end."""
    text = " ".join(text.split()).strip(" .!;,:")
    for lead in ("que ", "that ", "sobre ", "about ", "de que ", "disso: "):
        if text.lower().startswith(lead):
            text = text[len(lead) :]
            break
    return text.strip(" .!;,:")


def meant(text: str, facts: Iterable[KeptFact]) -> list[KeptFact]:
    """The facts that a wish is about.

    The one that says the same where there is one; else those that hold every word of the wish that tells
    something; all of them where the wish is for everything.
    """
    kept = list(facts)
    folded = fold(tidy(text))
    same = [fact for fact in kept if fold(fact.text) == folded]
    if same:
        return same
    wanted = content(text)
    if not wanted:
        return kept if not folded or set(folded.split()) & _EVERYTHING else []
    return [fact for fact in kept if wanted <= content(f"{fact.text} {fact.subject}")]


def listing(texts: Iterable[str]) -> str:
    """Several facts or questions in one line."""
    return "; ".join(f"“{text}”" for text in texts)
