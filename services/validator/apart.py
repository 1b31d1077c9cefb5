"""Checks that what a question wants told for each of several things is not told of all of them together.

"Quantos produtos há por categoria?" answered by one number, over a join with the categories, is a wrong number that looks
like a right one.
"""

import re
from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from maestro.plan.v1 import plan_pb2
from maestro.semantics.v1 import semantics_pb2
from services.validator.issues import Issue, error, warning
from services.validator.language import language
from services.validator.mentions import fold

P = plan_pb2
_EACH = {
    "pt": re.compile(r"(?P<by>(?:por|para|em|de|a) cada) (?P<what>\w+(?: \w+){0,2})"),
    "en": re.compile(r"(?P<by>per|(?:for|in|of|at|from|to) (?:each|every)) (?P<what>\w+(?: \w+){0,2})"),
}
# These may also name who did something: "entregues por transportadoras", "songs written by singers".
_BY = {
    "pt": re.compile(r"(?P<before>\w+)[,;:]? (?P<by>por) (?P<what>\w+(?: \w+){0,2})"),
    "en": re.compile(r"(?P<before>\w+)[,;:]? (?P<by>by) (?P<what>\w+(?: \w+){0,2})"),
}
_DONE = {
    "pt": re.compile(
        r"\w+[ai]d[oa]s?|(?:\w*(?:feit|escrit|vist|post|cobert|abert|pag|gast|ganh|eleit|aceit)[oa]|\w*entregue)s?"
    ),
    "en": re.compile(
        r"\w+ed|\w+en|\w+wn|\w*(?:sold|bought|made|built|led|held|run|sung|set|put|won|paid|sent|spent|taught|read|done|met|kept)"
    ),
}
_PLURALS = (("oes", "ao"), ("aes", "ao"), ("ais", "al"), ("eis", "el"), ("ies", "y"), ("es", "e"), ("s", ""))


def check_apart(
    question: str, plan: plan_pb2.QueryPlan, semantics: semantics_pb2.SemanticSlice, locale: str
) -> Iterator[Issue]:
    """Things and fields that the question groups by, where the plan gives one row of totals and says nothing else of
    them."""
    if not question or not _one_row(plan.query):
        return
    told, text = language(question, locale), fold(question)
    terms, named = _terms(plan.query.select, semantics), _names(semantics)
    for match in (*_EACH[told].finditer(text), *_BY[told].finditer(text)):
        what, before = _longest(match["what"], terms), match.groupdict().get("before", "")
        # Things have names like deeds in Portuguese (pedidos), and words for deeds are names of things in models.
        deed = before and _DONE[told].fullmatch(before) and not (told == "pt" and _plain(before) in named)
        # "Custo por entrega" may itself be the name of a field.
        whole = any(f" {match['by']} " in name and name in _plain(text) for name in named)
        if not what or deed or whole:
            continue
        said = f"{match['by']} {what}"
        make = warning if any(what in fold(span.text) for span in plan.unexplained) else error
        yield make("coverage.group", "plan", f'"{said}" of the question is not in the plan.', term=said)


def _names(semantics: semantics_pb2.SemanticSlice) -> set[str]:
    """What all things and fields are called."""
    found = {_plain(term.text) for dataset in semantics.datasets for term in dataset.terms}
    return found | {
        _plain(term.text) for dataset in semantics.datasets for each in dataset.fields for term in each.terms
    }


def _one_row(query: plan_pb2.Query) -> bool:
    """Whether it is one row of aggregates."""
    select = query.select
    shown = [each.expression for each in select.projections]
    return (
        query.WhichOneof("body") == "select"
        and bool(shown)
        and not select.group_by
        and not query.order_by
        and all(each.WhichOneof("kind") in ("aggregate", "metric") for each in shown)
    )


def _terms(select: plan_pb2.Select, semantics: semantics_pb2.SemanticSlice) -> set[str]:
    """What things and fields of the plan are called that no condition of it is about."""
    first: plan_pb2.Relation = getattr(select, "from")
    tables = {each.alias: each.table.name for each in (first, *(join.relation for join in select.joins))}
    told: set[str] = set()
    _mentioned(select.where, told)
    measured: set[str] = set()
    for each in select.projections:
        if each.expression.aggregate.function != P.AGGREGATE_FUNCTION_COUNT:
            _mentioned(each.expression, measured)
    found: set[str] = set()
    for alias, table in tables.items():
        dataset = next((each for each in semantics.datasets if each.table.name == table), None)
        if dataset is None:
            continue
        if len(tables) > 1 and not {alias, table} & told:
            found |= {_plain(term.text) for term in dataset.terms}
        found |= {
            _plain(term.text) for each in dataset.fields if each.name not in told | measured for term in each.terms
        }
    return found - {""}


def _mentioned(message: Message, told: set[str]) -> None:
    """All names of relations, tables and fields in a condition."""
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for each in (value,) if isinstance(value, Message) else value:
                _mentioned(each, told)
        elif field.name in ("alias", "to_alias", "column", "field", "name", "entity"):
            told.add(str(value))


def _longest(text: str, terms: set[str]) -> str:
    """The longest beginning of a text that is one of the terms."""
    words = text.split()
    return next(
        (" ".join(words[:end]) for end in range(len(words), 0, -1) if _plain(" ".join(words[:end])) in terms), ""
    )


def _plain(text: str) -> str:
    return " ".join(_singular(word) for word in fold(text).split())


def _singular(word: str) -> str:
    for ending, instead in _PLURALS:
        if len(word) > len(ending) + 2 and word.endswith(ending) and not word.endswith("ss"):
            return word.removesuffix(ending) + instead
    return word
