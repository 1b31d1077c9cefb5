"""Groups that stand out."""

from statistics import median

from maestro.result.v1 import result_pb2

from services.enricher.definitions import define
from services.enricher.subject import Fetch, Subject, number

_LEAST_ROWS = 8
_MOST_SHARE = 0.2
_FAR = 3.5  # Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993)


async def outliers(subject: Subject, fetch: Fetch) -> result_pb2.Enrichment | None:
    """Rows far from the median by the median absolute deviation; the result has to be complete.

    Nothing where none stands out, or so many that the spread itself is what there is to tell.
    """
    if subject.select is None or not subject.select.group_by or not subject.measures:
        return None
    if not subject.head.complete or subject.plan.query.limit or len(subject.head.rows) < _LEAST_ROWS:
        return None
    place = subject.measures[0]
    amounts = [number(row.values[place]) for row in subject.head.rows]
    known = [float(amount) for amount in amounts if amount is not None]
    if len(known) < _LEAST_ROWS:
        return None
    middle = median(known)
    deviation = 1.4826 * median(abs(amount - middle) for amount in known)
    if not deviation:
        return None
    far = [amount is not None and abs(float(amount) - middle) > _FAR * deviation for amount in amounts]
    if not 0 < sum(far) <= _MOST_SHARE * len(far):
        return None
    made = result_pb2.Enrichment(
        kind="outliers",
        column=subject.head.columns[place].name,
        definition=define(subject.language, "outliers"),
        row_values=[result_pb2.Value(boolean=each) for each in far],
    )
    made.values["median"].float = middle
    return made
