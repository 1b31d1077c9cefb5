"""Which field a metric adds up."""

from maestro.plan.v1 import plan_pb2 as plan
from services.analyzer.reading import Ref
from services.analyzer.vocabulary import Vocabulary


def summed(vocabulary: Vocabulary, name: str) -> Ref | None:
    """The field that a metric adds up; None for any other metric."""
    metric = vocabulary.metrics[name]
    aggregate = metric.expression.aggregate
    if aggregate.function != plan.AGGREGATE_FUNCTION_SUM or aggregate.HasField("filter"):
        return None
    column = aggregate.operand.column.column
    held = next((each for each in vocabulary.datasets[metric.dataset].fields if column and each.column == column), None)
    return Ref(metric.dataset, held.name) if held is not None else None
