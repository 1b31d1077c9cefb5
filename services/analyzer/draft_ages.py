"""Ages: "há mais de 60 dias", "for less than two weeks", "more than 30 days since they were shipped"."""

from datetime import date, timedelta

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.draft import Draft
from services.analyzer.reading import Between, Ref, Source

_DAYS = {
    "dia": 1, "dias": 1, "day": 1, "days": 1, "semana": 7, "semanas": 7, "week": 7, "weeks": 7, "mes": 30, "meses": 30,
    "month": 30, "months": 30, "ano": 365, "anos": 365, "year": 365, "years": 365,
}  # fmt: skip
_SINCE = frozenset({"since", "desde", "ha", "faz", "for", "ago", "atras"})
_OLDER, _YOUNGER = ("GT", "GE"), ("LT", "LE")
_NEAR = 5


def take_ages(draft: Draft) -> None:
    """Conditions on how long ago something was; done first, because the words of an age name nothing else."""
    keys = draft.parsed.keys
    for at, unit in enumerate(list(draft.units)):
        number = unit.number
        if number is None or not number.whole or number.last >= len(keys) or keys[number.last] not in _DAYS:
            continue
        comparison = next((cue for cue in draft.before(at, 2) if cue.op in (*_OLDER, *_YOUNGER)), None)
        first = comparison.first if comparison is not None else number.first
        told = [
            place for place in range(max(0, first - 1), min(len(keys), number.last + _NEAR)) if keys[place] in _SINCE
        ]
        named = [each for each in draft.units if each.link is not None and each.link.coverage == 1
                 and each.first <= number.last < each.last]  # fmt: skip
        if comparison is None or not told or named:
            continue
        ref, place = _time(draft, number.last + 1)
        if ref is None:
            continue
        day = draft.parsed.today - timedelta(int(number.value) * _DAYS[keys[number.last]])
        last = place if place > told[0] else max(number.last, told[-1])
        tokens = tuple(range(min(first, told[0]), max(number.last, last) + 1))
        source = Source(tokens, "cue", 1.0, draft.parsed.text(tokens[0], tokens[-1] + 1))
        draft.used.update(tokens)
        draft.where.append(_condition(ref, comparison.op in _OLDER, day, source))
        span = set(tokens)
        draft.units = [each for each in draft.units if not span & set(range(each.first, each.last))]
        return


def _condition(ref: Ref, older: bool, day: date, source: Source) -> Between:
    return (
        Between(ref, None, day, True, source.via, source)
        if older
        else Between(ref, day, None, True, source.via, source)
    )


def _time(draft: Draft, behind: int) -> tuple[Ref | None, int]:
    """The time that is named shortly behind a token, and where; else the root's own."""
    for unit in draft.units:
        if not behind <= unit.first < behind + _NEAR or unit.link is None:
            continue
        for link in (unit.link, *unit.others):
            held = draft.vocabulary.field_of(link.target) if link.target.kind == "field" else None
            if held is not None and held.role == semantics_pb2.FIELD_ROLE_TIME and link.target.dataset == draft.root:
                return Ref(draft.root, held.name), unit.last - 1
    name = draft.vocabulary.datasets[draft.root].default_time_field
    return (Ref(draft.root, name) if name else None), -1
