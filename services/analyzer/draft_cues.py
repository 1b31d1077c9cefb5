"""Cues that act on the whole question: the form, the grain, what is compared, how it is told."""

from maestro.semantics.v1 import semantics_pb2
from services.analyzer.cues import Cue
from services.analyzer.draft import Draft
from services.analyzer.normalize import fold
from services.analyzer.reading import (
    Ref,
)

_NO_STATUS = frozenset(
    {semantics_pb2.FIELD_ROLE_FLAG, semantics_pb2.FIELD_ROLE_TIME, semantics_pb2.FIELD_ROLE_MEASURE, semantics_pb2.FIELD_ROLE_IDENTIFIER}
)  # fmt: skip
_LEXICON = semantics_pb2.TERM_ORIGIN_LEXICON
"""What a "state" may be called by the lexicon includes the states of a country."""
_FORMS = {"SPREADSHEET": "spreadsheet", "CSV": "csv", "CHART": "chart"}


def take_cue(draft: Draft, at: int, cue: Cue) -> None:
    """What a cue says of the whole."""
    if cue.op in _FORMS:
        draft.form = _FORMS[cue.op]
    elif cue.op == "EXPORT":
        draft.form = draft.form or "spreadsheet"
    elif cue.op == "TREND":
        draft.trend = True
    elif cue.op == "COMPARE":
        draft.compare = True
    elif cue.op == "ALL_INFO":
        draft.details = True
    elif cue.op == "DISTINCT":
        draft.distinct = True
    elif cue.op == "EXISTS" and _opens(draft, cue):
        draft.intent = draft.intent or "existence"
    elif cue.op == "GRAIN_WEEKDAY":
        draft.weekday = True
    elif cue.op in ("WEEKEND", "WORKDAY"):
        draft.weekdays = cue.op
    elif cue.op.startswith("GRAIN_"):
        draft.grain = cue.op.removeprefix("GRAIN_").lower()
        draft.series = True
    elif cue.op == "STATUS":
        # Rows that have no state of their own are listed with what is known of them.
        draft.status = bool(status_fields(draft))
    elif cue.op == "RANKING":
        draft.intent = "ranking"
    else:
        return
    draft.use(cue)


def _opens(draft: Draft, cue: Cue) -> bool:
    """Whether the question begins with the cue; elsewhere the same words only hold it together."""
    return all(not any(char.isalnum() for char in key) for key in draft.parsed.keys[: cue.first])


def status_fields(draft: Draft) -> list[Ref]:
    """The fields of the root that say how a row is doing: those that are called status or situation."""
    return [
        Ref(draft.root, held.name)
        for held in draft.vocabulary.datasets[draft.root].fields
        if held.role not in _NO_STATUS
        and {fold(term.text).partition(" ")[0] for term in held.terms if term.origin != _LEXICON}
        & {"status", "situacao", "situation"}
    ]
