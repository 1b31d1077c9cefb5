-- The tables of the sample. Keys and indexes are made after the rows are in (keys.sql, indexes_*.sql).

CREATE TABLE transportadoras (
    id integer NOT NULL,
    cnpj varchar(20),
    razao_social varchar(120) NOT NULL,
    cidade varchar(100),
    uf char(2),
    optante boolean,
    freteiro boolean,
    condicao_pgto varchar(50),
    ativo boolean
);

CREATE TABLE cidades (
    id integer NOT NULL,
    nome varchar(120) NOT NULL,
    uf char(2) NOT NULL,
    codigo_ibge varchar(10),
    icms numeric(5, 2),
    microrregiao varchar(100),
    mesorregiao varchar(100)
);

CREATE TABLE usuarios (
    id integer NOT NULL,
    nome varchar(120),
    email varchar(120),
    perfil varchar(30),
    vendedor_vinculado varchar(100)
);

CREATE TABLE cotacoes (
    id integer NOT NULL,
    transportadora_id integer,
    data_cotacao date,
    valor_cotado numeric(15, 2),
    status varchar(20)
);

CREATE TABLE pedidos (
    id integer NOT NULL,
    num_pedido varchar(30) NOT NULL,
    separacao_lote_id varchar(50),
    data_pedido date,
    cnpj_cpf varchar(20),
    raz_social_red varchar(255),
    nome_cidade varchar(120),
    cod_uf char(2),
    valor_saldo_total numeric(15, 2),
    peso_total numeric(15, 3),
    pallet_total numeric(15, 3),
    rota varchar(50),
    sub_rota varchar(50),
    expedicao date,
    agendamento date,
    protocolo varchar(50),
    data_embarque date,
    nf varchar(20),
    status varchar(50),
    nf_cd boolean,
    cotacao_id integer,
    usuario_id integer,
    criado_em timestamptz
);

CREATE TABLE embarques (
    id integer NOT NULL,
    numero integer,
    data_prevista_embarque date,
    data_embarque date,
    transportadora_id integer,
    status varchar(20),
    tipo_carga varchar(20),
    modalidade varchar(50),
    valor_total numeric(15, 2),
    peso_total numeric(15, 3),
    pallet_total numeric(15, 3),
    cotacao_id integer
);

CREATE TABLE embarque_itens (
    id integer NOT NULL,
    embarque_id integer NOT NULL,
    separacao_lote_id varchar(50),
    cnpj_cliente varchar(20),
    cliente varchar(255),
    pedido varchar(50) NOT NULL,
    nota_fiscal varchar(20),
    data_agenda varchar(10),
    protocolo_agendamento varchar(50),
    peso numeric(15, 3),
    valor numeric(15, 2),
    pallets numeric(15, 3),
    status varchar(20),
    uf_destino char(2),
    cidade_destino varchar(120)
);

CREATE TABLE relatorio_faturamento_importado (
    id integer NOT NULL,
    numero_nf varchar(20),
    data_fatura date,
    cnpj_cliente varchar(20),
    nome_cliente varchar(255),
    valor_total numeric(15, 2),
    peso_bruto numeric(15, 3),
    municipio varchar(120),
    estado char(2),
    codigo_ibge varchar(10),
    origem varchar(50),
    incoterm varchar(20),
    vendedor varchar(100),
    ativo boolean
);

CREATE TABLE faturamento_produto (
    id integer NOT NULL,
    numero_nf varchar(20),
    data_fatura date,
    cnpj_cliente varchar(20),
    cod_produto varchar(30),
    nome_produto varchar(200),
    qtd numeric(15, 3),
    preco numeric(15, 2),
    valor numeric(15, 2),
    status_nf varchar(20)
);

CREATE TABLE fretes (
    id integer NOT NULL,
    embarque_id integer NOT NULL,
    transportadora_id integer NOT NULL,
    fatura_frete_id integer,
    cnpj_cliente varchar(20),
    nome_cliente varchar(255),
    tipo_carga varchar(20),
    modalidade varchar(50),
    uf_destino char(2),
    cidade_destino varchar(120),
    peso_total numeric(15, 3),
    valor_total_nfs numeric(15, 2),
    quantidade_nfs integer,
    numeros_nfs text,
    valor_cotado numeric(15, 2),
    valor_cte numeric(15, 2),
    valor_considerado numeric(15, 2),
    valor_pago numeric(15, 2),
    numero_cte varchar(50),
    data_emissao_cte date,
    vencimento date,
    status varchar(20),
    requer_aprovacao boolean,
    criado_em timestamptz
);

CREATE TABLE despesas_extras (
    id integer NOT NULL,
    frete_id integer NOT NULL,
    tipo_despesa varchar(50),
    setor_responsavel varchar(50),
    motivo_despesa varchar(120),
    numero_documento varchar(50),
    valor_despesa numeric(15, 2),
    vencimento_despesa date
);

CREATE TABLE faturas_frete (
    id integer NOT NULL,
    transportadora_id integer NOT NULL,
    numero_fatura varchar(50),
    data_emissao date,
    valor_total_fatura numeric(15, 2),
    vencimento date,
    status_conferencia varchar(20)
);

CREATE TABLE entregas_monitoradas (
    id integer NOT NULL,
    numero_nf varchar(20) NOT NULL,
    cliente varchar(255) NOT NULL,
    cnpj_cliente varchar(20),
    transportadora varchar(255),
    municipio varchar(120),
    uf char(2),
    vendedor varchar(100),
    valor_nf numeric(15, 2),
    data_faturamento date,
    data_embarque date,
    data_entrega_prevista date,
    data_agenda date,
    data_hora_entrega_realizada timestamp,
    entregue boolean,
    lead_time integer,
    reagendar boolean,
    motivo_reagendamento varchar(255),
    pendencia_financeira boolean,
    nf_cd boolean,
    status_finalizacao varchar(50),
    nova_nf varchar(20),
    substituida_por_nf_id integer,
    canhoto_arquivo varchar(500)
);

CREATE TABLE agendamentos_entrega (
    id integer NOT NULL,
    entrega_id integer NOT NULL,
    data_agendada date,
    hora_agendada time,
    forma_agendamento varchar(50),
    protocolo_agendamento varchar(100),
    motivo varchar(255),
    status varchar(20),
    criado_em timestamptz
);

CREATE TABLE eventos_entrega (
    id integer NOT NULL,
    entrega_id integer NOT NULL,
    data_hora_chegada timestamp,
    data_hora_saida timestamp,
    motorista varchar(100),
    tipo_evento varchar(50)
);

CREATE TABLE contatos_agendamento (
    id integer NOT NULL,
    cnpj varchar(20),
    forma varchar(50),
    contato varchar(255)
);

CREATE TABLE controle_portaria (
    id integer NOT NULL,
    embarque_id integer,
    motorista varchar(100),
    placa varchar(10),
    data_hora_chegada timestamp,
    data_hora_entrada timestamp,
    data_hora_saida timestamp,
    status varchar(20)
);
