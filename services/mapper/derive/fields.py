"""Fields: the meaning of each column of a table."""

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive import comments, dates, flags, roles, units
from services.mapper.derive.codes import system_of
from services.mapper.derive.facts import Facts
from services.mapper.derive.names import Name
from services.mapper.derive.terms import LEXICON, Speaker

MOST_VALUES = 50


def field_of(facts: Facts, owner: Name, speaker: Speaker, currency: str, *, alone: bool = False) -> semantics.Field:
    """The meaning of one column. owner: the name of its dataset; alone: no other column has the same head."""
    column = facts.column
    made = semantics.Field(
        name=column.name,
        column=column.name,
        family=column.family,
        description=column.comment,
        unique=facts.unique,
        nullable=column.nullable,
        distinct=facts.distinct,
    )
    flag = None if facts.refers else flags.flag_of(facts)
    if flag is not None:
        made.role = semantics.FIELD_ROLE_FLAG
        condition = flags.predicate(facts, flag)
        if condition is not None:
            made.predicate.CopyFrom(condition)
    else:
        made.role = roles.role_of(facts)
        _complete(made, facts, currency)
    said = tuple(comments.phrases(column.comment))
    made.terms.extend(speaker.field(facts.name, owner, said, facts.refers, alone))
    _values(made, facts)
    return made


def _complete(made: semantics.Field, facts: Facts, currency: str) -> None:
    if made.role == roles.MEASURE:
        made.unit = units.unit_of(facts, currency)
        made.default_aggregate = units.aggregate_of(facts, made.unit)
    elif made.role == roles.TIME:
        made.time_role = dates.time_role(facts)
        if facts.family == catalog.TYPE_FAMILY_TEXT:
            made.text_date_format = dates.text_format(facts.samples)
    elif roles.is_year(facts):
        made.unit = "year"
        made.default_aggregate = plan.AGGREGATE_FUNCTION_MAX


def _values(made: semantics.Field, facts: Facts) -> None:
    """Values are held where they group rows; the values of keys, texts and dates are looked up, not held."""
    grouping = made.role in (roles.DIMENSION, semantics.FIELD_ROLE_FLAG)
    if not grouping or facts.family == catalog.TYPE_FAMILY_BOOLEAN:
        return
    samples = list(facts.samples[:MOST_VALUES])
    shares = dict(
        zip(
            facts.column.statistics.most_common_values,
            facts.column.statistics.most_common_frequencies,
            strict=False,
        )
    )
    system = system_of(facts.name.folded, samples)
    for sample in samples:
        value = made.values.add(value=sample, frequency=shares.get(sample, 0.0))
        for word in system.of(sample) if system else ():
            value.terms.add(text=word, origin=LEXICON, weight=0.9)
    made.values_complete = bool(facts.complete) and len(samples) == len(facts.samples)
