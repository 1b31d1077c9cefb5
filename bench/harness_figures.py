"""The figures of a run through the mesh: those of bench.accuracy, and what only the mesh can tell."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench.accuracy import summary
from bench.harness_record import Asked


def figures(asked: Sequence[Asked], left_out: int, missing: int) -> dict[str, Any]:
    """All figures. left_out: questions of which no gold query runs; missing: those whose database was not found."""
    answerable = [each for each in asked if each.question.golds]
    made = summary([each.told() for each in answerable], left_out)
    made["no_database"] = missing
    made["outcomes"] = _counts(each.outcome for each in asked)
    languages = sorted({each.question.language[:2] for each in answerable})
    if len(languages) > 1:
        made["by_language"] = {
            language: _brief([each for each in answerable if each.question.language[:2] == language])
            for language in languages
        }
    unanswerable = [each for each in asked if not each.question.golds]
    if unanswerable:
        made["unanswerable"] = {
            "n": len(unanswerable),
            "not_answered": _share(unanswerable, lambda each: not each.answered),
        }
    if any(each.question.ambiguous for each in asked):
        made["ambiguous"] = ambiguous(answerable)
    if any(each.model for each in asked):
        made["model"] = model(answerable)
    return made


def ambiguous(asked: Sequence[Asked]) -> dict[str, Any]:
    """How ambiguous questions fare, and clear ones beside them.

    asked_back: share that was asked back. asked_or_shown: share for which what was shown, as choices or as the answer with
    its choices, holds every right reading (three at most are shown: of more, three); any_shown: at least one of them.
    clear_asked_back: share of the clear ones.
    """
    several = [each for each in asked if each.question.ambiguous and each.meanings > 1]
    clear = [each for each in asked if not each.question.ambiguous]
    return {
        "n": len(several),
        "asked_back": _share(several, _asked_back),
        "asked_or_shown": _share(several, lambda each: covered(each) >= min(each.meanings, 3)),
        "any_shown": _share(several, lambda each: bool(each.choices) and covered(each) > 0),
        "one_meaning": sum(each.question.ambiguous and each.meanings <= 1 for each in asked),
        "clear_n": len(clear),
        "clear_asked_back": _share(clear, _asked_back),
    }


def covered(each: Asked) -> int:
    """How many of the right readings a person was shown; an answer alone, without choices, shows none of them."""
    return len({meaning for shown in each.shown for meaning in shown}) if each.choices else 0


def model(asked: Sequence[Asked]) -> dict[str, Any]:
    """How the language model fared, as one more proposer.

    proposed: share of questions with a plan of its own that was valid. right_of_proposed: how many of them are right.
    agreed: share where the first reading is one that it proposed, right_when_agreed: how many of these are right.
    """
    proposed = [each for each in asked if each.model]
    agreed = [each for each in proposed if each.model_place == 0]
    return {
        "proposed": round(len(proposed) / len(asked), 4) if asked else None,
        "right_of_proposed": _share(proposed, lambda each: each.model == "right"),
        "agreed": round(len(agreed) / len(asked), 4) if asked else None,
        "right_when_agreed": _share(agreed, lambda each: each.right),
    }


def _asked_back(each: Asked) -> bool:
    return each.outcome == "clarification"


def _brief(asked: Sequence[Asked]) -> dict[str, Any]:
    answered = [each for each in asked if each.answered]
    return {
        "n": len(asked),
        "execution_accuracy": _share(asked, lambda each: each.right),
        "coverage": _share(asked, lambda each: each.answered),
        "precision": _share(answered, lambda each: each.right),
    }


def _share(asked: Sequence[Asked], holds: Callable[[Asked], bool]) -> float | None:
    return round(sum(map(holds, asked)) / len(asked), 4) if asked else None


def _counts(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in sorted(words):
        found[word] = found.get(word, 0) + 1
    return found
