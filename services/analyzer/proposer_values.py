"""Whether the values of a proposed reading are real: texts are those that the data holds, numbers and days those that the
question names. A model invents both."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from maestro.catalog.v1 import catalog_pb2
from services.analyzer.link import FoundValue
from services.analyzer.normalize import fold
from services.analyzer.parse import Parse
from services.analyzer.proposer_json import Rejected
from services.analyzer.proposer_walk import constants
from services.analyzer.reading import Between, Compare, Condition, Constant, Like, Reading, Ref, Within
from services.analyzer.vocabulary import Vocabulary

_ALIKE = 0.9
_DATED = frozenset({catalog_pb2.TYPE_FAMILY_DATE, catalog_pb2.TYPE_FAMILY_TIMESTAMP})
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_YEAR = re.compile(r"\d{4}")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_EVERYDAY = frozenset(Decimal(number) for number in (0, 1, 2))
"""Numbers that questions mean without saying them ("any", "several", "a second one")."""


def texts_of(reading: Reading) -> list[str]:
    """Texts to look up, each once."""
    found: dict[str, None] = {}

    def note(ref: Ref, each: Condition) -> Condition:
        held: Sequence[object] = ()
        if isinstance(each, Compare):
            held = (each.right,)
        elif isinstance(each, Within):
            held = each.values
        elif isinstance(each, Like):
            held = (each.text,)
        found.update((value, None) for value in held if isinstance(value, str))
        return each

    constants(reading, note)
    return list(found)[:32]


def settled(
    reading: Reading, found: Mapping[str, Sequence[FoundValue]], parsed: Parse, vocabulary: Vocabulary
) -> Reading:
    """The reading with its values as the data has them. found: by the texts of `texts_of`. Raises Rejected."""
    settle = _Settle(found, parsed, vocabulary)
    settle.counts(reading)
    return constants(reading, settle.condition)


class _Settle:
    def __init__(self, found: Mapping[str, Sequence[FoundValue]], parsed: Parse, vocabulary: Vocabulary) -> None:
        self._found = found
        self._parsed = parsed
        self._vocabulary = vocabulary
        self._question = " " + _plain(parsed.question.question) + " "
        digits = _DIGITS.findall(parsed.question.question)
        self._numbers = {each.value for each in parsed.numbers}
        self._numbers |= {Decimal(each.replace(",", "")) for each in digits if each.replace(",", "").count(".") < 2}
        self._years = {each for each in digits if _YEAR.fullmatch(each)}
        self._years |= {str(day.year) for each in parsed.periods for day in (each.start, each.end) if day}

    def counts(self, reading: Reading) -> None:
        """Checks numbers that belong to no field: of groups, and how many rows."""
        said = self._numbers | _EVERYDAY
        if Decimal(reading.limit) not in said:
            raise Rejected(f"the question names no number {reading.limit}")
        for each in reading.having:
            if isinstance(each.right, Decimal) and each.right not in said:
                raise Rejected(f"the question names no number {each.right}")
        if reading.combine is not None:
            self.counts(reading.combine.other)

    def condition(self, ref: Ref, each: Condition) -> Condition:
        """A condition on a field, settled."""
        dated = self._vocabulary.fields[ref.dataset, ref.field].family in _DATED
        match each:
            case Compare() if dated and isinstance(each.right, str):
                return self._moment(ref, each)
            case Compare() if isinstance(each.right, str):
                # Texts in order of the alphabet, or days kept as text, need not occur in the data.
                if each.op not in ("=", "<>"):
                    return replace(each, right=self._said(each.right))
                value, exact = self._stored(ref, each.right)
                return replace(each, right=value, fold=not exact)
            case Compare() if isinstance(each.right, Decimal):
                self._named(ref, each.right)
            case Within():
                return replace(each, values=tuple(self._value(ref, value) for value in each.values))
            case Between():
                return self._between(ref, each, dated)
            case Like():
                return replace(each, text=self._said(each.text))
        return each

    def _value(self, ref: Ref, value: Constant) -> Constant:
        if isinstance(value, str):
            return self._stored(ref, value)[0]
        if isinstance(value, Decimal):
            self._named(ref, value)
        return value

    def _stored(self, ref: Ref, text: str) -> tuple[str, bool]:
        """The value as stored, and whether it surely is. Raises Rejected where nothing of it is real."""
        field = self._vocabulary.fields[ref.dataset, ref.field]
        wanted = fold(text)
        for held in field.values:
            if held.value == text:
                return text, True
        for held in field.values:
            if wanted in (fold(held.value), *(fold(term.text) for term in held.terms)):
                return held.value, True
        best = max(
            (each for each in self._found.get(text, ()) if (each.dataset, each.field) == (ref.dataset, ref.field)),
            key=lambda each: each.score,
            default=None,
        )
        if best is not None and best.score >= _ALIKE:
            return best.value, True
        if field.values and field.values_complete:
            raise Rejected(f"no value {text[:80]!r} in {ref.dataset}.{ref.field}")
        return self._said(text), False

    def _said(self, text: str) -> str:
        if f" {_plain(text)} " not in self._question and not (_YEAR.match(text) and text[:4] in self._years):
            raise Rejected(f"{text[:80]!r} is neither in the data nor in the question")
        return text

    def _named(self, ref: Ref, number: Decimal) -> None:
        held = {each.value for each in self._vocabulary.fields[ref.dataset, ref.field].values}
        if number not in self._numbers | _EVERYDAY and f"{number:f}" not in held:
            raise Rejected(f"the question names no number {number}")

    def _moment(self, ref: Ref, each: Compare) -> Condition:
        """A comparison with a day, month or year, as a range."""
        start, end = self._span(str(each.right))
        match each.op:
            case "=":
                return Between(ref, start, end, upper_open=True, source=each.source)
            case ">":
                return replace(each, op=">=", right=end)
            case "<=":
                return replace(each, op="<", right=end)
            case "<" | ">=":
                return replace(each, right=start)
        raise Rejected("other than a day")

    def _between(self, ref: Ref, each: Between, dated: bool) -> Condition:
        if not dated:
            for bound in (each.lower, each.upper):
                if isinstance(bound, Decimal):
                    self._named(ref, bound)
                elif isinstance(bound, str):
                    self._said(bound)
            return each
        return replace(
            each, lower=self._span(str(each.lower))[0], upper=self._span(str(each.upper))[1], upper_open=True
        )

    def _span(self, text: str) -> tuple[date, date]:
        """The days [start, end) of a written day, month or year. Raises Rejected where the question names none such."""
        if text[:4] not in self._years and not self._parsed.periods:
            raise Rejected(f"the question names no day {text[:20]!r}")
        try:
            if day := _DAY.fullmatch(text):
                start = date(int(day[1]), int(day[2]), int(day[3]))
                return start, start + timedelta(1)
            if month := _MONTH.fullmatch(text):
                start = date(int(month[1]), int(month[2]), 1)
                return start, (start + timedelta(31)).replace(day=1)
            if _YEAR.fullmatch(text):
                return date(int(text), 1, 1), date(int(text) + 1, 1, 1)
        except (ValueError, OverflowError):
            pass
        raise Rejected(f"no day {text[:20]!r}")


def _plain(text: str) -> str:
    """Folded, words only."""
    return " ".join("".join(char if char.isalnum() else " " for char in fold(text)).split())
