"""The last stage: algebra → SQLAlchemy Core → text with bound parameters. The only place that spells SQL."""

import re
from typing import Final

from maestro.catalog.v1 import catalog_pb2
from services.loader.algebra import Query
from services.loader.catalog import Knowledge
from services.loader.emit.forms import Forms
from services.loader.emit.parameters import Parameter
from services.loader.emit.postgresql import PostgresqlForms
from services.loader.emit.sqlite import SqliteForms
from services.loader.emit.statements import Statements

_QUOTED: Final = re.compile(r'("(?:[^"]|"")*")')
_NAMED: Final = re.compile(r":(p\d+)")


def emit(query: Query, knowledge: Knowledge) -> tuple[str, tuple[Parameter, ...]]:
    """(text, its parameters in order)."""
    forms: Forms
    if knowledge.dialect == catalog_pb2.DIALECT_SQLITE:
        forms = SqliteForms()
    else:
        forms = PostgresqlForms(unaccent="unaccent" in knowledge.extensions)
    statement = Statements(forms, query).statement(query)
    compiled = statement.compile(dialect=forms.dialect)
    if compiled.positiontup is None:
        return _numbered(str(compiled), forms.parameters.by_name)
    return str(compiled), tuple(forms.parameters.by_name[name] for name in compiled.positiontup)


def _numbered(sql: str, by_name: dict[str, Parameter]) -> tuple[str, tuple[Parameter, ...]]:
    """Named parameters by the numbers of their first places: `:p1`, `:p2` and so on."""
    order: dict[str, int] = {}
    parts = _QUOTED.split(sql)
    parts[::2] = [
        _NAMED.sub(lambda found: f":p{order.setdefault(found[1], len(order) + 1)}", each) for each in parts[::2]
    ]
    return "".join(parts), tuple(by_name[name] for name in order)
