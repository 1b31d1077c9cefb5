"""Whether a question may become a pattern that answers it again."""

import re
from datetime import date

from maestro.plan.v1 import plan_pb2
from services.learner.normal import normal
from services.learner.plans import messages

_OWN = frozenset({"meu", "minha", "meus", "minhas", "my", "mine", "our", "nosso", "nossa", "nossos", "nossas"})
_FOLLOWS = re.compile(r"^(?:e|and|mas|but|agora|now|so|então|entao|volte|back|what about|e se)\s", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20|21)\d\d\b|\b\d{1,2}[/.-]\d{1,2}[/.-](\d\d)\b")


def obstacle(question: str, plan: plan_pb2.QueryPlan) -> str:
    """Why a question may not become a pattern, in one English phrase; empty where it may.

    A pattern repeats its plan whenever, whoever and in whatever conversation asks the same: what depends on
    one of these must be analyzed anew."""
    if not plan.query.select.projections and plan.query.WhichOneof("body") != "set_operation":
        return "the plan computes nothing"
    words = normal(question).split()
    if not words:
        return "the question has no words"
    if _FOLLOWS.match(question.strip()) or _carried(plan):
        return "the question continues a conversation"
    if _OWN & set(words):
        return "the question is about the asker"
    if not _years(plan) <= _spelled(question):
        return "the period depends on when the question is asked"
    return ""


def _carried(plan: plan_pb2.QueryPlan) -> bool:
    return any(
        isinstance(message, plan_pb2.Origin) and message.kind == plan_pb2.LINK_KIND_CONTEXT
        for message in messages(plan)
    )


def _spelled(question: str) -> set[int]:
    """The years that a question writes out."""
    years: set[int] = set()
    for match in _YEAR.finditer(question):
        years.add(int(match.group()) if match.group(1) is None else 2000 + int(match.group(1)))
    return years


def _years(plan: plan_pb2.QueryPlan) -> set[int]:
    """The years that a plan is bound to by its literals; the bound behind a whole year counts for that
    year."""
    years: set[int] = set()
    behind: set[int] = set()
    for message in messages(plan):
        if isinstance(message, plan_pb2.Range) and message.upper_exclusive:
            day = _day(message.upper.literal)
            if day is not None and (day.month, day.day) == (1, 1):
                behind.add(day.year)
        elif isinstance(message, plan_pb2.Literal):
            day = _day(message)
            if day is not None:
                years.add(day.year)
    return {year for year in years if not (year in behind and year - 1 in years)}


def _day(literal: plan_pb2.Literal) -> date | None:
    text = literal.date or literal.timestamp
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        return None
