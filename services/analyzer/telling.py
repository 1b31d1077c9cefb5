"""Readings in the words of people: what a reading does, part by part, and by what several of them differ."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from services.analyzer.reading import (
    AllOf,
    AnyOf,
    Between,
    Compare,
    Condition,
    Constant,
    Flag,
    Item,
    Like,
    Missing,
    Named,
    Not,
    Reading,
    Ref,
    Related,
    Within,
)
from services.analyzer.suggest import label
from services.analyzer.vocabulary import Vocabulary

_WORDS = {
    "rows": ("número de {of}", "number of {of}"),
    "count": ("número de {of}", "number of {of}"),
    "median": ("mediana de {of}", "median {of}"),
    "distinct": ("número de {of} diferentes", "number of different {of}"),
    "sum": ("soma de {of}", "total {of}"),
    "avg": ("média de {of}", "average {of}"),
    "min": ("menor {of}", "smallest {of}"),
    "max": ("maior {of}", "greatest {of}"),
    "corr": ("correlação de {of}", "correlation of {of}"),
    "with_other": ("{one} com {other}", "{one} with {other}"),
    "only": ("{what}, só {where}", "{what}, only {where}"),
    "weekday": ("dia da semana de {what}", "weekday of {what}"),
    "contrast": ("explicar {what}: {after} em vez de {before}, {by}", "explain {what}: {after} against {before}, {by}"),
    "of": ("{field} de {dataset}", "{field} of {dataset}"),
    "show": ("mostrar {what}", "show {what}"),
    "where": ("com {what}", "with {what}"),
    "having": ("onde {what}", "where {what}"),
    "by": ("por {what}", "by {what}"),
    "ascending": ("do menor para o maior {what}", "from the smallest to the greatest {what}"),
    "descending": ("do maior para o menor {what}", "from the greatest to the smallest {what}"),
    "first": ("só o primeiro", "only the first"),
    "limit": ("só os {count} primeiros", "only the first {count}"),
    "once": ("cada valor uma vez", "each value once"),
    "over": ("ligando com {what}", "by way of {what}"),
    "union": ("mais: {what}", "as well as: {what}"),
    "intersect": ("e também: {what}", "and at the same time: {what}"),
    "except": ("menos: {what}", "but not: {what}"),
    "or": (" ou ", " or "),
    "and": (" e ", " and "),
    "not": ("não ({what})", "not ({what})"),
    "empty": ("{what} vazio", "{what} empty"),
    "filled": ("{what} preenchido", "{what} present"),
    "contains": ("{field} contendo “{text}”", "{field} containing “{text}”"),
    "prefix": ("{field} começando com “{text}”", "{field} beginning with “{text}”"),
    "suffix": ("{field} terminando com “{text}”", "{field} ending with “{text}”"),
    "words": ("{field} com as palavras “{text}”", "{field} with the words “{text}”"),
    "related": ("algum {what}", "some {what}"),
    "unrelated": ("nenhum {what}", "no {what}"),
    "between": ("{field} de {lower} a {upper}", "{field} from {lower} to {upper}"),
    "none_of": ("{field} fora de {values}", "{field} none of {values}"),
    "without": ("sem: {what}", "without: {what}"),
}
_OPS = {"=": "=", "<>": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}


class Teller:
    """Says readings in one language."""

    def __init__(self, vocabulary: Vocabulary, language: str) -> None:
        self._vocabulary = vocabulary
        self._language = language

    def whole(self, reading: Reading) -> str:
        """A reading in one line."""
        return ", ".join(self.parts(reading))

    def parts(self, reading: Reading) -> list[str]:
        """What a reading does, part by part; equal readings give equal parts."""
        if reading.contrast is not None:
            return [self._contrast(reading)]
        made = [self._say("show", what=", ".join(self._item(each, reading) for each in reading.select))]
        made += [self._say("where", what=self._condition(each, reading)) for each in reading.where]
        if reading.group:
            made.append(self._say("by", what=", ".join(self._item(each, reading) for each in reading.group)))
        made += [self._say("having", what=self._condition(each, reading)) for each in reading.having]
        for order in reading.order:
            way = "descending" if order.descending else "ascending"
            made.append(self._say(way, what=self._item(order.item, reading)))
        if reading.limit:
            made.append(self._say("first") if reading.limit == 1 else self._say("limit", count=str(reading.limit)))
        if reading.distinct:
            made.append(self._say("once"))
        ways = [*reading.tables, *reading.ways]
        if ways:
            made.append(self._say("over", what=", ".join(self._way(name) for name in ways)))
        if reading.combine is not None:
            made.append(self._say(reading.combine.op, what=self.whole(reading.combine.other)))
        return made

    def _contrast(self, reading: Reading) -> str:
        held = reading.contrast
        assert held is not None
        sides = {"after": self._condition(held.after, reading), "before": self._condition(held.before, reading)}
        fields = ", ".join(self._ref(each, reading) for each in held.by)
        return self._say("contrast", what=self._item(held.measure, reading), by=self._say("by", what=fields), **sides)

    def apart(self, readings: Sequence[Reading]) -> list[str]:
        """Each reading by what tells it from the others; whole where they have nothing in common."""
        held = [self.parts(reading) for reading in readings]
        common = set(held[0]).intersection(*held[1:]) if len(held) > 1 else set()
        if not common:
            return [", ".join(parts) for parts in held]
        told = []
        for at, parts in enumerate(held):
            own = [part for part in parts if part not in common]
            if not own:
                others = [
                    part for number, each in enumerate(held) if number != at for part in each if part not in parts
                ]
                own = [self._say("without", what=", ".join(dict.fromkeys(others)))]
            # What is shown is said wherever it differs, so that no choice begins in the middle.
            told.append(", ".join(own))
        return told if len(set(told)) == len(told) else [", ".join(parts) for parts in held]

    def called(self, dataset: str, field: str) -> str:
        """What a field is called, and of what it is one; without a field, what the rows of a dataset are called."""
        return self._ref(Ref(dataset, field), Reading(dataset)) if field else self._dataset(dataset)

    def _say(self, code: str, **values: str) -> str:
        portuguese, english = _WORDS[code]
        return (portuguese if self._language == "pt" else english).format(**values)

    def _dataset(self, name: str) -> str:
        held = self._vocabulary.datasets.get(name)
        return label((*held.titles, *held.terms), self._language, name) if held is not None else name

    def _way(self, name: str) -> str:
        if name in self._vocabulary.datasets:
            return self._dataset(name)
        for each in self._vocabulary.model.relationships:
            if each.relationship.name == name:
                return ", ".join(column.replace("_", " ") for column in each.relationship.from_columns)
        return name

    def _ref(self, ref: Ref, reading: Reading) -> str:
        held = self._vocabulary.fields.get((ref.dataset, ref.field))
        name = label((*held.titles, *held.terms), self._language, ref.field) if held is not None else ref.field
        return self._say("of", field=name, dataset=self._dataset(ref.dataset))

    def _item(self, item: Item, reading: Reading) -> str:
        if item.metric:
            held = self._vocabulary.metrics.get(item.metric)
            text = label((*held.titles, *held.terms), self._language, item.metric) if held is not None else item.metric
        elif item.text:
            text = f"“{item.text}”"
        elif item.ref is None:
            text = self._say("rows", of=self._dataset(item.dataset or reading.root))
        else:
            text = self._ref(item.ref, reading)
            if item.other is not None:
                text = self._say("with_other", one=text, other=self._ref(item.other, reading))
            if item.weekday:
                text = self._say("weekday", what=text)
            if item.fn:
                code = "distinct" if item.distinct and item.fn == "count" else item.fn
                text = self._say(code, of=text) if code in _WORDS else f"{item.fn}({text})"
        if item.where:
            only = self._say("and").join(self._condition(each, reading) for each in item.where)
            text = self._say("only", what=text, where=only)
        if item.minus is not None:
            text += f" − {self._item(item.minus, reading)}"
        if item.per is not None:
            text += f" / {self._item(item.per, reading)}"
        return text

    def _constant(self, value: Constant | None) -> str:
        if isinstance(value, date):
            return value.strftime("%d/%m/%Y") if self._language == "pt" else value.isoformat()
        if isinstance(value, (float, Decimal)) and self._language == "pt":
            return str(value).replace(".", ",")
        return f"“{value}”" if isinstance(value, str) else "…" if value is None else str(value)

    def _condition(self, condition: Condition, reading: Reading) -> str:  # noqa: PLR0911  # one return a kind
        match condition:
            case Compare():
                return f"{self._item(condition.left, reading)} {_OPS[condition.op]} {self._right(condition.right, reading)}"
            case Within():
                return self._within(condition, reading)
            case Between():
                if condition.label:
                    return f"{self._ref(condition.ref, reading)}: {condition.label}"
                bounds = {"lower": self._constant(condition.lower), "upper": self._constant(condition.upper)}
                return self._say("between", field=self._ref(condition.ref, reading), **bounds)
            case Like():
                text = self._say(condition.kind, field=self._ref(condition.ref, reading), text=condition.text)
                return self._say("not", what=text) if condition.negated else text
            case Missing():
                return self._say("filled" if condition.negated else "empty", what=self._ref(condition.ref, reading))
            case Flag():
                text = self._ref(condition.ref, reading)
                return self._say("not", what=text) if condition.negated else text
            case Named():
                held = self._vocabulary.entities.get(condition.entity)
                text = label(held.terms, self._language, condition.entity) if held is not None else condition.entity
                return self._say("not", what=text) if condition.negated else text
            case Related():
                inner = [self._condition(each, Reading(condition.dataset)) for each in condition.where]
                what = self._dataset(condition.dataset) + (" (" + ", ".join(inner) + ")" if inner else "")
                if condition.op:
                    return f"{self._say('rows', of=what)} {_OPS[condition.op]} {condition.count}"
                return self._say("unrelated" if condition.negated else "related", what=what)
            case AnyOf():
                return self._say("or").join(self._condition(each, reading) for each in condition.options)
            case AllOf():
                return "(" + self._say("and").join(self._condition(each, reading) for each in condition.parts) + ")"
            case Not():
                return self._say("not", what=self._condition(condition.condition, reading))

    def _right(self, right: "Constant | Item | Reading", reading: Reading) -> str:
        if isinstance(right, Item):
            return self._item(right, reading)
        if isinstance(right, Reading):
            return f"({self.whole(right)})"
        return self._constant(right)

    def _within(self, condition: Within, reading: Reading) -> str:
        field = self._ref(condition.ref, reading)
        if condition.query is not None:
            text = f"{field} ({self.whole(condition.query)})"
            return self._say("not", what=text) if condition.negated else text
        values = self._say("or").join(self._constant(each) for each in condition.values)
        return self._say("none_of", field=field, values=values) if condition.negated else f"{field} = {values}"
