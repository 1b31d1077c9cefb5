"""The text of a model file that names a field which does not exist: scanner → mapper."""

import json
from typing import Final

from maestro.catalog.v1 import catalog_pb2
from services.validator.probes.material import Material

MISSING: Final = "maestro_check_no_such_column"


def faulty_model(material: Material) -> str:
    """An Apache Ossie file over the largest table: one field of a column that exists, one of a column that does not.

    Only a mapper that holds the live catalog can tell the two apart. Empty where there is no table.
    """
    tables = material.tables()
    if not tables:
        return ""
    table = tables[0]
    good = table.columns[0].name
    return f"""version: "0.2.0.dev0"
semantic_model:
  - name: maestro_check
    datasets:
      - name: {_text(table.name)}
        source: {_text(_source(table))}
        fields:
          - name: present
            expression:
              dialects:
                - {{dialect: ANSI_SQL, expression: {_text(_identifier(good))}}}
          - name: absent
            expression:
              dialects:
                - {{dialect: ANSI_SQL, expression: {MISSING}}}
"""


def _source(table: catalog_pb2.Table) -> str:
    return f"{table.schema}.{table.name}" if table.schema else table.name


def _identifier(name: str) -> str:
    return name if name.isidentifier() and name.islower() else '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    """JSON strings are YAML."""
    return json.dumps(text, ensure_ascii=False)
