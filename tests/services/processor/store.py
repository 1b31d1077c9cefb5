"""Requests to compose answers from: a small store with its words."""

from google.protobuf import text_format

from maestro.catalog.v1 import catalog_pb2
from maestro.plan.v1 import plan_pb2
from maestro.processor.v1 import processor_pb2
from maestro.result.v1 import result_pb2
from maestro.semantics.v1 import semantics_pb2

INTEGER, DECIMAL, FLOAT, TEXT, TRUTH, DATE, MOMENT = 1, 2, 3, 4, 5, 6, 7
assert catalog_pb2.TYPE_FAMILY_TIMESTAMP == MOMENT

SEMANTICS = text_format.Parse(
    """
    version: "s1" currency: "BRL"
    datasets { name: "orders" table { name: "orders" }
      terms { text: "pedidos" locale: "pt" origin: TERM_ORIGIN_MODEL }
      terms { text: "orders" locale: "en" origin: TERM_ORIGIN_MODEL }
      fields { name: "status" column: "status"
        terms { text: "situação" locale: "pt" } terms { text: "status" locale: "en" } }
      fields { name: "total" column: "total" unit: "currency"
        terms { text: "valor" locale: "pt" } terms { text: "amount" locale: "en" } }
      fields { name: "weight" column: "weight" unit: "kg" terms { text: "peso" locale: "pt" } }
      fields { name: "due" column: "due"
        terms { text: "previsão" locale: "pt" } terms { text: "due date" locale: "en" } }
      fields { name: "late" role: FIELD_ROLE_FLAG
        terms { text: "atrasado" locale: "pt" } terms { text: "late" locale: "en" } } }
    datasets { name: "item" table { name: "item" }
      terms { text: "itens" locale: "pt" } terms { text: "items" locale: "en" } }
    metrics { name: "revenue" dataset: "orders" unit: "BRL"
      terms { text: "faturamento" locale: "pt" } terms { text: "revenue" locale: "en" } }
    """,
    semantics_pb2.SemanticSlice(),
)


def head(columns, rows, **said):
    """columns: (name, family) or (name, family, unit); names that begin with "m" are measures."""
    made = result_pb2.ResultHead(complete=True, total_rows=len(rows))
    for name, family, *unit in columns:
        made.columns.add(name=name, family=family, unit=unit[0] if unit else "", measure=name[0] == "m")
    for row in rows:
        added = made.rows.add()
        for value in row:
            cell = added.values.add()
            if isinstance(value, bool):
                cell.boolean = value
            elif isinstance(value, int):
                cell.integer = value
            elif isinstance(value, float):
                cell.float = value
            elif isinstance(value, str):
                kind, _, text = value.rpartition("|")
                setattr(cell, kind or "text", text)
    for name, value in said.items():
        setattr(made, name, value)
    return made


def request(query, found, *, intent=plan_pb2.INTENT_UNSPECIFIED, locale="pt-BR", **fields):
    """A request to compose; further fields of the request by name."""
    plan = plan_pb2.QueryPlan(query=query, intent=intent)
    made = processor_pb2.ComposeRequest(plan=plan, head=found, semantics=SEMANTICS, **fields)
    made.context.locale = locale
    made.context.source = "store"
    return made
