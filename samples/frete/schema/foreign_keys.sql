-- The declared ones only: many joins of this database are known to its users and to nobody else.

ALTER TABLE cotacoes ADD FOREIGN KEY (transportadora_id) REFERENCES transportadoras;
ALTER TABLE pedidos ADD FOREIGN KEY (cotacao_id) REFERENCES cotacoes;
ALTER TABLE pedidos ADD FOREIGN KEY (usuario_id) REFERENCES usuarios;
ALTER TABLE embarques ADD FOREIGN KEY (transportadora_id) REFERENCES transportadoras;
ALTER TABLE embarques ADD FOREIGN KEY (cotacao_id) REFERENCES cotacoes;
ALTER TABLE embarque_itens ADD FOREIGN KEY (embarque_id) REFERENCES embarques;
ALTER TABLE fretes ADD FOREIGN KEY (embarque_id) REFERENCES embarques;
ALTER TABLE fretes ADD FOREIGN KEY (transportadora_id) REFERENCES transportadoras;
ALTER TABLE fretes ADD FOREIGN KEY (fatura_frete_id) REFERENCES faturas_frete;
ALTER TABLE despesas_extras ADD FOREIGN KEY (frete_id) REFERENCES fretes;
ALTER TABLE faturas_frete ADD FOREIGN KEY (transportadora_id) REFERENCES transportadoras;
ALTER TABLE entregas_monitoradas ADD FOREIGN KEY (substituida_por_nf_id) REFERENCES entregas_monitoradas;
ALTER TABLE agendamentos_entrega ADD FOREIGN KEY (entrega_id) REFERENCES entregas_monitoradas;
ALTER TABLE eventos_entrega ADD FOREIGN KEY (entrega_id) REFERENCES entregas_monitoradas;
ALTER TABLE controle_portaria ADD FOREIGN KEY (embarque_id) REFERENCES embarques;
