"""Datasets of model files: which derived dataset each describes, and what it changes there."""

from dataclasses import dataclass, field

from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive.datasets import NEUTRAL
from services.mapper.nearest import hint
from services.mapper.ossie.extensions import extension
from services.mapper.ossie.spots import Spot
from services.mapper.ossie.words import examples, model_terms, synonyms, titles, with_derived
from services.mapper.ossie.work import Refining


@dataclass(slots=True)
class Described:
    """A dataset that model files describe. fields: the file's fields, in order; extra: its MAESTRO extensions;
    keys: sets of columns that identify a row, as the files say."""

    proto: semantics.Dataset
    spot: Spot
    fields: list[Spot] = field(default_factory=list)
    extra: list[Spot] = field(default_factory=list)
    keys: list[tuple[str, ...]] = field(default_factory=list)


def describe(spot: Spot, work: Refining, described: dict[str, Described]) -> None:
    """Reads one dataset of a file into the model; a second description of the same name adds to the first."""
    name = spot.get("name")
    if name is None or not name.text:
        work.problems.error(spot, "a dataset needs a name")
        return
    entry = described.get(name.text) or _new(name.text, spot, work, described)
    if entry is None:
        return
    told = spot.get("description")
    if told:
        entry.proto.description = told.text
    extra = extension(spot, "dataset", work.problems)
    entry.extra.append(extra)
    grain = extra.get("grain")
    if grain:
        entry.proto.description = " — ".join(part for part in (entry.proto.description, grain.text) if part)
    own = model_terms(work.readable(name.text), synonyms(spot, work.problems))
    terms = with_derived(own, list(entry.proto.terms))
    del entry.proto.terms[:]
    entry.proto.terms.extend(terms)
    titles(extra.get("titles"), entry.proto, work.problems)
    work.model.examples.extend(examples(spot))
    _keys(spot, entry, work)
    fields = spot.get("fields")
    entry.fields += fields.items() if fields else []


def _new(name: str, spot: Spot, work: Refining, described: dict[str, Described]) -> Described | None:
    source = spot.get("source")
    if source is None:
        work.problems.error(spot, "it needs a source: the table that it describes")
        return None
    found = _table(source, work)
    if found is None:
        return None
    taken = next((entry for entry in described.values() if entry.proto is found), None)
    if taken is not None:
        where = f"{taken.spot.file}:{taken.spot.line}"
        work.problems.error(source, f"the table is described already, as dataset {taken.proto.name!r} in {where}")
        return None
    other = work.by_name.get(name)
    if other is not None and other is not found:
        work.problems.error(spot, f"{name!r} is the name of another table: describe that one, or choose another name")
        return None
    work.rename(found, name)
    # A table that somebody took the trouble to describe is more likely meant than one that nobody mentions.
    found.weight = max(found.weight, NEUTRAL + 0.1)
    entry = described[name] = Described(found, spot)
    return entry


def _table(source: Spot, work: Refining) -> semantics.Dataset | None:
    kind = source.get("kind")
    if kind is not None:
        named = source.get("object")
        if kind.text != "table" or named is None:
            work.problems.error(source, "only sources that are tables are supported")
            return None
        source = named
    text = source.text
    if not text or any(char.isspace() for char in text):
        work.problems.error(
            source, "it must be table, schema.table or database.schema.table; queries are not supported"
        )
        return None
    parts = [part.strip('"') for part in text.split(".")]
    schema, table = (parts[-2].lower() if len(parts) > 1 else ""), parts[-1]
    fitting = [
        each
        for each in work.model.datasets
        if each.table.name.lower() == table.lower() and (not schema or each.table.schema.lower() in ("", schema))
    ]
    if len(fitting) > 1:
        fitting = [each for each in fitting if each.table.name == table and each.table.schema in (schema, "public")]
        if len(fitting) != 1:
            work.problems.error(source, f"several schemas have a table {table!r}: write schema.table")
            return None
    if fitting:
        return fitting[0]
    names = [
        f"{each.table.schema}.{each.table.name}".strip(".") if schema else each.table.name
        for each in work.model.datasets
    ]
    work.problems.error(source, f"the catalog has no table {text!r}{hint(text, names)}")
    return None


def _keys(spot: Spot, entry: Described, work: Refining) -> None:
    columns = {each.column for each in entry.proto.fields if each.column}
    primary = spot.get("primary_key")
    unique = spot.get("unique_keys")
    told = [(primary, True)] if primary else []
    told += [(key, False) for key in unique.items()] if unique else []
    for key, is_primary in told:
        names = tuple(key.texts())
        unknown = [name for name in names if name not in columns]
        if not names or unknown:
            what = f"there is no column {unknown[0]!r}{hint(unknown[0], columns)}" if unknown else "it names no column"
            work.problems.error(key, what)
            continue
        entry.keys.append(names)
        if is_primary or not entry.proto.key_fields:
            del entry.proto.key_fields[:]
            entry.proto.key_fields.extend(names)
        if len(names) == 1:
            for each in entry.proto.fields:
                each.unique = each.unique or each.column == names[0]
