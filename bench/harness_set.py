"""Which questions are asked of which databases: a question file or folder, and the databases beside it, in batches that one
mesh can hold."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from bench.questions import Question, database_file, read_questions

_ODD = re.compile(r"[^a-z0-9]+")


@dataclass
class Place:
    """A database and what is asked of it.

    source: its name in the mesh. file: where it lies as SQLite; None: only in PostgreSQL. schema: in PostgreSQL.
    """

    name: str
    source: str
    file: Path | None
    schema: str = ""
    questions: list[Question] = field(default_factory=list)

    def environment(self, postgres: str) -> dict[str, str]:
        """What a mesh is told of it. postgres: URL of the database that holds its schema; "": it is SQLite."""
        name = f"MAESTRO_SOURCE_{self.source.upper()}"
        zone = {f"{name}__TIME_ZONE": "UTC"}
        if postgres:
            return {name: postgres, f"{name}__SCHEMAS": self.schema, **zone}
        assert self.file is not None
        return {name: "sqlite:///" + quote(str(self.file.resolve())), **zone}


@dataclass(frozen=True)
class Work:
    """What there is to do. missing: questions whose database was not found, by its name."""

    places: tuple[Place, ...]
    missing: dict[str, int]

    @property
    def count(self) -> int:
        """Questions that are asked."""
        return sum(len(place.questions) for place in self.places)

    def batches(self, size: int) -> Iterator[Sequence[Place]]:
        """Databases that one mesh holds at a time."""
        for start in range(0, len(self.places), size):
            yield self.places[start : start + size]


def work(
    path: Path,
    databases: Path | None = None,
    language: str = "",
    sample: int = 0,
    seed: int = 1,
    postgres: bool = False,
) -> Work:
    """The work of a question file or folder.

    databases: where they are; None: beside the questions. sample: so many questions, drawn at random by the seed; 0: all.
    postgres: a database need not be there as a file. Raises QuestionError where a line is not a question.
    """
    beside = path if path.is_dir() else path.parent
    folders = [databases] if databases else [beside / "database", beside]
    questions = read_questions(path, language)
    if sample and sample < len(questions):
        drawn = random.Random(seed).sample(questions, sample)  # no secret
        questions = sorted(drawn, key=lambda each: each.id)
    places: dict[str, Place] = {}
    missing: dict[str, int] = {}
    taken: set[str] = set()
    for question in questions:
        file = database_file(question, folders)
        key = str(file or question.database)
        if file is None and not postgres:
            missing[question.database] = missing.get(question.database, 0) + 1
            continue
        if key not in places:
            source = _source(question.database, taken)
            places[key] = Place(question.database, source, file, question.database.lower() if postgres else "")
        places[key].questions.append(question)
    return Work(tuple(places.values()), missing)


def _source(name: str, taken: set[str]) -> str:
    """A name that a source may have, like the database's own, and not taken yet."""
    plain = _ODD.sub("_", name.lower()).strip("_")
    if not plain[:1].isalpha():
        plain = f"db_{plain}".rstrip("_")
    made, number = plain, 1
    while made in taken:
        number += 1
        made = f"{plain}_{number}"
    taken.add(made)
    return made
