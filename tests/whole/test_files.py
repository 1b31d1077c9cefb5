"""All rows of a question into a file, through the whole mesh and the command line."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from maestro.orchestrator.v1 import orchestrator_pb2 as pb
from maestro_client.client import Maestro
from mesh.testing import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")
QUESTION = "quais entregas estão atrasadas?"
COMMAND = (sys.executable, "-c", "from maestro_client.cli import main; main()")


async def command(mesh: Mesh, *arguments: str) -> asyncio.subprocess.Process:
    environment = {**os.environ, "MAESTRO_ORCHESTRATOR_TARGET": mesh.address("orchestrator")}
    return await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def test_every_form_holds_every_row(maestro: Maestro, tmp_path: Path) -> None:
    rows = (await maestro.ask(QUESTION, source="frete")).arrow()
    assert rows.num_rows >= 10
    request = pb.RunQueryRequest(context=maestro.context("frete"), question=QUESTION)
    for suffix in ("parquet", "arrow", "csv", "xlsx"):
        saved = await maestro.save(request, tmp_path / f"r.{suffix}")
        assert (saved.rows, saved.answer.status) == (rows.num_rows, "answered")
    key = "numero_nf"
    wanted = sorted(rows[key].to_pylist())
    for table in (
        pq.read_table(tmp_path / "r.parquet"),
        pa.ipc.open_file(str(tmp_path / "r.arrow")).read_all(),
        pa.csv.read_csv(tmp_path / "r.csv", convert_options=pa.csv.ConvertOptions(column_types={key: pa.string()})),
    ):
        assert sorted(table[key].to_pylist()) == wanted


async def test_the_command_says_what_it_wrote(mesh: Mesh, tmp_path: Path) -> None:
    process = await command(mesh, "ask", QUESTION, "--output", str(tmp_path / "r.parquet"))
    out, err = await process.communicate()
    assert process.returncode == 0, err
    assert b"atrasada" in out
    assert f"{pq.read_metadata(tmp_path / 'r.parquet').num_rows:,} rows".encode() in err


async def test_what_is_not_answered_writes_no_file(mesh: Mesh, tmp_path: Path) -> None:
    process = await command(mesh, "ask", "qual a cor do cavalo branco?", "--output", str(tmp_path / "r.csv"))
    await process.communicate()
    assert process.returncode in {4, 5}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
async def test_an_interruption_leaves_no_half_file(mesh: Mesh, tmp_path: Path, ending: Any) -> None:
    script = (
        # A disk that takes a second for a batch, so that there is a middle to be interrupted in.
        "import time; from maestro_client.files import ResultFile as R; write = R.write\n"
        "def slow(self, batch):\n    write(self, batch); print('written', flush=True); time.sleep(1)\n"
        "R.write = slow\n"
        "from maestro_client.cli import main; main()"
    )
    environment = {**os.environ, "MAESTRO_ORCHESTRATOR_TARGET": mesh.address("orchestrator")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, "ask", QUESTION, "--output", str(tmp_path / "r.csv"),
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"written\n"
    assert len(list(tmp_path.iterdir())) == 1
    process.send_signal(ending)
    _, err = await process.communicate()
    assert (process.returncode, list(tmp_path.iterdir())) == (130, []), err
    assert b"was not written" in err
