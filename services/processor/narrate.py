"""What the rows say, in one or two sentences, by the kind of statement that the asker expects.

Every number comes out of a cell, a count that the database made, or an enrichment; nothing is computed here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from services.processor.cells import MISSING, cell, number
from services.processor.columns import Columns
from services.processor.expressions import Wording
from services.processor.names import selects
from services.processor.phrases import listed, sentence

P = plan_pb2
_MOST_FIELDS, _MOST_NAMES = 12, 3


@dataclass(frozen=True, slots=True)
class Told:
    """All that a sentence about a result is made from."""

    plan: plan_pb2.QueryPlan
    head: result_pb2.ResultHead
    columns: Columns
    words: Wording
    items: int
    filtered: bool

    def say(self, key: str, *values: object) -> str:
        """A phrase filled in."""
        return self.words.phrases[key].format(*values)

    def cell(self, row: int, place: int) -> str:
        """A cell as text; the bucket of a time as people name it."""
        value = self.head.rows[row].values[place]
        grain = self.columns.grains.get(place)
        if grain in (P.TIME_GRAIN_MONTH, P.TIME_GRAIN_YEAR):
            iso = value.date or value.timestamp or value.text
            try:
                day = date.fromisoformat(iso[:10])
            except ValueError:
                return cell(value, self.columns.columns[place], self.words.of)
            return str(day.year) if grain == P.TIME_GRAIN_YEAR else self.words.of.month(day)
        return cell(value, self.columns.columns[place], self.words.of)

    @property
    def thing(self) -> str:
        """What one row is. Different rows are of what they are asked of, however they were joined."""
        select = next(selects(self.plan.query), None)
        names = self.words.names
        plain = select is not None and not select.distinct and not select.group_by
        return (names.row() if plain else names.thing()) or self.words.phrases["rows"]

    @property
    def counted(self) -> str:
        """What is counted where rows are: what they are rows of, or what is shown of them where each stands there once."""
        select = next(selects(self.plan.query), None)
        once = select is not None and select.distinct and not select.group_by and not self.columns.measures
        labels = [column.label for column in self.columns.columns]
        if not once or not 0 < len(labels) <= _MOST_NAMES:
            return self.thing
        return self.say("each_once", listed(labels, self.words.names.language))


def tell(told: Told) -> list[str]:
    """The sentences about a result, the most important first."""
    if not told.head.rows:
        return [_empty(told)]
    if told.plan.intent == P.INTENT_EXISTENCE:
        return _existence(told)
    if _one_value(told):
        return [_value(told)]
    return _TELLERS.get(told.plan.intent, _by_shape)(told)


def _one_value(told: Told) -> bool:
    return len(told.head.rows) == 1 and len(told.columns.columns) == 1


def _aggregated(told: Told) -> bool:
    select = next(selects(told.plan.query), None)
    return select is not None and not select.group_by and bool(told.columns.measures)


def _empty(told: Told) -> str:
    """No rows is no zero: it says that nothing matches, and the filters are named right after."""
    if told.plan.intent == P.INTENT_EXISTENCE:
        return told.say("no", told.thing)
    return told.say("empty", told.thing) if told.filtered else sentence(told.say("empty_all", told.thing))


def _value(told: Told) -> str:
    value = told.head.rows[0].values[0]
    label = told.columns.columns[0].label
    if value.WhichOneof("kind") is None:
        # An aggregate over nothing is NULL: there is no value, which is not 0.
        if _aggregated(told):
            return told.say("no_value", label, told.thing)
        return sentence(told.say("null_value", label))
    if told.plan.intent == P.INTENT_CORRELATION:
        return sentence(told.say("correlation_value", label, told.cell(0, 0)))
    return sentence(told.say("value", label, told.cell(0, 0)))


def _existence(told: Told) -> list[str]:
    value = told.head.rows[0].values[0] if _one_value(told) else None
    if value is not None and value.WhichOneof("kind") == "boolean":
        return [told.say("yes_plain" if value.boolean else "no_plain")]
    amount = number(value) if value is not None and told.columns.measures else None
    if amount is not None:
        if amount == 0:
            return [told.say("no", told.thing)]
        return [told.say("yes", f"{told.columns.columns[0].label} {told.cell(0, 0)}")]
    return [told.say("yes", _count(told, "found").rstrip("."))]


def _count(told: Told, key: str, *subject: str) -> str:
    """How many rows there are, and how many of them are shown."""
    thing = subject[0] if subject else told.counted
    shown, total = len(told.head.rows), told.head.total_rows
    suffix = "_groups" if key == "groups" else ""
    number_of = told.words.of.number
    if told.head.complete and not told.head.truncated:
        return told.say(f"{key}_one", thing) if shown == 1 else told.say(key, thing, number_of(shown))
    if total >= 0:
        return told.say(f"showing{suffix}", thing, number_of(shown), number_of(total))
    return told.say(f"showing_some{suffix}", thing, number_of(shown))


def _list(told: Told) -> list[str]:
    sentences = [_count(told, "found")]
    if told.head.complete and len(told.head.rows) <= told.items:
        shown = [_row(told, row) for row in range(len(told.head.rows))]
        sentences.append("; ".join(shown) + ".")
    return sentences


def _row(told: Told, row: int) -> str:
    places = range(min(len(told.columns.columns), 4))
    return ", ".join(text for place in places if (text := told.cell(row, place)) != MISSING) or MISSING


def _name(told: Told, row: int) -> str:
    return ", ".join(told.cell(row, place) for place in told.columns.groups) or str(row + 1)


def _group_label(told: Told) -> str:
    labels = [told.columns.columns[place].label for place in told.columns.groups]
    return listed(labels, told.words.names.language)


def _groups(told: Told) -> list[str]:
    if not told.columns.measures or not told.columns.groups:
        return _list(told)
    place = told.columns.measures[0]
    label = told.columns.columns[place].label
    sentences = [_count(told, "groups", _group_label(told))]
    amounts = [(amount, row) for row in range(len(told.head.rows)) if (amount := _amount(told, row, place)) is not None]
    if len(told.head.rows) <= told.items:
        pairs = [f"{_name(told, row)}: {told.cell(row, place)}" for row in range(len(told.head.rows))]
        sentences.append(told.say("ranking", label, "; ".join(pairs)))
    elif amounts and told.head.complete:
        # Over a part of the groups, the largest shown need not be the largest there is.
        highest, lowest = max(amounts, key=lambda each: each[0])[1], min(amounts, key=lambda each: each[0])[1]
        sentences.append(told.say("highest", label, _name(told, highest), told.cell(highest, place)))
        sentences.append(told.say("lowest", _name(told, lowest), told.cell(lowest, place)))
    return sentences


def _amount(told: Told, row: int, place: int) -> float | None:
    amount = number(told.head.rows[row].values[place])
    return None if amount is None else float(amount)


def _ranking(told: Told) -> list[str]:
    if not told.columns.groups:
        return _list(told)
    place = _ranked_by(told)
    if place < 0:
        return _list(told)
    shown = min(len(told.head.rows), told.items)
    explained = told.plan.intent == P.INTENT_EXPLANATION
    # A contribution is told by what it is of; the amounts it comes from stand in the table.
    texts = [each for each in told.columns.groups if not explained or _amount(told, 0, each) is None]
    groups = [each for each in texts if each != place][:3]
    pairs = []
    for row in range(shown):
        name = ", ".join(told.cell(row, each) for each in groups)
        pairs.append(f"{row + 1}. {name} ({told.cell(row, place)})" if name else f"{row + 1}. {told.cell(row, place)}")
    sentences = [sentence(told.say("ranking", told.columns.columns[place].label, "; ".join(pairs)))]
    if shown < len(told.head.rows) or not told.head.complete:
        sentences.append(_count(told, "found"))
    return sentences


def _ranked_by(told: Told) -> int:
    """The place of the column that a ranking is ordered by; -1 where it is not shown: no other can be called its measure."""
    terms = told.plan.query.order_by
    if not terms:
        return told.columns.measures[0] if told.columns.measures else len(told.columns.columns) - 1
    first, select = terms[0], next(selects(told.plan.query), None)
    for place, projection in enumerate(select.projections if select is not None else ()):
        if first.output == projection.name if first.output else first.expression == projection.expression:
            return place
    return -1


def _trend(told: Told) -> list[str]:
    if not told.columns.times or not told.columns.measures or len(told.columns.groups) > 1:
        return _groups(told)
    time, place = told.columns.times[0], told.columns.measures[0]
    rows = [row for row in range(len(told.head.rows)) if _amount(told, row, place) is not None]
    rows.sort(key=lambda row: _instant(told, row, time))
    if len(rows) < 2 or not told.head.complete:
        return _groups(told)
    label = told.columns.columns[place].label
    unit = told.words.grain(told.columns.grains[time]) if time in told.columns.grains else _group_label(told)
    first, last = rows[0], rows[-1]
    peak = max(rows, key=lambda row: _amount(told, row, place) or 0.0)
    low = min(rows, key=lambda row: _amount(told, row, place) or 0.0)
    return [
        sentence(
            told.say(
                "trend_span",
                label,
                unit,
                told.cell(first, time),
                told.cell(first, place),
                told.cell(last, time),
                told.cell(last, place),
            )
        ),
        told.say(
            "trend_ends",
            told.cell(peak, time),
            told.cell(peak, place),
            told.cell(low, time),
            told.cell(low, place),
        ),
    ]


def _instant(told: Told, row: int, place: int) -> str:
    value = told.head.rows[row].values[place]
    return value.date or value.timestamp or value.text or f"{value.integer:012}"


def _detail(told: Told) -> list[str]:
    if len(told.head.rows) > 1:
        return _list(told)
    pairs = [
        f"{told.columns.label(place)}: {text}"
        for place in range(len(told.columns.columns))
        if (text := told.cell(0, place)) != MISSING
    ]
    more = "; …" if len(pairs) > _MOST_FIELDS else ""
    return [told.say("detail", "; ".join(pairs[:_MOST_FIELDS]) + more)]


def _by_shape(told: Told) -> list[str]:
    """Where the asker's intent is not known, the result's own shape tells."""
    if told.columns.measures and told.columns.groups:
        return _trend(told) if told.columns.times else _groups(told)
    if len(told.head.rows) == 1 and told.columns.measures:
        return _detail(told)
    return _list(told)


_TELLERS: dict[int, Callable[[Told], list[str]]] = {
    P.INTENT_LIST: _list,
    P.INTENT_VALUE: _by_shape,
    P.INTENT_COUNT: _by_shape,
    P.INTENT_GROUPS: _groups,
    P.INTENT_RANKING: _ranking,
    P.INTENT_COMPARISON: _groups,
    P.INTENT_TREND: _trend,
    P.INTENT_DISTRIBUTION: _groups,
    P.INTENT_DETAIL: _detail,
    P.INTENT_EXPLANATION: _ranking,
    P.INTENT_FORECAST: _trend,
}
