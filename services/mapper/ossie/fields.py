"""Fields of model files: columns described, expressions computed, conditions named."""

from dataclasses import dataclass
from typing import TypeVar

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.ossie.datasets import Described
from services.mapper.ossie.expressions import Reader
from services.mapper.ossie.extensions import extension, truth
from services.mapper.ossie.scope import UNKNOWN, DatasetScope, Family, InvalidError
from services.mapper.ossie.spots import Problems, Spot
from services.mapper.ossie.words import add_term, examples, model_terms, synonyms, titles, with_derived
from services.mapper.ossie.work import Refining

T = TypeVar("T")
_DIALECTS = ("MAESTRO", "POSTGRESQL", "ANSI_SQL", "SNOWFLAKE", "DATABRICKS", "BIGQUERY")
_ROLES = {
    "identifier": semantics.FIELD_ROLE_IDENTIFIER,
    "measure": semantics.FIELD_ROLE_MEASURE,
    "dimension": semantics.FIELD_ROLE_DIMENSION,
    "time": semantics.FIELD_ROLE_TIME,
    "flag": semantics.FIELD_ROLE_FLAG,
    "text": semantics.FIELD_ROLE_TEXT,
}
_AGGREGATES = {
    "count": plan.AGGREGATE_FUNCTION_COUNT,
    "sum": plan.AGGREGATE_FUNCTION_SUM,
    "avg": plan.AGGREGATE_FUNCTION_AVG,
    "min": plan.AGGREGATE_FUNCTION_MIN,
    "max": plan.AGGREGATE_FUNCTION_MAX,
    "median": plan.AGGREGATE_FUNCTION_MEDIAN,
}
_TEMPORAL = (catalog.TYPE_FAMILY_DATE, catalog.TYPE_FAMILY_TIMESTAMP)
_NUMBERS = (catalog.TYPE_FAMILY_INTEGER, catalog.TYPE_FAMILY_DECIMAL, catalog.TYPE_FAMILY_FLOAT)


def expression_text(element: Spot, problems: Problems) -> Spot | None:
    """The text of an element's expression, of the dialect that is read best; None where there is none, reported."""
    told = element.get("expression")
    if told is not None and isinstance(told.value, str):
        return told
    dialects = told.get("dialects") if told else None
    found: dict[str, Spot] = {}
    for item in dialects.items() if dialects else []:
        dialect, text = item.get("dialect"), item.get("expression")
        if text is not None and text.text:
            found.setdefault(dialect.text.upper() if dialect else "ANSI_SQL", text)
    for name in _DIALECTS:
        if name in found:
            return found[name]
    if found:
        problems.error(element, f"no dialect of {', '.join(found)} is read; give one of {', '.join(_DIALECTS)}")
    else:
        problems.error(element, "it needs an expression")
    return None


@dataclass(slots=True)
class _Computed:
    spot: Spot
    text: Spot
    field: semantics.Field
    family: Family = UNKNOWN


def read_fields(entry: Described, work: Refining) -> None:
    """Reads the fields that files give a dataset. Computed ones may name each other, in any order."""
    pending: dict[str, _Computed] = {}
    for spot in entry.fields:
        name = spot.get("name")
        if name is None:
            work.problems.error(spot, "a field needs a name")
            continue
        text = expression_text(spot, work.problems)
        if text is None:
            continue
        column = _bare_column(text.text, entry.proto)
        if column is not None:
            _describe_column(name.text, column, spot, entry, work)
        elif name.text in pending or any(each.name == name.text for each in entry.proto.fields):
            work.problems.error(spot, f"{entry.proto.name} has a field or column of that name already")
        else:
            pending[name.text] = _Computed(spot, text, semantics.Field(name=name.text))
    _compute(entry, pending, work)


def _bare_column(text: str, dataset: semantics.Dataset) -> str | None:
    bare = text.strip().strip('"')
    prefix = dataset.name.lower() + "."
    if bare.lower().startswith(prefix):
        bare = bare[len(prefix) :].strip('"')
    return DatasetScope(dataset).column(bare)


def _describe_column(name: str, column: str, spot: Spot, entry: Described, work: Refining) -> None:
    field = next(each for each in entry.proto.fields if each.column == column)
    if any(each.name == name and each.column != column for each in entry.proto.fields):
        work.problems.error(spot, f"{name!r} is the name of another column: it cannot stand for {column!r}")
        return
    old, field.name = field.name, name
    if old != name:
        _rename(entry.proto, old, name)
    _words(field, spot, work)
    _details(field, spot, entry, work)


def _rename(dataset: semantics.Dataset, old: str, new: str) -> None:
    for key in ("label_field", "default_time_field"):
        if getattr(dataset, key) == old:
            setattr(dataset, key, new)
    for names in (dataset.display_fields, dataset.key_fields):
        names[:] = [new if name == old else name for name in names]


def _words(field: semantics.Field, spot: Spot, work: Refining) -> None:
    told = spot.get("description")
    if told:
        field.description = told.text
    own = model_terms(work.readable(field.name), synonyms(spot, work.problems))
    terms = with_derived(own, list(field.terms))
    del field.terms[:]
    field.terms.extend(terms)
    work.model.examples.extend(examples(spot))


def _details(field: semantics.Field, spot: Spot, entry: Described, work: Refining) -> None:
    problems = work.problems
    dimension = spot.get("dimension")
    is_time = truth(dimension.get("is_time"), problems) if dimension else None
    if is_time:
        field.role = semantics.FIELD_ROLE_TIME
        field.time_role = field.time_role or "event"
    extra = extension(spot, "field", problems)
    titles(extra.get("titles"), field, problems)
    _role(field, extra.get("role"), entry, problems)
    aggregate = extra.get("default_aggregate")
    if aggregate:
        field.default_aggregate = _chosen(aggregate, _AGGREGATES, field.default_aggregate, problems)
    if truth(extra.get("additive"), problems) is False:
        field.default_aggregate = plan.AGGREGATE_FUNCTION_AVG
    for key, name in (
        ("unit", "unit"),
        ("date_role", "time_role"),
        ("text_date", "text_date_format"),
        ("concept", "concept"),
    ):
        told = extra.get(key)
        if told:
            setattr(field, name, told.text)
    if field.text_date_format and field.family == catalog.TYPE_FAMILY_TEXT:
        field.role = semantics.FIELD_ROLE_TIME
        field.time_role = field.time_role or "event"
    elif field.role == semantics.FIELD_ROLE_TIME and field.family == catalog.TYPE_FAMILY_TEXT:
        problems.warning(spot, "its dates are kept as text: say their form by text_date")
    values = extra.get("values")
    if values:
        add_values(field, values, problems)


def _role(field: semantics.Field, told: Spot | None, entry: Described, problems: Problems) -> None:
    if told is None:
        return
    if told.text.lower() == "label":
        entry.proto.label_field = field.name
        return
    field.role = _chosen(told, _ROLES, field.role, problems, also=("label",))
    if field.role == semantics.FIELD_ROLE_MEASURE and not field.default_aggregate:
        field.default_aggregate = plan.AGGREGATE_FUNCTION_SUM


def _chosen(told: Spot, known: dict[str, T], default: T, problems: Problems, also: tuple[str, ...] = ()) -> T:
    found = known.get(told.text.lower())
    if found is None:
        problems.error(told, f"it must be one of {', '.join((*known, *also))}, not {told.text!r}")
        return default
    return found


def value_of(field: semantics.Field, text: str) -> semantics.FieldValue:
    """A value of a field, added where it is not held."""
    for value in field.values:
        if value.value == text:
            return value
    return field.values.add(value=text)


def add_values(field: semantics.Field, told: Spot, problems: Problems, *, check: bool = True) -> None:
    """Adds words for values: {VALUE: [words]} or a list of {value, synonyms}. check: report values that never occur."""
    held = {value.value for value in field.values}
    pairs: list[tuple[Spot, str, Spot | None]] = []
    if isinstance(told.value, dict):
        pairs = [(spot, text, spot) for text, spot in told.entries().items()]
    else:
        for item in told.items():
            stored = item.get("value")
            if stored is None:
                problems.error(item, "it needs a value")
            else:
                pairs.append((item, stored.text, item.get("synonyms")))
    for spot, text, words in pairs:
        if check and field.values_complete and text not in held:
            problems.warning(spot, f"the value {text!r} does not occur in the data now")
        if not check and field.values_complete and text not in held:
            continue
        value = value_of(field, text)
        for word in words.texts() if words else []:
            add_term(value.terms, word, 1.0)


def _compute(entry: Described, pending: dict[str, _Computed], work: Refining) -> None:
    """Reads expressions until nothing changes any more: those that name others wait for them."""
    filters: set[str] = set()
    done: dict[str, Family] = {}
    waiting = dict(pending)
    progressed = True
    while waiting and progressed:
        progressed = False
        for name, computed in list(waiting.items()):
            names: dict[str, Family] = {**dict.fromkeys(waiting.keys() - {name}, UNKNOWN), **done}
            scope = DatasetScope(entry.proto, names, frozenset(filters), datasets=work.dataset)
            try:
                _read(computed, scope)
            except InvalidError as error:
                work.problems.error(computed.text, str(error))
                del waiting[name]
                progressed = True
                continue
            if scope.used & waiting.keys():
                continue
            if computed.field.HasField("predicate"):
                filters.add(name)
            done[name] = computed.family
            del waiting[name]
            progressed = True
            _finish(computed, entry, work)
    for computed in waiting.values():
        work.problems.error(computed.text, "its expression leads back to itself")


def _read(computed: _Computed, scope: DatasetScope) -> None:
    read = Reader(scope, aggregates=False).read(computed.text.text)
    field = computed.field
    field.ClearField("expression")
    field.ClearField("predicate")
    if isinstance(read, plan.Predicate):
        field.predicate.CopyFrom(read)
        computed.family = catalog.TYPE_FAMILY_BOOLEAN
    elif read.family == catalog.TYPE_FAMILY_BOOLEAN:
        field.predicate.truth.CopyFrom(read.expression)
        computed.family = read.family
    else:
        field.expression.CopyFrom(read.expression)
        computed.family = read.family


def _finish(computed: _Computed, entry: Described, work: Refining) -> None:
    field = computed.field
    field.family = computed.family
    field.nullable = True
    if field.HasField("predicate"):
        field.role = semantics.FIELD_ROLE_FLAG
    elif computed.family in _TEMPORAL:
        field.role = semantics.FIELD_ROLE_TIME
        field.time_role = "event"
    elif computed.family in _NUMBERS:
        field.role = semantics.FIELD_ROLE_MEASURE
        field.default_aggregate = plan.AGGREGATE_FUNCTION_SUM
    else:
        field.role = semantics.FIELD_ROLE_DIMENSION
    _words(field, computed.spot, work)
    _details(field, computed.spot, entry, work)
    entry.proto.fields.append(field)
