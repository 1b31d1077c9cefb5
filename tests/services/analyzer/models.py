"""Small semantic models, written by hand, that the analyzer's tests link against."""

from collections.abc import Iterable, Sequence

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.plan.v1 import plan_pb2 as plan
from maestro.semantics.v1 import semantics_pb2 as semantics

ROLES = {
    "id": semantics.FIELD_ROLE_IDENTIFIER,
    "measure": semantics.FIELD_ROLE_MEASURE,
    "dim": semantics.FIELD_ROLE_DIMENSION,
    "time": semantics.FIELD_ROLE_TIME,
    "flag": semantics.FIELD_ROLE_FLAG,
    "text": semantics.FIELD_ROLE_TEXT,
}
FAMILIES = {
    "int": catalog.TYPE_FAMILY_INTEGER,
    "num": catalog.TYPE_FAMILY_DECIMAL,
    "text": catalog.TYPE_FAMILY_TEXT,
    "bool": catalog.TYPE_FAMILY_BOOLEAN,
    "date": catalog.TYPE_FAMILY_DATE,
    "ts": catalog.TYPE_FAMILY_TIMESTAMP,
}
STATES = ["SP", "MG", "RJ", "PR", "BA", "PE", "CE", "RS", "SC", "GO"]


def terms(*texts: str, locale: str = "pt", weight: float = 1.0) -> list[semantics.Term]:
    """Terms of a model file."""
    origin = semantics.TERM_ORIGIN_MODEL
    return [semantics.Term(text=text, locale=locale, origin=origin, weight=weight) for text in texts]


def field(
    name: str,
    role: str,
    family: str,
    *words: str,
    values: Iterable[str] = (),
    predicate: plan.Predicate | None = None,
    expression: plan.Expression | None = None,
    unit: str = "",
    complete: bool = True,
) -> semantics.Field:
    """A field; a predicate makes it a named filter without a column, an expression a computed field."""
    made = semantics.Field(name=name, role=ROLES[role], family=FAMILIES[family], unit=unit)
    if predicate is not None:
        made.predicate.CopyFrom(predicate)
    elif expression is not None:
        made.expression.CopyFrom(expression)
    else:
        made.column = name
    readable = name.replace("_", " ")
    made.terms.extend(terms(readable, *words))
    made.values.extend(semantics.FieldValue(value=value) for value in values)
    made.values_complete = bool(made.values) and complete
    if role == "measure":
        made.default_aggregate = plan.AGGREGATE_FUNCTION_SUM
    if role == "flag" and not made.HasField("predicate"):
        made.predicate.truth.column.column = name
    return made


def column(name: str) -> plan.Expression:
    """A column of the dataset's own row."""
    return plan.Expression(column=plan.ColumnRef(column=name))


def missing(name: str, negated: bool = False) -> plan.Predicate:
    """IS NULL, or IS NOT NULL."""
    return plan.Predicate(null_test=plan.NullTest(operand=column(name), negated=negated))


def equal(name: str, value: str) -> plan.Predicate:
    """Equality with a text."""
    literal = plan.Expression(literal=plan.Literal(text=value))
    operator = plan.COMPARISON_OPERATOR_EQUAL
    return plan.Predicate(comparison=plan.Comparison(operator=operator, left=column(name), right=literal))


def both(*predicates: plan.Predicate) -> plan.Predicate:
    """All of them."""
    return plan.Predicate(all_of=plan.PredicateList(predicates=predicates))


def dataset(
    name: str,
    fields: Sequence[semantics.Field],
    *words: str,
    label: str = "",
    time: str = "",
    display: Sequence[str] = (),
    keys: Sequence[str] = ("id",),
    weight: float = 0.5,
    junction: bool = False,
) -> semantics.Dataset:
    """A dataset over the table of its name."""
    return semantics.Dataset(
        name=name,
        table=plan.TableRef(name=name),
        terms=terms(name.replace("_", " "), *words),
        fields=fields,
        label_field=label,
        default_time_field=time,
        display_fields=display,
        key_fields=keys,
        weight=weight,
        row_estimate=1000,
        junction=junction,
    )


def relationship(from_: str, column_: str, to: str, to_column: str = "id", *words: str) -> semantics.ModelRelationship:
    """A declared key."""
    made = semantics.ModelRelationship(from_dataset=from_, to_dataset=to, terms=terms(*words))
    made.relationship.CopyFrom(
        catalog.Relationship(
            name=f"{from_}.{column_}->{to}.{to_column}",
            from_table=from_,
            from_columns=[column_],
            to_table=to,
            to_columns=[to_column],
            origin=catalog.RELATIONSHIP_ORIGIN_DECLARED,
            confidence=1.0,
            to_unique=True,
        )
    )
    return made


def aggregate(function: plan.AggregateFunction.ValueType, name: str = "") -> plan.Expression:
    """An aggregate of a column, or of rows."""
    made = plan.Expression(aggregate=plan.Aggregate(function=function))
    if name:
        made.aggregate.operand.CopyFrom(column(name))
    return made


def entity(name: str, kind: str, pattern: str, on: dict[str, str], *words: str) -> semantics.Entity:
    """An entity: a text that a column of each dataset contains."""
    made = semantics.Entity(name=name, kind=kind, terms=terms(*words) if words else [])
    for dataset_, column_ in on.items():
        predicate = plan.Predicate(
            pattern=plan.Pattern(operand=column(column_), kind=plan.PATTERN_KIND_CONTAINS, text=pattern, fold=True)
        )
        made.filters.append(semantics.EntityFilter(dataset=dataset_, predicate=predicate))
    return made


def freight() -> semantics.SemanticModel:
    """Deliveries, invoices, orders, freights, shipments and carriers of a freight company."""
    late = both(
        missing("status_finalizacao"),
        plan.Predicate(
            comparison=plan.Comparison(
                operator=plan.COMPARISON_OPERATOR_LESS,
                left=column("data_entrega_prevista"),
                right=plan.Expression(as_of=plan.AsOf()),
            )
        ),
    )
    deliveries = dataset(
        "entregas_monitoradas",
        [
            field("id", "id", "int"),
            field("numero_nf", "id", "text", "nota fiscal", "nf", "nota"),
            field("cliente", "dim", "text", "razão social"),
            field("cnpj_cliente", "id", "text", "cnpj"),
            field("transportadora", "dim", "text"),
            field("municipio", "dim", "text", "cidade", "onde entrega"),
            field("uf", "dim", "text", "estado", values=STATES),
            field("vendedor", "dim", "text"),
            field("valor_nf", "measure", "num", "valor", "valor da nota", unit="BRL"),
            field("data_faturamento", "time", "date"),
            field("data_embarque", "time", "date", "saiu", "embarcou"),
            field("data_entrega_prevista", "time", "date", "previsão de entrega", "prazo de entrega"),
            field("data_agenda", "time", "date", "agenda", "agendado", "agendamento"),
            field("data_hora_entrega_realizada", "time", "ts", "data da entrega", "feita", "realizada", "entregue em"),
            field("lead_time", "measure", "int"),
            field("status_finalizacao", "dim", "text", "como finalizou", "status", "situação", values=["Entregue", "Cancelada", "Devolvida", "Troca de NF"]),
            field("entregue", "flag", "bool", "entregues", "finalizada"),
            field("reagendar", "flag", "bool", "precisa reagendar", "perdeu a agenda"),
            field("pendencia_financeira", "flag", "bool", "pendência financeira", "pendências financeiras"),
            field("nf_cd", "flag", "bool", "NF no CD", "voltou pro CD"),
            field("atrasada", "flag", "bool", "em atraso", "atraso", "atrasado", predicate=late),
            field("pendente", "flag", "bool", "não entregue", "pendências de entrega", "em aberto", predicate=missing("status_finalizacao")),
            field("com_problema", "flag", "bool", "problema", "com problema", predicate=plan.Predicate(truth=column("pendencia_financeira"))),
            field("prazo", "measure", "int", "prazo de entrega", "dias até a entrega", unit="days", expression=plan.Expression(function=plan.FunctionCall(function=plan.FUNCTION_DAYS_BETWEEN, arguments=[column("data_hora_entrega_realizada"), column("data_embarque")]))),
        ],
        "entrega", "entregas",
        label="numero_nf", time="data_embarque", display=["numero_nf", "cliente", "municipio", "uf", "data_entrega_prevista"], weight=0.8,
    )  # fmt: skip
    invoices = dataset(
        "relatorio_faturamento_importado",
        [
            field("id", "id", "int"),
            field("numero_nf", "id", "text", "nota fiscal", "nf"),
            field("data_fatura", "time", "date", "data do faturamento"),
            field("cnpj_cliente", "id", "text", "cnpj"),
            field("nome_cliente", "dim", "text", "cliente"),
            field("valor_total", "measure", "num", "valor", unit="BRL"),
            field("municipio", "dim", "text", "cidade"),
            field("estado", "dim", "text", "uf", values=STATES),
            field("origem", "id", "text", "pedido", "número do pedido"),
            field("incoterm", "dim", "text", values=["CIF", "FOB", "RED"]),
            field("ativo", "flag", "bool"),
        ],
        "notas fiscais", "faturas", "nfs faturadas",
        label="numero_nf", time="data_fatura", display=["numero_nf", "nome_cliente", "valor_total", "data_fatura"], weight=0.6,
    )  # fmt: skip
    orders = dataset(
        "pedidos",
        [
            field("id", "id", "int"),
            field("num_pedido", "id", "text", "pedido", "número do pedido"),
            field("data_pedido", "time", "date", "entrou"),
            field("raz_social_red", "dim", "text", "cliente", "razão social"),
            field("cod_uf", "dim", "text", "uf", "estado", values=STATES),
            field("valor_saldo_total", "measure", "num", "valor do pedido", "valor", unit="BRL"),
            field("peso_total", "measure", "num", "peso", "kg", "quilos", unit="kg"),
            field("rota", "dim", "text", values=["NE", "SUL", "INTERIOR SP"]),
            field("expedicao", "time", "date", "data programada"),
            field("nf", "id", "text", "nota fiscal"),
            field("status", "dim", "text", "situação", values=["ABERTO", "COTADO", "EMBARCADO", "FATURADO", "NF no CD"]),
            field("em_aberto", "flag", "bool", "falta cotar", "pendente de cotação", "pendentes de cotação", "abertos", predicate=equal("status", "ABERTO")),
        ],
        "pedido", "ordem",
        label="num_pedido", time="data_pedido", display=["num_pedido", "raz_social_red", "valor_saldo_total", "status"],
    )  # fmt: skip
    shipments = dataset(
        "embarques",
        [
            field("id", "id", "int"),
            field("numero", "id", "int", "número do embarque"),
            field("data_prevista_embarque", "time", "date", "programado", "programados", "previsto"),
            field("data_embarque", "time", "date", "saiu", "saíram"),
            field("transportadora_id", "id", "int"),
            field("status", "dim", "text", values=["draft", "ativo", "cancelado"]),
            field("peso_total", "measure", "num", "peso"),
        ],
        "embarque",
        label="numero", time="data_embarque", display=["numero", "data_embarque", "status"],
    )  # fmt: skip
    freights = dataset(
        "fretes",
        [
            field("id", "id", "int"),
            field("embarque_id", "id", "int"),
            field("transportadora_id", "id", "int"),
            field("nome_cliente", "dim", "text", "cliente"),
            field("uf_destino", "dim", "text", "uf", "estado", values=STATES),
            field("valor_cotado", "measure", "num", unit="BRL"),
            field("valor_pago", "measure", "num", "custo real", unit="BRL"),
            field("valor_considerado", "measure", "num", "valor", "valor do frete", unit="BRL"),
            field("numero_cte", "id", "text", "cte", "conhecimento"),
            field("status", "dim", "text", "situação", values=["PENDENTE", "EM_TRATATIVA", "APROVADO", "REJEITADO", "PAGO", "CANCELADO"]),
            field("requer_aprovacao", "flag", "bool", "pendente aprovação", "pendentes aprovação", "pendente de aprovação"),
            field("sem_cte", "flag", "bool", "sem CTe", predicate=missing("numero_cte")),
            field("criado_em", "time", "ts"),
        ],
        "frete", "fretes",
        label="id", time="criado_em", display=["id", "nome_cliente", "valor_considerado", "status"],
    )  # fmt: skip
    carriers = dataset(
        "transportadoras",
        [
            field("id", "id", "int"),
            field("cnpj", "id", "text"),
            field("razao_social", "text", "text", "transportadora", "nome"),
            field("cidade", "dim", "text"),
            field("uf", "dim", "text", values=STATES),
            field("freteiro", "flag", "bool", "freteiros", "autônomo", "autônomos"),
            field("ativo", "flag", "bool", "ativa", "ativas"),
        ],
        "transportadora",
        label="razao_social", display=["razao_social", "cidade", "uf"],
    )  # fmt: skip
    gate = dataset(
        "controle_portaria",
        [
            field("id", "id", "int"),
            field("embarque_id", "id", "int"),
            field("motorista", "dim", "text"),
            field("placa", "id", "text", "veículo", "veículos"),
            field("data_hora_chegada", "time", "ts"),
            field("status", "dim", "text", values=["PENDENTE", "AGUARDANDO", "DENTRO", "SAIU"]),
        ],
        "portaria",
        label="placa", time="data_hora_chegada",
    )  # fmt: skip
    clients = {
        "entregas_monitoradas": "cliente", "relatorio_faturamento_importado": "nome_cliente",
        "pedidos": "raz_social_red", "fretes": "nome_cliente",
    }  # fmt: skip
    return semantics.SemanticModel(
        source="frete",
        version="0123456789abcdef",
        catalog_version="fedcba9876543210",
        datasets=[deliveries, invoices, orders, shipments, freights, carriers, gate],
        relationships=[
            relationship("fretes", "embarque_id", "embarques"),
            relationship("fretes", "transportadora_id", "transportadoras"),
            relationship("embarques", "transportadora_id", "transportadoras"),
            relationship("controle_portaria", "embarque_id", "embarques"),
            relationship("entregas_monitoradas", "transportadora", "transportadoras", "razao_social"),
            relationship("relatorio_faturamento_importado", "origem", "pedidos", "num_pedido"),
            relationship("pedidos", "nf", "entregas_monitoradas", "numero_nf"),
        ],
        metrics=[
            semantics.Metric(
                name="faturamento", dataset="relatorio_faturamento_importado", unit="BRL", time_field="data_fatura",
                expression=aggregate(plan.AGGREGATE_FUNCTION_SUM, "valor_total"),
                terms=terms("faturamento", "faturou", "faturado", "valor faturado", "receita"),
            ),
            semantics.Metric(
                name="ticket_medio", dataset="relatorio_faturamento_importado", unit="BRL", time_field="data_fatura",
                expression=aggregate(plan.AGGREGATE_FUNCTION_AVG, "valor_total"), terms=terms("ticket médio"),
            ),
        ],
        entities=[
            entity("Aurora", "client", "aurora", clients),
            entity("Bandeirão", "client", "bandeirao", clients),
            entity("Cruzeiro", "client", "cruzeiro", clients),
            entity("Coco Verde", "client", "coco verde", clients),
        ],
        locale="pt-BR",
        time_zone="America/Sao_Paulo",
        currency="BRL",
        dialect=catalog.DIALECT_POSTGRESQL,
    )  # fmt: skip
