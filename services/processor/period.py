"""Ranges over days and moments in words: `junho de 2025`, `01/06/2025 a 15/06/2025`."""

from datetime import date, datetime, timedelta

from maestro.plan.v1 import plan_pb2
from services.processor.expressions import Wording

P = plan_pb2


def is_period(predicate: plan_pb2.Predicate) -> bool:
    """Whether a condition bounds a field by days or moments that are written out."""
    kind = predicate.WhichOneof("kind")
    if kind == "range":
        bounds = [
            bound
            for bound, has in (
                (predicate.range.lower, predicate.range.HasField("lower")),
                (predicate.range.upper, predicate.range.HasField("upper")),
            )
            if has
        ]
        return bool(bounds) and all(_moment(bound) is not None for bound in bounds)
    if kind == "comparison":
        return (
            predicate.comparison.operator == P.COMPARISON_OPERATOR_EQUAL
            and predicate.comparison.right.literal.WhichOneof("value") == "date"
        )
    return False


def period(predicate: plan_pb2.Predicate, words: Wording) -> str:
    """A period in words, with the field that it bounds."""
    if predicate.WhichOneof("kind") == "comparison":
        compared = predicate.comparison
        field = words.expression(compared.left)
        return words.phrases["of_field"].format(words.of.day(compared.right.literal.date), field)
    range_ = predicate.range
    field = words.expression(range_.operand)
    text = _span(range_, words)
    if range_.label and range_.label.lower() != text.lower():
        text = words.phrases["labelled"].format(range_.label, text)
    return words.phrases["of_field"].format(text, field)


def span(range_: plan_pb2.Range, words: Wording) -> str:
    """A range between two days or moments in words, its last day the last one inside; empty for any other range."""
    bounded = range_.HasField("lower") and range_.HasField("upper")
    if not bounded or _moment(range_.lower) is None or _moment(range_.upper) is None:
        return ""
    return _span(range_, words)


def _moment(expression: plan_pb2.Expression) -> datetime | None:
    kind = expression.literal.WhichOneof("value")
    if kind not in ("date", "timestamp"):
        return None
    try:
        return datetime.fromisoformat(expression.literal.date or expression.literal.timestamp)
    except ValueError:
        return None


def _span(range_: plan_pb2.Range, words: Wording) -> str:
    lower = _moment(range_.lower) if range_.HasField("lower") else None
    upper = _moment(range_.upper) if range_.HasField("upper") else None
    if lower is None:
        return words.phrases["until"].format(_end(range_, upper, words))
    if upper is None:
        return words.phrases["since"].format(_shown(lower, words))
    whole = _whole(lower, upper, words) if range_.upper_exclusive and not range_.lower_exclusive else ""
    if whole:
        return whole
    begin, end = _shown(lower, words), _end(range_, upper, words)
    return begin if begin == end else words.phrases["span"].format(begin, end)


def _whole(lower: datetime, upper: datetime, words: Wording) -> str:
    """A whole day, month or year by its name; empty for other spans."""
    if lower.time() != upper.time() or (lower.hour, lower.minute) != (0, 0):
        return ""
    if upper - lower == timedelta(days=1):
        return words.of.day(lower.date().isoformat())
    if lower.day != 1 or upper.day != 1:
        return ""
    months = (upper.year - lower.year) * 12 + upper.month - lower.month
    if months == 1:
        return words.of.month(lower.date())
    if months == 12 and lower.month == 1:
        return str(lower.year)
    return ""


def _end(range_: plan_pb2.Range, upper: datetime | None, words: Wording) -> str:
    """The last day inside of the range: people name it, not the first one outside."""
    if upper is None:
        return ""
    if range_.upper_exclusive and (upper.hour, upper.minute, upper.second) == (0, 0, 0):
        last: date = upper.date() - timedelta(days=1)
        return words.of.day(last.isoformat())
    return _shown(upper, words)


def _shown(moment: datetime, words: Wording) -> str:
    return words.of.moment(moment.isoformat())
