"""Small catalogs, said in a few lines."""

from collections.abc import Mapping, Sequence

from maestro.catalog.v1 import catalog_pb2 as catalog

FAMILIES = {
    "int": catalog.TYPE_FAMILY_INTEGER,
    "decimal": catalog.TYPE_FAMILY_DECIMAL,
    "float": catalog.TYPE_FAMILY_FLOAT,
    "text": catalog.TYPE_FAMILY_TEXT,
    "bool": catalog.TYPE_FAMILY_BOOLEAN,
    "date": catalog.TYPE_FAMILY_DATE,
    "timestamp": catalog.TYPE_FAMILY_TIMESTAMP,
    "uuid": catalog.TYPE_FAMILY_UUID,
    "json": catalog.TYPE_FAMILY_JSON,
}


def column(
    name: str,
    kind: str = "text",
    values: Sequence[str] | None = None,
    *,
    comment: str = "",
    complete: bool = True,
    distinct: float = 0,
    width: int = 0,
) -> catalog.Column:
    """A column. values: its samples, complete unless said otherwise."""
    made = catalog.Column(name=name, type=kind, family=FAMILIES[kind], nullable=True, comment=comment)
    if values is not None:
        made.sample_values.extend(values)
        made.samples_complete = complete
    made.statistics.distinct = distinct
    made.statistics.average_width = width
    return made


def table(
    name: str,
    columns: Sequence[catalog.Column],
    *,
    key: Sequence[str] = (),
    unique: Sequence[Sequence[str]] = (),
    rows: int = 1000,
    schema: str = "public",
    comment: str = "",
) -> catalog.Table:
    """A table."""
    made = catalog.Table(
        schema=schema, name=name, kind=catalog.TABLE_KIND_TABLE, columns=columns, primary_key=key,
        row_estimate=rows, comment=comment,
    )  # fmt: skip
    for at, columns_of_key in enumerate(unique):
        made.unique_keys.add(name=f"{name}_key_{at}", columns=columns_of_key)
    return made


def relationship(start: str, end: str, *, confidence: float = 1.0, to_unique: bool = True) -> catalog.Relationship:
    """A relationship, said as "orders.customer_id" and "customers.id"."""
    (from_table, from_column), (to_table, to_column) = start.split("."), end.split(".")
    return catalog.Relationship(
        name=f"{start}->{end}",
        from_schema="public",
        from_table=from_table,
        from_columns=[from_column],
        to_schema="public",
        to_table=to_table,
        to_columns=[to_column],
        origin=catalog.RELATIONSHIP_ORIGIN_DECLARED,
        confidence=confidence,
        to_unique=to_unique,
    )


def source(
    tables: Sequence[catalog.Table], relationships: Sequence[catalog.Relationship] = (), name: str = "shop"
) -> catalog.Catalog:
    """A catalog."""
    return catalog.Catalog(
        source=name,
        version="c0ffee",
        dialect=catalog.DIALECT_POSTGRESQL,
        tables=tables,
        relationships=relationships,
    )


def deliveries() -> catalog.Catalog:
    """A freight company in miniature: orders, deliveries and carriers."""
    return source(
        [
            table(
                "entregas",
                [
                    column("id", "int"),
                    column("numero_nf", values=[str(100_000 + at) for at in range(50)], complete=False),
                    column("cliente", values=["AURORA LJ 01", "BANDEIRAO 001"], complete=False, distinct=300),
                    column("cnpj_cliente", values=["06.057.223/0001-71"], complete=False, distinct=300),
                    column("uf", values=["SP", "RJ", "MG", "BA", "PR"]),
                    column("valor_nf", "decimal"),
                    column("data_embarque", "date"),
                    column("data_entrega_prevista", "date", comment="Previsão de entrega"),
                    column("entregue_em", "timestamp"),
                    column("status", values=["Entregue", "Cancelada"]),
                    column("reagendar", "bool"),
                    column("transportadora_id", "int"),
                ],
                key=["id"],
                unique=[["numero_nf"]],
                rows=20_000,
            ),
            table(
                "transportadoras",
                [column("id", "int"), column("razao_social", distinct=-1), column("freteiro", "bool")],
                key=["id"],
                rows=40,
            ),
            table(
                "contatos",
                [column("id", "int"), column("cnpj"), column("forma", values=["PORTAL", "SEM AGENDAMENTO"])],
                key=["id"],
            ),
        ],
        [relationship("entregas.transportadora_id", "transportadoras.id")],
        name="frete",
    )


def texts(terms: object) -> Mapping[str, float]:
    """Terms as phrase → weight."""
    return {term.text: term.weight for term in terms}  # type: ignore[attr-defined]
