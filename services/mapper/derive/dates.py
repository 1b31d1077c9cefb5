"""Dates: the form of those kept as text, what each date means, and which one a period refers to."""

import re
from collections.abc import Sequence

from maestro.catalog.v1 import catalog_pb2 as catalog
from services.mapper.derive.facts import TEMPORAL, Facts
from services.mapper.lexicon import judging

_TEXT_FORMS = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "YYYY-MM-DD"),
    (
        re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?"),
        "YYYY-MM-DD HH:MI:SS",
    ),
    (re.compile(r"\d{4}/\d{2}/\d{2}"), "YYYY/MM/DD"),
    (re.compile(r"(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])/\d{4}"), "DD/MM/YYYY"),
    (re.compile(r"(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])/\d{4}"), "MM/DD/YYYY"),
    (re.compile(r"(0[1-9]|[12]\d|3[01])-(0[1-9]|1[0-2])-\d{4}"), "DD-MM-YYYY"),
    (re.compile(r"(0[1-9]|[12]\d|3[01])\.(0[1-9]|1[0-2])\.\d{4}"), "DD.MM.YYYY"),
    (re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"), "YYYYMMDD"),
)

# Words of a date's name → what it means. The first that matches decides, so the narrower come first.
_ROLES = judging.ordered("time_roles")

_EVENT_ORDER = {
    "": 3,
    "issued": 3,
    "event": 3,
    "start": 2,
    "shipped": 2,
    "paid": 1,
    "delivered": 1,
    "due": 1,
    "scheduled": 1,
}


_MARGIN = 2.0
"""How much better a date has to fit than the next one to be taken without asking."""


def text_format(samples: Sequence[str]) -> str:
    """The form of dates kept as text ("DD/MM/YYYY"), where every sample that is not empty has it; "" otherwise."""
    texts = [text.strip() for text in samples if text.strip()]
    if not texts:
        return ""
    for pattern, form in _TEXT_FORMS:
        if all(pattern.fullmatch(text) for text in texts):
            return form
    return ""


def time_role(facts: Facts) -> str:
    """What a date means: "event", "due", "created" … "event" where its name says no more."""
    for words, role in _ROLES:
        if facts.says(words):
            return role
    return "event"


def is_time(facts: Facts) -> bool:
    """Whether a column holds days or moments, as such or as text."""
    return facts.family in TEMPORAL or (facts.family == catalog.TYPE_FAMILY_TEXT and bool(text_format(facts.samples)))


def default_field(times: Sequence[tuple[Facts, str]], owner: tuple[str, ...]) -> str:
    """The field that a period without further words refers to; "" where several fit equally: then one has to ask.

    times: the dataset's dates with their roles; owner: the folded words of its name.
    """
    if len(times) == 1:
        facts, role = times[0]
        return "" if role in ("birth", "death", "updated") else facts.column.name
    ranked = sorted(((_fitness(facts, role, owner), facts.column.name) for facts, role in times), reverse=True)
    if not ranked or ranked[0][0] <= 0 or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _MARGIN):
        return ""
    return ranked[0][1]


def _fitness(facts: Facts, role: str, owner: tuple[str, ...]) -> float:
    """A date named after its dataset ("data_pedido" of pedidos) tells when it happened; book-keeping dates do not."""
    if role in ("birth", "death", "updated", "cancelled"):
        return -1.0
    named = 6.0 if set(owner) & set(facts.name.folded) else 0.0
    bare = 4.0 if len(facts.name.folded) == 1 else 0.0
    created = 0.5 if role == "created" else 0.0
    return named + bare + created + _EVENT_ORDER.get(role, 0) * (not created)
