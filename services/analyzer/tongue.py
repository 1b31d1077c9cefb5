"""The language of a question: function words tell it; where there are none, the words that the model has for things do.

"freights due tomorrow" and "fretes em aberto" hold no word that only one of the languages has for holding sentences together.
"""

from services.analyzer.language import Language, detect, function_words
from services.analyzer.normalize import fold
from services.analyzer.vocabulary import Vocabulary

_SOME = 0.3
"""How surely the model's words tell a language."""


def language_of(question: str, vocabulary: Vocabulary, hint: str = "", default: str = "pt") -> Language:
    """The language of a question over a model. hint: BCP 47 tag of the asker, which counts before the model's words."""
    found = detect(question, hint, default)
    if found.certainty or hint[:2].lower() in ("pt", "en"):
        return found
    words = {fold(word.strip("?!.,;:()\"'")) for word in question.split()}
    if words & function_words(default):
        return found  # such as "do" and "as", which both languages have
    own = vocabulary.spoken
    portuguese, english = len(words & own["pt"] - own["en"]), len(words & own["en"] - own["pt"])
    if portuguese == english:
        return found
    return Language("pt" if portuguese > english else "en", _SOME)
