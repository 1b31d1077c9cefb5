"""A model of the shop, as a mapper's slice gives it."""

from bench.index_notation import agg, as_of, both, calc, call, cmp, col, count, flag, fld, join, missing, related, table
from maestro.catalog.v1 import catalog_pb2 as c
from maestro.plan.v1 import plan_pb2 as p
from maestro.semantics.v1 import semantics_pb2 as s


def column(name: str, label: str = "", unit: str = "") -> s.Field:
    terms = [s.Term(text=label)] if label else []
    return s.Field(name=name, column=name, terms=terms, unit=unit)


def shop() -> s.SemanticSlice:
    """Datasets of orders and customers: computed fields, flags that build on flags, metrics, an entity."""
    orders = s.Dataset(
        name="orders",
        table=p.TableRef(name="orders"),
        fields=[
            column("id"),
            column("total", "Valor", "BRL"),
            s.Field(name="value", column="total", terms=[s.Term(text="Order value")], unit="BRL"),
            s.Field(name="days_to_due", expression=call("DAYS_BETWEEN", col("due"), call("DATE", col("placed"))), unit="days"),
            s.Field(name="open", predicate=cmp(col("status"), "=", "open")),
            s.Field(name="late", predicate=both(flag("open"), cmp(col("due"), "<", as_of()))),
            s.Field(name="weighty", predicate=related("", join(table("item", "x"), on=cmp(col("x.order_id"), "=", fld("id"))), where=cmp(col("x.quantity"), ">", 7))),
            s.Field(name="circle", predicate=flag("ring")),
            s.Field(name="ring", predicate=flag("circle")),
        ],
    )  # fmt: skip
    customers = s.Dataset(
        name="clients", table=p.TableRef(name="customer"),
        fields=[column("name", "Nome"), column("vip"), s.Field(name="known", predicate=missing(col("since"), negated=True))],
    )  # fmt: skip
    return s.SemanticSlice(
        version="m1",
        datasets=[orders, customers],
        metrics=[
            s.Metric(name="revenue", dataset="orders", expression=agg("SUM", fld("value")), filter=cmp(col("status"), "!=", "lost"), unit="BRL", terms=[s.Term(text="Faturamento")]),
            s.Metric(name="ticket", dataset="orders", expression=calc(agg("SUM", col("total")), "/", count())),
        ],
        entities=[
            s.Entity(name="Silva", filters=[s.EntityFilter(dataset="clients", predicate=p.Predicate(pattern=p.Pattern(operand=col("name"), kind=p.PATTERN_KIND_SUFFIX, text="Silva")))]),
        ],
        relationships=[
            s.ModelRelationship(
                relationship=c.Relationship(
                    name="buyer", from_table="orders", from_columns=["customer_id"], to_table="customer", to_columns=["id"], to_unique=True
                ),
                from_dataset="orders", to_dataset="clients",
            ),
            s.ModelRelationship(
                relationship=c.Relationship(
                    name="tagged", from_table="orders", from_columns=["tags"], to_table="product", to_columns=["id"], list_valued=True
                ),
                from_dataset="orders", to_dataset="products",
            ),
        ],
    )  # fmt: skip
