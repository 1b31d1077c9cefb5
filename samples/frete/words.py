"""Words that names are made of: shops, carriers, people, products. All of it invented."""

from __future__ import annotations

SHOP_KINDS = (
    "SUPERMERCADO", "MERCADINHO", "ATACADO", "COMERCIAL", "EMPORIO", "MERCEARIA", "DISTRIBUIDORA",
    "VAREJAO", "HORTIFRUTI", "ARMAZEM", "MINIMERCADO", "ATACAREJO",
)  # fmt: skip

SHOP_NAMES = (
    "TRES IPES", "FLOR DA SERRA", "PEDRA CLARA", "VALE DO SABIA", "BOA VIZINHANCA", "LUA CHEIA",
    "SANTO ANTAO", "PORTO MANSO", "RIO DAS OSTRAS", "CAMPO LARGO", "ESTRELA DO NORTE", "SERRA DOURADA",
    "PRIMAVERA", "BOM CAMINHO", "SAO BENEDITO", "NOVA ESPERANCA", "ALTO DA COLINA", "MAIORAL",
    "DOIS IRMAOS", "IRMAOS BARBOSA", "IRMAOS TEODORO", "JATOBA", "PITANGUEIRA", "MANDACARU", "CARNAUBA",
    "ARARA AZUL", "TUIUIU", "PAU BRASIL", "SEMPRE VIVA", "BELA VISTA", "PONTE NOVA", "CANDEIAS", "RECANTO",
    "SOL NASCENTE", "QUATRO ESTACOES", "LAGOA FUNDA", "MORRO ALTO", "AGUA BOA", "SANTA RITA",
    "PRACA CENTRAL",
)  # fmt: skip

CARRIER_KINDS = ("TRANSPORTES", "TRANSPORTADORA", "LOGISTICA", "CARGAS", "EXPRESSO", "RODOVIARIO")

CARRIER_NAMES = (
    "SERRA AZUL", "RIO MANSO", "CAPIVARI", "TRES MARIAS", "ROTA LESTE", "PANTANAL", "VALE VERDE", "LITORAL",
    "CENTRO OESTE", "MATA ATLANTICA", "PEDRA BRANCA", "SAO JUDAS", "ARAUCARIA", "JANGADA", "SERTAO",
    "PLANALTO", "BOM DESTINO", "CERRADO", "BORBOREMA", "IGUACU", "TAPAJOS", "MANTIQUEIRA", "PAMPA",
    "DIAMANTINA", "CABO FRIO", "AGRESTE", "PARANAPANEMA", "TOCANTINS",
)  # fmt: skip

FIRST_NAMES = (
    "JOSE", "ANTONIO", "MARCOS", "PAULO", "CARLOS", "LUIZ", "PEDRO", "RAFAEL", "FABIO", "SERGIO", "EDSON",
    "WAGNER", "CLAUDIA", "PATRICIA", "RENATA", "SIMONE", "ADRIANA", "LUCIANA", "ROSANA", "TATIANE",
    "MARCIA", "DENISE", "GILBERTO", "ADEMIR", "VALDIR", "NELSON", "REGINA", "SUELI", "VANESSA", "JULIO",
)  # fmt: skip

LAST_NAMES = (
    "SILVA", "SOUZA", "PEREIRA", "OLIVEIRA", "RODRIGUES", "ALVES", "LIMA", "GOMES", "RIBEIRO", "MARTINS",
    "CARVALHO", "ARAUJO", "BARBOSA", "ROCHA", "DIAS", "NUNES", "MOREIRA", "CARDOSO", "TEIXEIRA", "CORREIA",
)  # fmt: skip

# (name, price of a case in R$, kilograms of a case, cases on a pallet)
PRODUCT_LINES = (
    ("AZEITONA VERDE", 92.0, 7.2, 96),
    ("AZEITONA PRETA", 104.0, 7.2, 96),
    ("AZEITONA FATIADA", 98.0, 6.0, 110),
    ("PALMITO INTEIRO", 186.0, 9.0, 80),
    ("PALMITO PICADO", 148.0, 9.0, 80),
    ("COGUMELO CHAMPIGNON", 132.0, 6.6, 100),
    ("MILHO EM CONSERVA", 54.0, 8.4, 90),
    ("ERVILHA EM CONSERVA", 52.0, 8.4, 90),
    ("PEPINO EM CONSERVA", 61.0, 9.6, 80),
    ("MOLHO DE TOMATE", 38.0, 8.2, 100),
    ("EXTRATO DE TOMATE", 44.0, 8.0, 100),
    ("KETCHUP", 58.0, 9.2, 84),
    ("MOSTARDA", 49.0, 8.8, 84),
    ("MAIONESE", 66.0, 9.0, 84),
    ("MOLHO SHOYU", 57.0, 9.9, 80),
    ("VINAGRE DE ALCOOL", 23.0, 9.6, 88),
    ("OLEO COMPOSTO", 118.0, 8.1, 90),
    ("AZEITE DE OLIVA", 342.0, 8.4, 90),
    ("PIMENTA BIQUINHO", 88.0, 5.4, 110),
    ("ALCAPARRA", 164.0, 4.8, 120),
)

PACKS = ("12X200G", "24X100G", "6X1,8KG", "BALDE 1,8KG")
BRANDS = ("CAMPO BELO", "LA HUERTA", "DONA ZEFA")

REASONS_TO_RESCHEDULE = (
    "Cliente não recebeu",
    "Atraso da transportadora",
    "Perdeu a agenda",
    "Divergência no pedido",
    "Fila no cliente",
    "Veículo quebrado",
)

EXPENSES = (
    # (kind, department, reason)
    ("REENTREGA", "LOGISTICA", "Cliente recusou no primeiro dia"),
    ("DIARIA", "TRANSPORTADORA", "Fila no cliente"),
    ("ARMAZENAGEM", "COMERCIAL", "Agenda distante"),
    ("DESCARGA", "COMERCIAL", "Cobrança de chapa no cliente"),
    ("PERNOITE", "TRANSPORTADORA", "Chegou após o horário"),
    ("DEVOLUCAO", "QUALIDADE", "Avaria na carga"),
    ("TDE", "FINANCEIRO", "Taxa de dificuldade de entrega"),
)
