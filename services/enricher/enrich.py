"""All facts that fit a result, computed side by side."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from maestro.error.v1 import error_pb2
from maestro.result.v1 import result_pb2

from mesh.fault import Fault
from services.enricher.compare import previous_period, year_on_year
from services.enricher.completeness import completeness, freshness
from services.enricher.outliers import outliers
from services.enricher.shares import shares
from services.enricher.subject import Fetch, Subject
from services.enricher.trend import trend

_log = logging.getLogger(__name__)
Fact = Callable[[Subject, Fetch], Awaitable[result_pb2.Enrichment | None]]

FACTS: dict[str, Fact] = {
    "share": shares,
    "previous_period": previous_period,
    "year_on_year": year_on_year,
    "trend": trend,
    "outliers": outliers,
    "completeness": completeness,
    "freshness": freshness,
}
_NAMES = {
    "pt": {
        "share": "participação no total",
        "previous_period": "comparação com o período anterior",
        "year_on_year": "comparação com o ano anterior",
        "trend": "tendência",
        "outliers": "valores fora do padrão",
        "completeness": "registros sem valor",
        "freshness": "data do registro mais recente",
    },
    "en": {
        "share": "share of the total",
        "previous_period": "comparison with the previous period",
        "year_on_year": "comparison with the year before",
        "trend": "trend",
        "outliers": "outliers",
        "completeness": "rows without value",
        "freshness": "date of the latest record",
    },
}


async def enrich(subject: Subject, fetch: Fetch) -> tuple[list[result_pb2.Enrichment], list[error_pb2.Issue]]:
    """The facts, and what could not be had. Neither cancels the other: an answer is not held back by a
    comparison."""
    found = await asyncio.gather(*(_one(kind, fact, subject, fetch) for kind, fact in FACTS.items()))
    facts = [each for each in found if isinstance(each, result_pb2.Enrichment)]
    issues = [each for each in found if isinstance(each, error_pb2.Issue)]
    return facts, issues


async def _one(
    kind: str, fact: Fact, subject: Subject, fetch: Fetch
) -> result_pb2.Enrichment | error_pb2.Issue | None:
    try:
        return await fact(subject, fetch)
    except Fault as fault:
        _log.info("%s could not be had: %s", kind, fault.message)
        return error_pb2.Issue(
            severity=error_pb2.SEVERITY_WARNING,
            code="enrich.unavailable",
            path=kind,
            message=f"{kind} could not be computed: {fault.message}",
            params={"kind": kind, "what": _NAMES[subject.language][kind], "reason": fault.reason},
            module="enricher",
        )
