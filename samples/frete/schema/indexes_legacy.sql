-- The indexes of a company that never got round to it: besides the primary keys, NF number and CNPJ only.

CREATE INDEX idx_transportadoras_cnpj ON transportadoras (cnpj);
CREATE INDEX idx_pedidos_cnpj_cpf ON pedidos (cnpj_cpf);
CREATE INDEX idx_pedidos_nf ON pedidos (nf);
CREATE INDEX idx_embarque_itens_nota_fiscal ON embarque_itens (nota_fiscal);
CREATE INDEX idx_faturamento_numero_nf ON relatorio_faturamento_importado (numero_nf);
CREATE INDEX idx_faturamento_cnpj_cliente ON relatorio_faturamento_importado (cnpj_cliente);
CREATE INDEX idx_faturamento_produto_numero_nf ON faturamento_produto (numero_nf);
CREATE INDEX idx_fretes_cnpj_cliente ON fretes (cnpj_cliente);
CREATE INDEX idx_entregas_numero_nf ON entregas_monitoradas (numero_nf);
CREATE INDEX idx_entregas_cnpj_cliente ON entregas_monitoradas (cnpj_cliente);
CREATE INDEX idx_contatos_agendamento_cnpj ON contatos_agendamento (cnpj);
