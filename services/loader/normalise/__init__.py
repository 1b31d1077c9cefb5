"""The second stage: one way of saying each thing, every literal in the form of the column that it is compared with.

Nothing here depends on indexes; what it does is the same with a catalog's knowledge and, as far as types are known,
without it.
"""

from maestro.catalog.v1 import catalog_pb2
from services.loader.algebra import Query
from services.loader.choices import Choices
from services.loader.normalise import distinct
from services.loader.normalise.coerce import Coercion
from services.loader.normalise.grain import Grain
from services.loader.normalise.groups import Groups
from services.loader.normalise.membership import Memberships
from services.loader.pins import Pins
from services.loader.resolve.names import Names


def normalise(query: Query, names: Names, pins: Pins, choices: Choices) -> Query:
    """The query in its normal form. Raises Fault PLAN_INVALID."""
    dialect = names.knowledge.dialect
    made: Query = Coercion(dialect, pins).apply(query)
    made = Memberships(names).apply(made)
    made = distinct.apply(made)
    made = Grain(names, names.knowledge, choices).apply(made)
    groups = Groups(names.knowledge, sqlite=dialect == catalog_pb2.DIALECT_SQLITE)
    made = groups.apply(made)
    for name in groups.loose:
        choices.warn(
            "result.any_value",
            f"{name} differs inside a group and is not aggregated: the value shown is any one of the group.",
        )
    return made
