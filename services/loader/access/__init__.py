"""The third stage: the shape that the existing indexes serve, each choice recorded with its reason. Without a catalog
nothing is changed but what has no other form, so that the plain form comes out."""

from services.loader.access import nulls
from services.loader.access.beside import Beside
from services.loader.access.common import Common
from services.loader.access.counts import Counts
from services.loader.access.folds import Folds
from services.loader.access.joins import Joins
from services.loader.access.latest import Latest
from services.loader.access.loose import Loose
from services.loader.access.partners import Partners
from services.loader.access.patterns import Patterns
from services.loader.access.probes import Probes
from services.loader.access.ranges import Ranges
from services.loader.access.served import Served
from services.loader.access.shifts import Shifts
from services.loader.access.tables import tables_of
from services.loader.access.top import Ranked
from services.loader.algebra import Query
from services.loader.choices import Choices
from services.loader.forks import Forks
from services.loader.pins import Pins
from services.loader.resolve.names import Names


def choose(query: Query, names: Names, pins: Pins, choices: Choices, forks: Forks) -> Query:
    """The query in the form that is fetched fastest."""
    made: Query = query
    knowledge = names.knowledge
    if not knowledge.blind:
        tables = tables_of(query, knowledge)
        made = Shifts(tables, choices).apply(made)
        made = Ranges(tables, pins, choices).apply(made)
        made = Folds(tables, pins, choices).apply(made)
        made = Patterns(tables, pins, choices).apply(made)
        made = Partners(names, pins, choices, forks).apply(made)
        made = Joins(tables, knowledge, choices).apply(made)
        made = Counts(knowledge, choices).apply(made)
        made = Loose(names, tables, choices).apply(made)
        made = Latest(names, tables, choices, forks).apply(made)
        made = Common(tables, pins, choices).apply(made)
        made = Probes(names, tables, choices, forks).apply(made)
        made = Beside(tables, choices, forks).apply(made)
    made = Ranked(names, pins).apply(made)
    made = nulls.apply(made)
    if not knowledge.blind:
        Served(tables_of(made, knowledge), pins, choices).record(made)
    return made
