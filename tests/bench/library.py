"""A small SQLite library with questions, for tests of the harness."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

QUESTIONS: list[dict[str, Any]] = [
    {"id": "q1", "question": "How many authors are there?", "gold_sql": "SELECT count(*) FROM author", "hardness": "easy"},
    {"id": "q2", "question": "How many books are there?", "gold_sql": "SELECT count(*) FROM book", "hardness": "easy"},
    {
        "id": "q3", "question": "Quantos autores são da França?", "lang": "pt", "hardness": "medium",
        "gold_sql": "SELECT count(*) FROM author WHERE country = 'France'",
    },
    {
        "id": "q4", "question": "Which authors wrote nothing that was ever lent to anybody at all?", "hardness": "extra",
        "gold_sql": "SELECT name FROM author EXCEPT SELECT a.name FROM author a JOIN book b ON b.author_id = a.id",
    },
    {"id": "q5", "question": "How many unicorns are there?", "gold_sql": "SELECT count(*) FROM unicorn"},
    {"id": "q7", "question": "What are the names of the authors?", "gold_sql": "SELECT name, country FROM author"},
    {"id": "q6", "question": "What is the favourite colour of each author?", "answerable": False},
]  # fmt: skip


def library(folder: Path, name: str = "library") -> Path:
    """A question file with its database beside it; the question file."""
    database = folder / "database" / name / f"{name}.sqlite"
    database.parent.mkdir(parents=True)
    with sqlite3.connect(database) as connection:
        connection.executescript(
            """
            CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, country TEXT);
            CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, author_id INTEGER REFERENCES author (id), year INTEGER);
            INSERT INTO author VALUES (1, 'Machado', 'Brazil'), (2, 'Proust', 'France'), (3, 'Balzac', 'France'), (4, 'Eça', 'Portugal');
            INSERT INTO book VALUES (1, 'Dom Casmurro', 1, 1899), (2, 'Swann', 2, 1913), (3, 'Le Père Goriot', 3, 1835);
            """
        )
    connection.close()
    path = folder / "questions.jsonl"
    path.write_text("\n".join(json.dumps({"db_id": name, **each}) for each in QUESTIONS), "utf-8")
    return path
