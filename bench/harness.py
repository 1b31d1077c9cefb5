"""Runs question files through meshes of their own: `maestro bench accuracy`."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from rich.console import Console

from bench.harness_ask import Asking, Known, NotReady
from bench.harness_figures import figures
from bench.harness_gold import GoldError, Golds
from bench.harness_mesh import mesh_folder, private_mesh
from bench.harness_record import Asked
from bench.harness_set import Place, Work
from bench.questions import Question
from deploy.local.home import Record, default_folder
from mesh.settings import read
from services.analyzer.settings import LlmSettings

Told = Callable[[Asked | None], None]
"""Called after each question; with None where its gold query fails."""
_MODEL = "MAESTRO_LLM_"


class Harness:
    """One run."""

    def __init__(self, work: Work, *, postgres: str, tried: int, batch: int, llm: bool) -> None:
        """postgres: URL of the database that holds the schemas; "": SQLite. tried: readings of a question that are run at
        most. batch: databases that a mesh holds at a time. llm: whether the language model that the environment names
        takes part."""
        self._work = work
        self._postgres = postgres
        self._tried = tried
        self._batch = batch
        self._llm = {key: value for key, value in os.environ.items() if llm and key.startswith(_MODEL)}
        # A model gets half of what a question has left.
        self._patience = 60.0 + 2.2 * read(LlmSettings).timeout if self._llm else 60.0
        self.asked: list[Asked] = []
        self.gold_fails: dict[str, str] = {}
        """Why a gold query does not run, by the question's identifier."""
        self.not_ready: dict[str, str] = {}

    def run(self, file: IO[str], console: Console, told: Told) -> None:
        """Asks everything; each question is written to `file` at once. Raises what the mesh raises."""
        with mesh_folder() as folder:
            for places in self._work.batches(self._batch):
                with private_mesh(folder, self._environment(places), console) as record:
                    asyncio.run(self._ask_all(record, places, file, told))

    def _environment(self, places: Sequence[Place]) -> Mapping[str, str]:
        told = dict(self._llm)
        for place in places:
            told |= place.environment(self._postgres)
        return told

    async def _ask_all(self, record: Record, places: Sequence[Place], file: IO[str], told: Told) -> None:
        async with Asking(record, self._tried, self._patience) as asking:
            for place in places:
                try:
                    known = await asking.known(place)
                    with Golds(place.file, self._postgres, place.schema) as golds:
                        for question in place.questions:
                            told(await self._ask(asking, question, place, known, golds, file))
                except (NotReady, GoldError) as error:
                    self.not_ready[place.name] = str(error)
                    for _ in place.questions:
                        told(None)

    async def _ask(
        self, asking: Asking, question: Question, place: Place, known: Known, golds: Golds, file: IO[str]
    ) -> Asked | None:
        try:
            asked = await asking.ask(question, place, known, golds)
        except GoldError as error:
            self.gold_fails[question.id] = str(error)
            return None
        self.asked.append(asked)
        file.write(asked.line() + "\n")
        file.flush()
        return asked

    def figures(self) -> dict[str, Any]:
        """The figures of what has been asked."""
        absent = sum(self._work.missing.values())
        absent += sum(len(place.questions) for place in self._work.places if place.name in self.not_ready)
        made = figures(self.asked, len(self.gold_fails), absent)
        made["databases"] = len(self._work.places)
        made["dialect"] = "postgresql" if self._postgres else "sqlite"
        if self._llm:
            made["llm"] = self._llm.get(_MODEL + "MODEL", "")
        return made


def past_runs() -> Path:
    """Where runs are kept."""
    return default_folder() / "bench" / "accuracy"
