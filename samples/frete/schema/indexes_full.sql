-- The indexes of a company that looks after its database.

CREATE UNIQUE INDEX uq_transportadoras_cnpj ON transportadoras (cnpj);
CREATE UNIQUE INDEX uq_cidades_codigo_ibge ON cidades (codigo_ibge);
CREATE UNIQUE INDEX uq_usuarios_email ON usuarios (email);

CREATE INDEX idx_pedidos_num_pedido ON pedidos (num_pedido);
CREATE INDEX idx_pedidos_separacao_lote_id ON pedidos (separacao_lote_id);
CREATE INDEX idx_pedidos_data_pedido ON pedidos (data_pedido);
CREATE INDEX idx_pedidos_cnpj_cpf ON pedidos (cnpj_cpf);
ALTER TABLE pedidos ADD CONSTRAINT uq_pedidos_expedicao_agendamento
    UNIQUE (num_pedido, expedicao, agendamento, protocolo);

CREATE UNIQUE INDEX uq_embarques_numero ON embarques (numero);
CREATE INDEX idx_embarques_data_embarque ON embarques (data_embarque);

CREATE INDEX idx_embarque_itens_separacao_lote_id ON embarque_itens (separacao_lote_id);

CREATE UNIQUE INDEX uq_faturamento_numero_nf ON relatorio_faturamento_importado (numero_nf);
CREATE INDEX idx_faturamento_data_fatura ON relatorio_faturamento_importado (data_fatura);

CREATE INDEX idx_faturamento_produto_numero_nf ON faturamento_produto (numero_nf);
CREATE INDEX idx_faturamento_produto_nf_produto ON faturamento_produto (numero_nf, cod_produto);
CREATE INDEX idx_faturamento_produto_cnpj_data ON faturamento_produto (cnpj_cliente, data_fatura);

CREATE INDEX idx_fretes_cnpj_cliente ON fretes (cnpj_cliente);
CREATE INDEX idx_fretes_numero_cte ON fretes (numero_cte);

CREATE INDEX idx_faturas_frete_numero_fatura ON faturas_frete (numero_fatura);

CREATE INDEX idx_entregas_numero_nf ON entregas_monitoradas (numero_nf);
CREATE INDEX idx_entregas_cnpj_cliente ON entregas_monitoradas (cnpj_cliente);
CREATE INDEX idx_entregas_data_embarque ON entregas_monitoradas (data_embarque);
CREATE INDEX idx_entregas_prevista_abertas ON entregas_monitoradas (data_entrega_prevista)
    WHERE status_finalizacao IS NULL;
CREATE INDEX idx_entregas_reagendar ON entregas_monitoradas (cnpj_cliente) WHERE reagendar;

CREATE INDEX idx_contatos_agendamento_cnpj ON contatos_agendamento (cnpj);
