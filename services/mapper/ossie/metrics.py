"""Metrics of model files: aggregates that have a name."""

from sqlglot import exp

from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.nearest import hint
from services.mapper.ossie.expressions import Reader, Value, parse
from services.mapper.ossie.extensions import extension
from services.mapper.ossie.fields import expression_text
from services.mapper.ossie.scope import DatasetScope, Family, InvalidError
from services.mapper.ossie.spots import Spot
from services.mapper.ossie.words import examples, model_terms, synonyms, titles
from services.mapper.ossie.work import Refining


def measure(spot: Spot, work: Refining) -> None:
    """Reads one metric into the model. A metric may build on those before it."""
    name = spot.get("name")
    if name is None:
        work.problems.error(spot, "a metric needs a name")
        return
    if any(metric.name == name.text for metric in work.model.metrics):
        work.problems.error(spot, f"there is a metric {name.text!r} already")
        return
    text = expression_text(spot, work.problems)
    if text is None:
        return
    extra = extension(spot, "metric", work.problems)
    at = text
    try:
        dataset = _grain(text, extra, work)
        made = semantics.Metric(name=name.text, dataset=dataset.name)
        made.expression.CopyFrom(_formula(text.text, dataset, work))
        told = extra.get("filter")
        if told:
            at = told
            made.filter.CopyFrom(condition_of(told.text, names_of(dataset, work), work))
    except InvalidError as error:
        work.problems.error(at, str(error))
        return
    _complete(made, dataset, spot, extra, work)
    work.model.metrics.append(made)


def _complete(made: semantics.Metric, dataset: semantics.Dataset, spot: Spot, extra: Spot, work: Refining) -> None:
    told = spot.get("description")
    made.description = told.text if told else ""
    unit = extra.get("unit")
    made.unit = unit.text if unit else _unit(made.expression, dataset)
    date = extra.get("date")
    field = work.field(dataset, date) if date else None
    made.time_field = field.name if field else ""
    made.terms.extend(model_terms(work.readable(made.name), synonyms(spot, work.problems)))
    titles(extra.get("titles"), made, work.problems)
    work.model.examples.extend(examples(spot))


def _grain(text: Spot, extra: Spot, work: Refining) -> semantics.Dataset:
    """The dataset at whose grain a metric is computed: said, or named by all of the expression's qualifiers."""
    told = extra.get("dataset")
    columns = list(parse(text.text).find_all(exp.Column))
    bare = {part.name for part in columns if len(part.parts) == 1}
    names = {told.text} if told else {part.parts[-2].name for part in columns if len(part.parts) > 1}
    names = names or {metric.dataset for metric in work.model.metrics if metric.name in bare}
    if not names:
        raise InvalidError(
            "it does not say of which dataset: qualify its names, or say dataset in the MAESTRO extension"
        )
    found = {dataset.name: dataset for name in names if (dataset := work.dataset(name)) is not None}
    if not found:
        name = min(names)
        raise InvalidError(f"there is no dataset {name!r}{hint(name, work.by_name)}")
    if len(names) > 1 and len(found) != 1:
        raise InvalidError(f"a metric over several datasets ({', '.join(sorted(names))}) is not supported")
    return next(iter(found.values()))


def names_of(dataset: semantics.Dataset, work: Refining) -> DatasetScope:
    """What a metric or condition of a dataset may name."""
    fields: dict[str, Family] = {field.name: field.family for field in dataset.fields if not field.column}
    filters = frozenset(field.name for field in dataset.fields if not field.column and field.HasField("predicate"))
    metrics = {metric.name: metric.dataset for metric in work.model.metrics}
    return DatasetScope(dataset, fields, filters, metrics, work.dataset)


def _formula(text: str, dataset: semantics.Dataset, work: Refining) -> plan.Expression:
    reader = Reader(names_of(dataset, work), aggregates=True)
    read = reader.read(text)
    if not isinstance(read, Value):
        raise InvalidError("a metric is a number, not a condition")
    if not reader.aggregated:
        raise InvalidError("a metric needs an aggregate: SUM, COUNT, AVG …")
    if reader.bare:
        raise InvalidError(f"{reader.bare[0]} stands outside of an aggregate")
    return read.expression


def condition_of(text: str, scope: DatasetScope, work: Refining) -> plan.Predicate:
    """A text that has to be a condition. Raises InvalidError."""
    return Reader(scope, aggregates=False).condition(parse(text))


def _unit(expression: plan.Expression, dataset: semantics.Dataset) -> str:
    """The unit of the one column that is summed, averaged and so on; "" where it is something else."""
    if expression.WhichOneof("kind") != "aggregate":
        return ""
    aggregate = expression.aggregate
    counted = (plan.AGGREGATE_FUNCTION_COUNT, plan.AGGREGATE_FUNCTION_CORRELATION, plan.AGGREGATE_FUNCTION_SLOPE)
    if aggregate.function in counted:
        return ""
    kind = aggregate.operand.WhichOneof("kind")
    for field in dataset.fields:
        if kind == "column" and field.column == aggregate.operand.column.column:
            return field.unit
        if kind == "field" and field.name == aggregate.operand.field.field:
            return field.unit
    return ""
