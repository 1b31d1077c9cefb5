"""Checks on the answer: its status, its language, and that every number in its text is in what it was made
from."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from maestro.error.v1 import error_pb2
from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2
from services.validator.issues import Issue, error
from services.validator.language import small_words

R = result_pb2
_NUMBER = re.compile(r"\d(?:[\d.,\u00a0\u202f]*\d)?")
_ROUNDINGS = (ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_HALF_DOWN)
_FROM_ROWS = frozenset({"share", "trend", "rank", "outliers"})


def check_answer(question: str, locale: str, answer: result_pb2.Answer) -> list[Issue]:
    """What is wrong with an answer."""
    issues = list(_status(answer))
    issues += _language(locale, answer)
    issues += _parts(answer)
    if answer.status == R.ANSWER_STATUS_ANSWERED:
        issues += _numbers(question, answer)
    return issues


def _status(answer: result_pb2.Answer) -> Iterator[Issue]:
    if not answer.text.strip():
        yield error("answer.empty", "answer.text", "The answer says nothing.")
    if answer.status == R.ANSWER_STATUS_UNSPECIFIED:
        yield error("answer.status", "answer.status", "The answer has no status.")
    elif answer.status == R.ANSWER_STATUS_ANSWERED:
        if not answer.result.columns:
            yield error("answer.status", "answer.result", "The question is said to be answered, without a result.")
    elif answer.result.rows:
        yield error("answer.status", "answer.result", "There are rows, and the question is not said to be answered.")
    if answer.status == R.ANSWER_STATUS_CLARIFICATION and not answer.choices and "?" not in answer.text:
        yield error(
            "answer.no_choice",
            "answer.choices",
            "The asker is to choose, and there is nothing to choose from.",
        )
    if answer.status == R.ANSWER_STATUS_REFUSED and not answer.issues:
        yield error("answer.no_reason", "answer.issues", "The question is refused, and nothing says why.")


def _language(locale: str, answer: result_pb2.Answer) -> Iterator[Issue]:
    told = answer.locale[:2].lower()
    if told not in ("pt", "en"):
        yield error("answer.language", "answer.locale", "The answer does not say which language it is in.")
        return
    if locale[:2].lower() in ("pt", "en") and locale[:2].lower() != told:
        yield error("answer.language", "answer.locale", f"The asker wants {locale}, the answer is in {answer.locale}.")
        return
    portuguese, english = small_words(answer.text)
    own, other = (portuguese, english) if told == "pt" else (english, portuguese)
    # Names and values may be in any language: only a text without one small word of its own is surely wrong.
    if other >= 4 and own == 0:
        yield error("answer.language", "answer.text", f"The answer is said to be in {answer.locale}, and is not.")


def _parts(answer: result_pb2.Answer) -> Iterator[Issue]:
    """Nothing is computed over a part of the rows as if it were the whole, and a part is said to be one."""
    head = answer.result
    if head.complete and not head.truncated:
        return
    for place, enrichment in enumerate(answer.enrichments):
        if enrichment.kind in _FROM_ROWS and not enrichment.statements:
            message = f"{enrichment.kind} was computed from a part of the rows."
            yield error("answer.total_over_part", f"answer.enrichments[{place}]", message)
    if answer.status != R.ANSWER_STATUS_ANSWERED or not head.rows:
        return
    shown = {Decimal(len(head.rows))} | ({Decimal(head.total_rows)} if head.total_rows >= 0 else set())
    said = {number for token in _NUMBER.findall(answer.text) for number in _readings(token, answer.locale)}
    if not said & shown:
        message = "Rows are left out, and the text does not say so."
        yield error("answer.truncation_unsaid", "answer.text", message)


def _readings(token: str, locale: str) -> list[Decimal]:
    """What a number in a text means in its language."""
    token = token.replace("\u00a0", "").replace("\u202f", "").rstrip(".,")
    text = token.replace(",", "") if locale[:2].lower() == "en" else token.replace(".", "").replace(",", ".")
    try:
        return [Decimal(text)]
    except InvalidOperation:
        return []


def _numbers(question: str, answer: result_pb2.Answer) -> Iterator[Issue]:
    known = _Known(question, answer)
    for match in _NUMBER.finditer(answer.text):
        token = match.group().rstrip(".,")
        percent = answer.text[match.start() + len(token) :].lstrip(" \u00a0").startswith("%")
        readings = _readings(token, answer.locale)
        if not known.has(token, readings, percent):
            message = f"{token} is in the text, and in nothing that it was made from."
            yield error("answer.number", "answer.text", message, term=token)


class _Known:
    """All that a number in the text may come from. What is cheap to look at is looked at first."""

    def __init__(self, question: str, answer: result_pb2.Answer) -> None:
        self._answer = answer
        self._tokens: set[str] = set()
        self._exact: set[Decimal] = {
            Decimal(len(answer.result.rows)),
            Decimal(max(answer.result.total_rows, 0)),
        }
        for text in self._texts(question):
            self._tokens.update(token.rstrip(".,") for token in _NUMBER.findall(text))
        self._plan(answer.plan)
        if answer.provenance.HasField("as_of_time"):
            self._day(answer.provenance.as_of_time.ToDatetime().date())
        self._cells: list[Decimal] | None = None
        self._rounded: dict[int, set[Decimal]] = {}

    def _texts(self, question: str) -> Iterator[str]:
        answer = self._answer
        yield question
        yield answer.plan.question
        yield from answer.recalled
        yield from answer.suggestions
        yield from answer.provenance.tables
        yield from answer.provenance.filters
        yield answer.provenance.period
        for column in answer.result.columns:
            yield column.label
            yield column.name
        for assumption in answer.plan.assumptions:
            yield from (assumption.subject, assumption.chosen, *assumption.others)
        for span in answer.plan.unexplained:
            yield span.text
        for issue in answer.issues:
            if issue.severity != error_pb2.SEVERITY_INFO:
                yield from issue.params.values()
        for choice in answer.choices:
            yield choice.text

    def _plan(self, message: Message) -> None:
        """Constants of the plan: the text names the filters."""
        if isinstance(message, plan_pb2.Literal):
            kind = message.WhichOneof("value")
            if kind in ("date", "timestamp"):
                self._iso(message.date or message.timestamp)
            elif kind == "text":
                self._tokens.update(token.rstrip(".,") for token in _NUMBER.findall(message.text))
            elif kind in ("integer", "float", "decimal"):
                self._exact.add(Decimal(str(getattr(message, kind))))
            return
        if isinstance(message, plan_pb2.Pattern):
            self._tokens.update(token.rstrip(".,") for token in _NUMBER.findall(message.text))
        for field, value in message.ListFields():
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                for each in (value,) if isinstance(value, Message) else value:
                    self._plan(each)
            elif field.type == FieldDescriptor.TYPE_INT64:
                self._exact.add(Decimal(value))

    def _iso(self, text: str) -> None:
        try:
            day = date.fromisoformat(text[:10])
        except ValueError:
            return
        self._day(day)
        self._day(day - timedelta(days=1))
        self._exact.update(Decimal(part) for part in re.findall(r"\d+", text[10:19]))

    def _day(self, day: date) -> None:
        self._exact.update({Decimal(day.year), Decimal(day.month), Decimal(day.day)})

    def has(self, token: str, readings: list[Decimal], percent: bool) -> bool:
        """Whether a number of the text comes from somewhere."""
        if token in self._tokens or any(reading in self._exact for reading in readings):
            return True
        if self._cells is None:
            self._cells = list(self._values())
        for reading in readings:
            if reading in self._exact:
                return True
            if self._matches(reading, percent):
                return True
        return token in self._tokens

    def _values(self) -> Iterator[Decimal]:
        """All numbers in rows and enrichments; dates and texts add what they say to the rest."""
        answer = self._answer
        for row in answer.result.rows:
            yield from self._numbers(row.values)
        for enrichment in answer.enrichments:
            yield from self._numbers(enrichment.values.values())
            yield from self._numbers(enrichment.row_values)
        # A list numbers its rows.
        self._exact.update(Decimal(number) for number in range(1, min(len(answer.result.rows), 20) + 1))

    def _numbers(self, values: object) -> Iterator[Decimal]:
        for value in values:  # type: ignore[attr-defined]  # repeated values
            kind = value.WhichOneof("kind")
            if kind == "integer":
                yield Decimal(value.integer)
            elif kind in ("float", "decimal"):
                try:
                    yield Decimal(str(getattr(value, kind)))
                except InvalidOperation:
                    continue
            elif kind in ("date", "timestamp"):
                self._iso(value.date or value.timestamp)
            elif kind in ("text", "time"):
                text = value.text or value.time
                self._tokens.update(token.rstrip(".,") for token in _NUMBER.findall(text))

    def _matches(self, reading: Decimal, percent: bool) -> bool:
        """Whether a number is a cell, rounded to the decimals that are shown; a share may be shown as a
        percentage."""
        exponent = reading.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        unit = Decimal(1).scaleb(-places)
        for cell in self._cells or ():
            if not cell.is_finite():
                continue
            for value in (cell, cell * 100) if percent else (cell,):
                if abs(abs(value) - reading) <= unit and _rounds_to(abs(value), reading, unit):
                    return True
        return False


def _rounds_to(value: Decimal, reading: Decimal, unit: Decimal) -> bool:
    if value == reading:
        return True
    try:
        return any(value.quantize(unit, rounding) == reading for rounding in _ROUNDINGS)
    except InvalidOperation:
        return False  # more digits than decimals are computed with: nobody rounds these
