"""The last stage: algebra → SQLAlchemy Core → text with bound parameters. The only place that spells SQL."""

from maestro.catalog.v1 import catalog_pb2
from services.loader.algebra import Query
from services.loader.catalog import Knowledge
from services.loader.emit.forms import Forms
from services.loader.emit.parameters import Parameter
from services.loader.emit.postgresql import PostgresqlForms
from services.loader.emit.sqlite import SqliteForms
from services.loader.emit.statements import Statements


def emit(query: Query, knowledge: Knowledge) -> tuple[str, tuple[Parameter, ...]]:
    """(text, its parameters in order)."""
    forms: Forms
    if knowledge.dialect == catalog_pb2.DIALECT_SQLITE:
        forms = SqliteForms()
    else:
        forms = PostgresqlForms(unaccent="unaccent" in knowledge.extensions)
    statement = Statements(forms, query).statement(query)
    compiled = statement.compile(dialect=forms.dialect)
    order = compiled.positiontup or []
    return str(compiled), tuple(forms.parameters.by_name[name] for name in order)
