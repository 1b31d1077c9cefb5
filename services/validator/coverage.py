"""Checks that what a question says exactly is in the plan: no number, text, date or negation is dropped in
silence.

A mention is covered where a slot of the plan came from its words, or where its value stands in the plan.
Where the plan itself lists the words as unexplained, the asker will be told, and the issue is a warning
only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.validator.issues import Issue, error, warning
from services.validator.language import language
from services.validator.mentions import MONTHS, Mention, fold, mentions, readings

P = plan_pb2
_CODES = {
    "number": "coverage.number",
    "quoted": "coverage.quoted",
    "date": "coverage.date",
    "period": "coverage.date",
    "negation": "coverage.negation",
}


@dataclass(slots=True)
class _Content:
    """All that a plan says, in forms that mentions can be compared with."""

    numbers: set[Decimal] = field(default_factory=set)
    near: set[Decimal] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    spans: list[tuple[int, int, str]] = field(default_factory=list)
    denies: bool = False
    bounds: bool = False
    timely: bool = False
    widths: set[int] = field(default_factory=set)


def check_coverage(
    question: str, plan: plan_pb2.QueryPlan, semantics: semantics_pb2.SemanticSlice, locale: str
) -> Iterator[Issue]:
    """What the question says and the plan does not. A plan without question is a program's own."""
    said = mentions(question, language(question, locale)) if question else []
    if not said:
        return
    content = _Content()
    _collect(plan.query, content)
    for metric in semantics.metrics:
        _collect(metric.filter, content)
    for dataset in semantics.datasets:
        for each in dataset.fields:
            _collect(each.predicate, content)
    content.texts += [fold(each.subject) for each in plan.assumptions]
    unexplained = [(span.start, span.end, fold(span.text)) for span in plan.unexplained]
    for mention in said:
        if _covers(content.spans, mention) or _is_in(mention, content):
            continue
        code = _CODES[mention.kind]
        message = f'"{mention.text}" of the question is not in the plan.'
        make = warning if _covers(unexplained, mention) else error
        yield make(code, "plan", message, term=mention.text)


def _covers(spans: list[tuple[int, int, str]], mention: Mention) -> bool:
    folded = fold(mention.text)
    for start, end, text in spans:
        if start < mention.end and mention.start < end:
            return True
        # A plan that was made for another spelling of the question has other places.
        if not end and text and (folded in text or text in folded):
            return True
    return False


def _is_in(mention: Mention, content: _Content) -> bool:
    if mention.kind == "negation":
        return content.denies or (mention.bounds and content.bounds)
    folded = fold(mention.text)
    if mention.kind == "quoted":
        return _quote_is_in(folded, content)
    if mention.kind == "period":
        return content.timely or any(folded in text for text in content.texts)
    if mention.kind == "date":
        return _date_is_in(mention, content) or any(folded in text for text in content.texts)
    return _number_is_in(mention, content)


def _quote_is_in(folded: str, content: _Content) -> bool:
    """Compared by letters and digits alone: blanks and commas are where each writer puts them."""
    wanted = _compact(folded)
    if any(wanted in text or text in wanted for each in content.texts if (text := _compact(each))):
        return True
    return wanted.isdigit() and Decimal(wanted) in content.numbers


def _compact(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _date_is_in(mention: Mention, content: _Content) -> bool:
    year, month, day = mention.months
    wanted = [each for each in content.days if year in (0, each.year) and each.month == month]
    if day:
        return any(each.day == day for each in wanted)
    # Functions on the column may say it too (MONTH(d) = 6), or a column of that month.
    named = any(MONTHS.get(word) == month for text in content.texts for word in text.split())
    return bool(wanted) or named or Decimal(month) in content.numbers


def _number_is_in(mention: Mention, content: _Content) -> bool:
    for number in mention.numbers:
        if number in content.numbers or number in content.near:
            return True
        if number != number.to_integral_value():
            continue
        if 1900 <= number <= 2200 and any(each.year == number for each in content.days):
            return True
        if mention.spans and (int(number) in content.widths or (content.timely and not content.widths)):
            return True
    digits = "".join(each for each in mention.text if each.isdigit())
    return bool(digits) and any(digits in "".join(filter(str.isdigit, text)) for text in content.texts)


def _collect(message: Message, content: _Content) -> None:
    if isinstance(message, P.Literal):
        _literal(message, content)
        return
    if isinstance(message, P.Origin):
        content.spans += [(span.start, span.end, fold(span.text)) for span in message.words]
        return
    _note(message, content)
    for field_, value in message.ListFields():
        if field_.type == FieldDescriptor.TYPE_MESSAGE:
            for each in (value,) if isinstance(value, Message) else value:
                _collect(each, content)
        elif field_.type == FieldDescriptor.TYPE_INT64:
            content.numbers.add(Decimal(value))


def _note(message: Message, content: _Content) -> None:  # one case for each kind
    """What a part of a plan says beside its constants."""
    if isinstance(message, P.NamedFilterRef | P.EntityRef):
        # A named condition may deny and may be about today; its definition is the model's.
        content.texts.append(fold(message.name))
        content.denies = content.timely = True
    elif isinstance(message, P.MetricRef):
        content.texts.append(fold(message.metric))
        content.timely = True
    elif isinstance(message, P.ColumnRef):
        content.texts.append(_words(message.column))
    elif isinstance(message, P.FieldRef):
        content.texts.append(_words(message.field))
    elif isinstance(message, P.TableRef):
        content.texts.append(_words(message.name))
    elif isinstance(message, P.Predicate):
        content.denies |= message.WhichOneof("kind") in ("negation", "null_test")
    elif isinstance(message, P.Comparison):
        _near(message, content)
        refuses = message.operator == P.COMPARISON_OPERATOR_NOT_EQUAL
        refuses |= message.right.literal.WhichOneof("value") == "boolean" and not message.right.literal.boolean
        content.denies |= refuses
    elif isinstance(message, P.Membership | P.Pattern | P.RelatedTest | P.ExistsTest):
        content.denies |= message.negated
        if isinstance(message, P.RelatedTest) and message.HasField("count"):
            content.denies |= message.count.value == 0
        if isinstance(message, P.Pattern):
            text = fold(message.text.strip("%"))
            content.texts.append(text)
            content.numbers |= {Decimal(each) for each in re.findall(r"\d+", text)[:8]}
    elif isinstance(message, P.SetOperation):
        content.denies |= message.operator == P.SET_OPERATOR_EXCEPT
    elif isinstance(message, P.CountTest):
        content.near |= {Decimal(message.value - 1), Decimal(message.value + 1)}
    elif isinstance(message, P.Query) and message.offset:
        content.near.add(Decimal(message.offset + 1))
    elif isinstance(message, P.AsOf):
        content.timely = True
    elif isinstance(message, P.Range):
        content.bounds = True
        if message.label:
            content.texts.append(fold(message.label))
            content.timely = True
        _width(message, content)
    elif isinstance(message, P.Join):
        content.denies |= message.kind == P.JOIN_KIND_LEFT


def _near(comparison: plan_pb2.Comparison, content: _Content) -> None:
    """Whole numbers that a comparison may have been said with: "more than 5" is "at least 6"."""
    content.bounds |= comparison.operator not in (P.COMPARISON_OPERATOR_EQUAL, P.COMPARISON_OPERATOR_NOT_EQUAL)
    # "Not the smallest" is "more than the smallest".
    unequal = comparison.operator != P.COMPARISON_OPERATOR_EQUAL
    content.denies |= unequal and comparison.right.WhichOneof("kind") == "scalar_query"
    if comparison.right.literal.WhichOneof("value") != "integer":
        return
    value = Decimal(comparison.right.literal.integer)
    if comparison.operator in (P.COMPARISON_OPERATOR_LESS, P.COMPARISON_OPERATOR_GREATER_OR_EQUAL):
        content.near.add(value - 1)
    elif comparison.operator in (P.COMPARISON_OPERATOR_GREATER, P.COMPARISON_OPERATOR_LESS_OR_EQUAL):
        content.near.add(value + 1)


def _words(identifier: str) -> str:
    """An identifier as words: what a question names may be a column."""
    return fold(identifier.replace("_", " "))


def _width(bounds: plan_pb2.Range, content: _Content) -> None:
    """A period of n days, weeks or months may be all that is left of "the last n"."""
    begin, end = _day(bounds.lower.literal), _day(bounds.upper.literal)
    if begin is None or end is None:
        return
    days = (end - begin).days
    content.widths |= {days, days + 1, days - 1, days // 7, -(-days // 7)}
    months = (end.year - begin.year) * 12 + end.month - begin.month
    content.widths |= {months, months + 1, months // 12, months // 12 + 1}


def _literal(literal: plan_pb2.Literal, content: _Content) -> None:
    kind = literal.WhichOneof("value")
    if kind in ("integer", "float", "decimal"):
        try:
            content.numbers.add(Decimal(str(getattr(literal, kind))))
        except InvalidOperation:
            return
    elif kind == "text":
        text = fold(literal.text)
        content.texts.append(text)
        content.denies |= any(word in ("nao", "sem", "no", "not", "without", "none", "nenhum") for word in text.split())
        _iso(text, content)
        if any(character.isdigit() for character in text) and len(text) < 20:
            content.numbers.update(readings("".join(each for each in text if each.isdigit() or each in ".,") or "0"))
    elif kind in ("date", "timestamp"):
        content.timely = True
        _iso(literal.date or literal.timestamp, content)


def _iso(text: str, content: _Content) -> None:
    """A day that is written as databases write it. The bound behind a period stands for its last day as well."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return
    content.timely = True
    content.days |= {day, day - timedelta(days=1)}


def _day(literal: plan_pb2.Literal) -> date | None:
    text = literal.date or literal.timestamp
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
