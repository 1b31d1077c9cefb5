"""Which part of the whole each group is."""

from decimal import Decimal

from maestro.plan.v1 import plan_pb2
from maestro.result.v1 import result_pb2

from services.enricher.definitions import define
from services.enricher.subject import Fetch, Subject, additive, bare, number, share


async def shares(subject: Subject, fetch: Fetch) -> result_pb2.Enrichment | None:
    """The share of each row in the total.

    Over groups that are all there the total is their sum; otherwise the database computes it over everything.
    Measures that do not add up, and amounts of both signs, have no shares.
    """
    select = subject.select
    if select is None or not _fits(subject, select):
        return None
    place = subject.measures[0]
    amounts = [number(row.values[place]) for row in subject.head.rows]
    if any(amount is not None and amount < 0 for amount in amounts):
        return None
    made = result_pb2.Enrichment(kind="share", column=subject.head.columns[place].name)
    if subject.head.complete and not subject.plan.query.limit and not select.HasField("having"):
        total = sum((amount for amount in amounts if amount is not None), Decimal(0))
        made.values["total"].CopyFrom(_like(subject.head.rows[0].values[place], total))
        made.definition = define(subject.language, "share_rows", len(amounts))
    else:
        fetched = await fetch(bare(subject.plan, [select.projections[place].expression]), "share")
        if not fetched.values:
            return None
        found = number(fetched.values[0])
        if found is None:
            return None
        total = found
        made.values["total"].CopyFrom(fetched.values[0])
        made.statements.extend(fetched.statements)
        made.definition = define(subject.language, "share_total")
    if total <= 0:
        return None
    empty = result_pb2.Value()
    made.row_values.extend(empty if amount is None else share(amount / total) for amount in amounts)
    return made


def _fits(subject: Subject, select: plan_pb2.Select) -> bool:
    """Whether groups of a measure that adds up are told, and not a course of time, nor shares already."""
    if not select.group_by or len(subject.head.rows) < 2 or not subject.measures:
        return False
    if any(each.WhichOneof("kind") == "time_bucket" for each in select.group_by):
        return False
    if any(each.expression.WhichOneof("kind") == "window" for each in select.projections):
        return False
    return additive(subject, select.projections[subject.measures[0]].expression)


def _like(value: result_pb2.Value, amount: Decimal) -> result_pb2.Value:
    """An amount in the kind of another value."""
    if value.WhichOneof("kind") == "integer":
        return result_pb2.Value(integer=int(amount))
    if value.WhichOneof("kind") == "float":
        return result_pb2.Value(float=float(amount))
    return result_pb2.Value(decimal=str(amount))
