"""Percentages: a metric of the model that says the same, else the part of the rows for which the conditions hold."""

from dataclasses import replace

from services.analyzer.cues import Cue
from services.analyzer.draft import Draft
from services.analyzer.draft_ranking import rank
from services.analyzer.draft_sums import summed
from services.analyzer.normalize import fold
from services.analyzer.reading import Compare, Condition, Flag, Item, Source, Within
from services.analyzer.stem import stems
from services.analyzer.vocabulary import SMALL_WORDS

_PERCENT = frozenset(
    {"percentual", "porcentagem", "percentagem", "%", "taxa", "percentage", "percent", "rate", "share", "proporcao"}
)


def take_percent(draft: Draft) -> None:
    """Sets the measure of a question that asks for a percentage; called once the names are known, before the periods."""
    cue = draft.has("PERCENT")
    if cue is None:
        return
    item = _metric(draft, cue) or _part(draft, cue) or _share(draft, cue)
    if item is None:
        return
    draft.use(cue)
    draft.counted = ""
    draft.select = [each for each in draft.select if not each.aggregated]
    if item.share:
        draft.select.append(replace(item, share=False, title=""))
    at = next(at for at, unit in enumerate(draft.units) if unit.cue is cue)
    degree = next((each for each in draft.before(at, 2) if each.op in ("DEGREE", "MOST", "FEWEST")), None)
    if degree is not None:
        most = degree.op == "MOST" or (degree.op == "DEGREE" and degree.largest)
        if rank(draft, at, replace(degree, op="MOST" if most else "FEWEST"), item, ""):
            return
    draft.select.append(item)


def _metric(draft: Draft, cue: Cue) -> Item | None:
    """A metric of the root in percent, the other words of which the question has behind the cue."""
    language = draft.parsed.language.code
    said = {
        stem: at for at in range(cue.last, len(draft.parsed.keys)) for stem in stems(draft.parsed.keys[at], language)
    }
    own = {
        stem
        for term in draft.vocabulary.datasets[draft.root].terms
        for word in fold(term.text).split()
        for stem in stems(word, language)
    }
    best: tuple[int, str, set[int]] = (0, "", set())
    for metric in draft.vocabulary.metrics.values():
        if metric.dataset != draft.root or metric.unit != "percent":
            continue
        for term in metric.terms:
            words = [word for word in fold(term.text).split() if word not in SMALL_WORDS | _PERCENT]
            if not words or len(words) == len([word for word in fold(term.text).split() if word not in SMALL_WORDS]):
                continue
            if own.issuperset(stem for word in words for stem in stems(word, language)):
                continue
            places = [next((said[stem] for stem in stems(word, language) if stem in said), -1) for word in words]
            if min(places) >= 0 and len(words) > best[0]:
                best = (len(words), metric.name, set(places))
    if not best[1]:
        return None
    tokens = best[2]
    # What the metric says itself is no further condition.
    draft.where = [
        each for each in draft.where if not isinstance(each, Flag) or not tokens & set(each.source.tokens)
    ]  # fmt: skip
    draft.used |= tokens
    source = Source(tuple(sorted({*range(cue.first, cue.last), *tokens})), "synonym", 0.95, best[1])
    return Item(metric=best[1], dataset=draft.root, source=source)


def _part(draft: Draft, cue: Cue) -> Item | None:
    """Rows for which the last-named condition holds, in a hundred of those for which the others hold."""
    states = [each for each in draft.where if isinstance(each, Flag)]
    values = [
        each for each in draft.where if isinstance(each, (Compare, Within)) and each.source.kind in ("value", "synonym")
    ]
    chosen: list[Condition] = [*states] if states else [*values[-1:]]
    if not chosen:
        return None
    chosen = [each for each in chosen if not _given(draft, each)]
    if not chosen:
        return None
    draft.where = [each for each in draft.where if each not in chosen]
    source = Source(tuple(range(cue.first, cue.last)), "cue")
    whole = _measured(draft) or Item(fn="count", dataset=draft.root)
    return replace(whole, where=tuple(chosen), per=whole, times=100, title="percentual", source=source)


def _measured(draft: Draft) -> Item | None:
    """The amount of which parts are asked for ("share of revenue"): a sum that is named; rows where there is none."""
    for item in draft.select:
        if item.metric and summed(draft.vocabulary, item.metric) is not None and not item.where:
            return Item(metric=item.metric, dataset=item.dataset)
        if item.fn == "sum" and item.ref is not None and not item.where:
            return Item(item.ref, fn="sum", dataset=item.dataset)
    return None


def _share(draft: Draft, cue: Cue) -> Item | None:
    """What each group has of the whole: "participação de cada vendedor no faturamento"."""
    dims = [item for item in draft.select if item.ref is not None and draft.groups(item.ref)]
    named = any(
        link.first <= cue.first < link.last and link.coverage == 1 and link.target.kind == "field"
        for link in draft.parsed.links
    )
    if named or (not draft.group and not dims):
        return None
    source = Source(tuple(range(cue.first, cue.last)), "cue")
    whole = _measured(draft) or Item(fn="count", dataset=draft.counted or draft.root)
    return replace(whole, share=True, title="participacao", source=source)


def _given(draft: Draft, condition: Condition) -> bool:
    """Whether a condition stands behind an "among": it says of what the part is ("entre as entregues")."""
    first = min(getattr(condition, "source", Source()).tokens, default=-1)
    keys = draft.parsed.keys
    among = {"entre", "among", "dentre", "dos", "das"}
    if first > 0 and any(key in ("entre", "among", "dentre") for key in keys[max(0, first - 3) : first]):
        for cue in draft.parsed.cues:
            if keys[cue.first] in among and cue.first < first <= cue.last + 2:
                draft.use(cue)
        return True
    return False
