-- What the names do not say by themselves.

COMMENT ON TABLE transportadoras IS 'Transportadoras e freteiros autônomos que levam as cargas';
COMMENT ON COLUMN transportadoras.optante IS 'Optante pelo Simples Nacional';
COMMENT ON COLUMN transportadoras.freteiro IS 'Motorista autônomo, sem CTe próprio';
COMMENT ON COLUMN transportadoras.condicao_pgto IS 'Condição de pagamento do frete';

COMMENT ON TABLE cidades IS 'Cidades atendidas, com código do IBGE e alíquota de ICMS';
COMMENT ON COLUMN cidades.icms IS 'Alíquota de ICMS, em porcento';

COMMENT ON TABLE usuarios IS 'Usuários do sistema e o perfil de cada um';
COMMENT ON COLUMN usuarios.vendedor_vinculado IS 'Vendedor cujas linhas o usuário de perfil vendedor pode ver';

COMMENT ON TABLE cotacoes IS 'Cotações de frete pedidas às transportadoras';
COMMENT ON COLUMN cotacoes.valor_cotado IS 'Valor cotado para o embarque todo, em reais';

COMMENT ON TABLE pedidos IS 'Pedidos dos clientes, uma linha por lote de separação';
COMMENT ON COLUMN pedidos.num_pedido IS 'Número do pedido';
COMMENT ON COLUMN pedidos.separacao_lote_id IS 'Lote de separação no armazém';
COMMENT ON COLUMN pedidos.raz_social_red IS 'Razão social reduzida do cliente';
COMMENT ON COLUMN pedidos.cod_uf IS 'UF do cliente';
COMMENT ON COLUMN pedidos.valor_saldo_total IS 'Valor do pedido, em reais';
COMMENT ON COLUMN pedidos.peso_total IS 'Peso do pedido, em quilos';
COMMENT ON COLUMN pedidos.expedicao IS 'Data programada para sair';
COMMENT ON COLUMN pedidos.agendamento IS 'Data agendada com o cliente';
COMMENT ON COLUMN pedidos.data_embarque IS 'Data em que saiu';
COMMENT ON COLUMN pedidos.nf IS 'Número da nota fiscal';
COMMENT ON COLUMN pedidos.status IS 'ABERTO (falta cotar), COTADO, EMBARCADO, FATURADO ou NF no CD';
COMMENT ON COLUMN pedidos.nf_cd IS 'A nota voltou para o CD';

COMMENT ON TABLE embarques IS 'Embarques: caminhões que saem do armazém';
COMMENT ON COLUMN embarques.data_prevista_embarque IS 'Data programada para o embarque';
COMMENT ON COLUMN embarques.data_embarque IS 'Data em que o caminhão saiu';
COMMENT ON COLUMN embarques.tipo_carga IS 'FRACIONADA, DIRETA ou FOB (o cliente retira)';

COMMENT ON TABLE embarque_itens IS 'Pedidos que vão em cada embarque';
COMMENT ON COLUMN embarque_itens.pedido IS 'Número do pedido';
COMMENT ON COLUMN embarque_itens.nota_fiscal IS 'Número da nota fiscal';
COMMENT ON COLUMN embarque_itens.data_agenda IS 'Data agendada com o cliente, texto dd/mm/aaaa';
COMMENT ON COLUMN embarque_itens.peso IS 'Peso em quilos';
COMMENT ON COLUMN embarque_itens.uf_destino IS 'UF para onde o caminhão vai; SP nos pedidos RED';

COMMENT ON TABLE relatorio_faturamento_importado IS 'Notas fiscais faturadas, uma linha por NF';
COMMENT ON COLUMN relatorio_faturamento_importado.data_fatura IS 'Data do faturamento';
COMMENT ON COLUMN relatorio_faturamento_importado.valor_total IS 'Valor da NF, em reais';
COMMENT ON COLUMN relatorio_faturamento_importado.estado IS 'UF do cliente';
COMMENT ON COLUMN relatorio_faturamento_importado.origem IS 'Número do pedido que deu origem à NF';
COMMENT ON COLUMN relatorio_faturamento_importado.incoterm IS 'CIF, FOB (o cliente retira) ou RED (redespacho por Guarulhos)';
COMMENT ON COLUMN relatorio_faturamento_importado.ativo IS 'Falso quando a NF foi cancelada';

COMMENT ON TABLE faturamento_produto IS 'Produtos de cada nota fiscal';
COMMENT ON COLUMN faturamento_produto.qtd IS 'Quantidade, em caixas';
COMMENT ON COLUMN faturamento_produto.preco IS 'Preço da caixa, em reais';
COMMENT ON COLUMN faturamento_produto.valor IS 'Valor do item, em reais';

COMMENT ON TABLE fretes IS 'Fretes: o custo de levar as notas de um cliente em um embarque';
COMMENT ON COLUMN fretes.numeros_nfs IS 'Números das NFs, separados por vírgula';
COMMENT ON COLUMN fretes.valor_cotado IS 'Valor cotado, em reais';
COMMENT ON COLUMN fretes.valor_cte IS 'Valor cobrado no CTe, em reais';
COMMENT ON COLUMN fretes.valor_considerado IS 'Valor considerado devido, em reais';
COMMENT ON COLUMN fretes.valor_pago IS 'Valor pago: o custo real do frete, em reais';
COMMENT ON COLUMN fretes.requer_aprovacao IS 'Precisa de aprovação antes de pagar';
COMMENT ON COLUMN fretes.criado_em IS 'Quando o frete foi lançado';

COMMENT ON TABLE despesas_extras IS 'Despesas além do frete: reentrega, diária, descarga e outras';
COMMENT ON TABLE faturas_frete IS 'Faturas das transportadoras';
COMMENT ON COLUMN faturas_frete.status_conferencia IS 'PENDENTE, EM_CONFERENCIA ou CONFERIDO';

COMMENT ON TABLE entregas_monitoradas IS 'Entregas acompanhadas até o cliente, uma linha por NF';
COMMENT ON COLUMN entregas_monitoradas.transportadora IS 'Razão social da transportadora, como foi digitada';
COMMENT ON COLUMN entregas_monitoradas.valor_nf IS 'Valor da NF, em reais';
COMMENT ON COLUMN entregas_monitoradas.data_entrega_prevista IS 'Previsão: a agenda, ou o embarque mais o lead time';
COMMENT ON COLUMN entregas_monitoradas.data_agenda IS 'Data agendada com o cliente';
COMMENT ON COLUMN entregas_monitoradas.lead_time IS 'Prazo em dias úteis';
COMMENT ON COLUMN entregas_monitoradas.reagendar IS 'Perdeu a agenda, precisa reagendar';
COMMENT ON COLUMN entregas_monitoradas.nf_cd IS 'A nota voltou para o CD';
COMMENT ON COLUMN entregas_monitoradas.status_finalizacao IS
    'Como finalizou: Entregue, Cancelada, Devolvida ou Troca de NF; nulo enquanto pendente';
COMMENT ON COLUMN entregas_monitoradas.nova_nf IS 'NF que substituiu esta, na troca de NF';
COMMENT ON COLUMN entregas_monitoradas.canhoto_arquivo IS 'Arquivo do canhoto assinado';

COMMENT ON TABLE agendamentos_entrega IS 'Agendamentos de cada entrega; vale o criado por último';
COMMENT ON TABLE eventos_entrega IS 'O que o motorista registrou no cliente';
COMMENT ON TABLE contatos_agendamento IS 'Como se agenda com cada cliente';
COMMENT ON COLUMN contatos_agendamento.forma IS 'PORTAL, TELEFONE, E-MAIL, COMERCIAL, WhatsApp ou SEM AGENDAMENTO';
COMMENT ON TABLE controle_portaria IS 'Entrada e saída de veículos na portaria do armazém';
COMMENT ON COLUMN controle_portaria.status IS 'PENDENTE, AGUARDANDO, DENTRO (no pátio) ou SAIU';
