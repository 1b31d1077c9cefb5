"""A small shop, alike in PostgreSQL and in SQLite."""

import random
import sqlite3
from datetime import date, datetime, timedelta
from typing import Any

import psycopg

TABLES: dict[str, list[tuple[str, str, str]]] = {
    # table: (column, PostgreSQL's type, SQLite's type)
    "region": [("id", "integer PRIMARY KEY", "INTEGER PRIMARY KEY"), ("name", "varchar(40) NOT NULL", "TEXT NOT NULL")],
    "customer": [
        ("id", "integer PRIMARY KEY", "INTEGER PRIMARY KEY"),
        ("name", "varchar(80) NOT NULL", "TEXT NOT NULL"),
        ("uf", "char(2)", "TEXT"),
        ("region_id", "integer REFERENCES region (id)", "INTEGER REFERENCES region (id)"),
        ("vip", "boolean NOT NULL", "BOOLEAN NOT NULL"),
        ("since", "date", "DATE"),
        ("limit_text", "varchar(10)", "TEXT"),
    ],
    "product": [
        ("id", "integer PRIMARY KEY", "INTEGER PRIMARY KEY"),
        ("name", "varchar(60) NOT NULL", "TEXT NOT NULL"),
        ("category", "varchar(20)", "TEXT"),
        ("price", "numeric(10,2) NOT NULL", "NUMERIC NOT NULL"),
    ],
    "orders": [
        ("id", "integer PRIMARY KEY", "INTEGER PRIMARY KEY"),
        ("customer_id", "integer REFERENCES customer (id)", "INTEGER REFERENCES customer (id)"),
        ("placed", "timestamp NOT NULL", "TIMESTAMP NOT NULL"),
        ("due", "date", "DATE"),
        ("status", "varchar(10) NOT NULL", "TEXT NOT NULL"),
        ("total", "numeric(12,2)", "NUMERIC"),
        ("freight", "double precision", "REAL"),
        ("note", "text", "TEXT"),
        ("agenda", "varchar(10)", "TEXT"),
        ("tags", "text", "TEXT"),
    ],
    "item": [
        ("order_id", "integer NOT NULL REFERENCES orders (id)", "INTEGER NOT NULL REFERENCES orders (id)"),
        ("line", "integer NOT NULL", "INTEGER NOT NULL"),
        ("product_id", "integer NOT NULL REFERENCES product (id)", "INTEGER NOT NULL REFERENCES product (id)"),
        ("quantity", "integer NOT NULL", "INTEGER NOT NULL"),
        ("price", "numeric(10,2)", "NUMERIC"),
    ],
    "log": [("at", "timestamp", "TIMESTAMP"), ("what", "varchar(20)", "TEXT"), ("size", "integer", "INTEGER"),
            ("weight", "real", "REAL")],
}  # fmt: skip
INDEXES = [
    "CREATE INDEX orders_placed ON orders (placed)",
    "CREATE INDEX orders_customer ON orders (customer_id, placed)",
    "CREATE INDEX orders_open ON orders (due) WHERE status = 'open'",
    "CREATE UNIQUE INDEX item_key ON item (order_id, line)",
    "CREATE INDEX customer_name ON customer (name)",
]
POSTGRESQL_INDEXES = [
    "CREATE INDEX customer_name_trgm ON customer USING gin (name gin_trgm_ops)",
    "CREATE INDEX product_lower ON product (lower(name))",
    "CREATE INDEX orders_note_prefix ON orders (note text_pattern_ops)",
]
_FIRST = ["Ana", "José", "Conceição", "João", "Bruna", "Otávio", "Zé", "Maria da Luz", "ÉRICA", "paulo"]
_LAST = ["Silva", "São Pedro", "d'Ávila", "Gonçalves", "100%", "Under_score", "Nunes"]
_STATES = ["SP", "RJ", "MG", "BA", "PE", None]


def rows(seed: int = 7, orders: int = 240) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table."""
    draw = random.Random(seed)
    made: dict[str, list[tuple[Any, ...]]] = {"region": [(i, n) for i, n in enumerate(["Norte", "Sul", "Leste"], 1)]}
    made["customer"] = [
        (
            i,
            f"{draw.choice(_FIRST)} {draw.choice(_LAST)}",
            draw.choice(_STATES),
            draw.choice([1, 2, 3, None]),
            draw.random() < 0.3,
            None if draw.random() < 0.1 else date(2023, 1, 1) + timedelta(days=draw.randrange(900)),
            draw.choice(["5", "10", "100", "x", None]),
        )
        for i in range(1, 41)
    ]
    made["product"] = [
        (i, f"{draw.choice(['Café', 'Açúcar', 'Arroz', 'Feijão'])} {i}", draw.choice(["a", "b", "c", None]),
         draw.randrange(100, 9000) / 100)
        for i in range(1, 21)
    ]  # fmt: skip
    made["orders"], made["item"], made["log"] = [], [], []
    for i in range(1, orders + 1):
        placed = datetime(2024, 1, 1) + timedelta(minutes=draw.randrange(700 * 24 * 60))
        due = None if draw.random() < 0.2 else placed.date() + timedelta(days=draw.randrange(30))
        made["orders"].append(
            (
                i,
                draw.choice([None, *range(1, 36)]),
                placed,
                due,
                draw.choice(["open", "paid", "sent", "lost"]),
                None if draw.random() < 0.1 else draw.randrange(100, 500000) / 100,
                draw.choice([None, 0.0, draw.random() * 50]),
                draw.choice([None, "urgente", "Urgente já", "50% off", "a_b", "entregar às 10h", "às"]),
                None if due is None else due.strftime("%d/%m/%Y"),
                draw.choice([None, "1,2", "3", "12, 5", "7,1"]),
            )
        )
        made["item"] += [
            (i, line, draw.randrange(1, 19), draw.randrange(1, 9), draw.randrange(100, 9000) / 100)
            for line in range(1, draw.randrange(1, 5))
        ]
    for i in range(60):
        made["log"].append(
            (datetime(2025, 1, draw.randrange(1, 5)), draw.choice(["a", "b", None]), draw.choice([1, 2, None]),
             1234.1 + i)
        )  # fmt: skip
    return made


def fill_postgresql(url: str, content: dict[str, list[tuple[Any, ...]]], *, indexes: bool = True) -> None:
    with psycopg.connect(url) as connection:
        for name, columns in TABLES.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(f'{a} {b}' for a, b, _ in columns)})")
            places = ", ".join(["%s"] * len(columns))
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {name} VALUES ({places})", content[name])
        for statement in [*INDEXES, *POSTGRESQL_INDEXES] if indexes else []:
            connection.execute(statement)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def fill_sqlite(path: str, content: dict[str, list[tuple[Any, ...]]]) -> None:
    connection = sqlite3.connect(path)
    for name, columns in TABLES.items():
        connection.execute(f"CREATE TABLE {name} ({', '.join(f'{a} {c}' for a, _, c in columns)})")
        places = ", ".join(["?"] * len(columns))
        connection.executemany(
            f"INSERT INTO {name} VALUES ({places})", [tuple(_stored(each) for each in row) for row in content[name]]
        )
    for statement in INDEXES:
        connection.execute(statement)
    connection.commit()
    connection.close()


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else value
