"""Stage 7b: a question that continues the one before ("e de SP?", "and in May?", "volte para o Aurora").

What it names takes the place of what the question before named of the same kind: another period, another client, another
value of the same field. All that it does not name stays.
"""

from dataclasses import replace

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.analyze import Scored, content
from services.analyzer.build import build
from services.analyzer.compose import Composer
from services.analyzer.cues import GLUE
from services.analyzer.parse import Parse
from services.analyzer.reading import (
    AnyOf,
    Between,
    Compare,
    Condition,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Reading,
    Ref,
    Within,
)
from services.analyzer.trees import NotConnected
from services.analyzer.unbuild import Unreadable, unbuild
from services.analyzer.vocabulary import SMALL_WORDS, Vocabulary

_OPENINGS = (
    ("e",), ("mas", "e"), ("e", "se"), ("agora",), ("e", "agora"), ("volte",), ("voltar",), ("volta",), ("volte", "para"),
    ("and",), ("what", "about"), ("how", "about"), ("now",), ("and", "now"), ("back", "to"), ("go", "back"), ("same", "for"),
)  # fmt: skip
_SHORT = 7
"""Words that a question may have at most to continue another without saying so."""


def continues(parsed: Parse) -> bool:
    """Whether a question can only be understood from the one before: it says so, or it names neither what is asked about
    nor what is to be known of it."""
    words = tuple(key for key in parsed.keys if any(char.isalnum() for char in key))
    if any(words[: len(opening)] == opening for opening in _OPENINGS):
        return True
    subject = any(link.target.kind in ("dataset", "entity", "value") and link.score >= 0.8 for link in parsed.links)
    bare = any(link.target.kind in ("metric", "field") and link.score >= 0.8 for link in parsed.links)
    return len(words) <= _SHORT and bare and not subject and not parsed.periods


def follow(parsed: Parse, before: plan.QueryPlan, vocabulary: Vocabulary) -> Scored | None:
    """The reading of the question before with what this one changes; None where nothing of it can be taken over."""
    try:
        old = unbuild(before, vocabulary)
    except (Unreadable, KeyError):
        return None
    composed = Composer(_without_opening(parsed), vocabulary, old.root).compose()
    new = composed.reading
    if not new.where and not _asks(new, parsed):
        return None
    reading = replace(old, where=_merged(old.where, new.where, vocabulary), intent=old.intent or new.intent)
    if _asks(new, parsed):
        reading = replace(
            reading, select=new.select, group=new.group, order=new.order, limit=new.limit, having=new.having,
            distinct=new.distinct, intent=new.intent, tables=tuple(dict.fromkeys((*old.tables, *new.tables))),
        )  # fmt: skip
    try:
        made = build(reading, vocabulary, parsed.question)
    except NotConnected:
        return None
    unexplained = tuple(at for at in content(parsed) if at not in composed.used and parsed.keys[at] not in _spoken())
    probability = max(0.05, 0.85 - 0.2 * len(unexplained))
    return Scored(reading, 1.0 - 0.5 * len(unexplained), unexplained, probability, "rules", (), lambda: made)


def _asks(new: Reading, parsed: Parse) -> bool:
    """Whether the question says itself what is to be known: an aggregate, a grouping, or fields by name."""
    named = any(link.target.kind in ("metric", "field", "dataset") and link.score >= 0.9 for link in parsed.links)
    told = any(item.aggregated for item in new.select) or bool(new.group)
    return told or (named and any(item.source.tokens for item in new.select))


def _merged(old: tuple[Condition, ...], new: tuple[Condition, ...], vocabulary: Vocabulary) -> tuple[Condition, ...]:
    """The old conditions, each replaced by a new one of its kind, and the new ones of new kinds."""
    kinds = {_kind(each, vocabulary): each for each in new}
    result: list[Condition] = []
    placed: set[object] = set()
    for each in old:
        kind = _kind(each, vocabulary)
        if kind not in kinds:
            result.append(each)
        elif kind not in placed:
            placed.add(kind)
            result.append(_in_place(each, kinds[kind]))
    result += [each for kind, each in kinds.items() if kind not in placed]
    return tuple(result)


def _in_place(old: Condition, new: Condition) -> Condition:
    """A new period is one of the time that was asked about before."""
    if isinstance(old, Between) and isinstance(new, Between) and new.upper_open:
        return replace(new, ref=old.ref)
    return new


def _kind(condition: Condition, vocabulary: Vocabulary) -> object:
    """What a condition is about; conditions about the same replace each other."""
    if isinstance(condition, Named):
        return "entity", vocabulary.entities[condition.entity].kind
    if isinstance(condition, AnyOf) and all(isinstance(each, Named) for each in condition.options):
        return _kind(condition.options[0], vocabulary)
    if isinstance(condition, Between) and condition.upper_open:
        return "period"
    ref = _ref(condition)
    if ref is not None:
        held = vocabulary.fields.get((ref.dataset, ref.field))
        concept = held.concept if held is not None else ""
        return ("concept", concept) if concept else ("field", ref)
    return condition


def _ref(condition: Condition) -> Ref | None:
    if isinstance(condition, Compare):
        left: Item = condition.left
        return left.ref if not left.aggregated else None
    if isinstance(condition, (Within, Like, Missing, Flag, Between)):
        return condition.ref
    return None


def _without_opening(parsed: Parse) -> Parse:
    """The parse without what its first words may name or steer: they only say that it goes on ("volte" names no return)."""
    words = tuple(parsed.keys)
    size = max((len(opening) for opening in _OPENINGS if words[: len(opening)] == opening), default=0)
    return replace(
        parsed,
        cues=tuple(cue for cue in parsed.cues if cue.first >= max(size, 1) or cue.op in GLUE),
        links=tuple(link for link in parsed.links if link.first >= size),
    )


def _spoken() -> frozenset[str]:
    """Words of the openings."""
    return frozenset(word for opening in _OPENINGS for word in opening) | SMALL_WORDS
