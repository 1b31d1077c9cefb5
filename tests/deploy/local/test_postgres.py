"""The embedded PostgreSQL: first start, restart, kill, adoption, long paths, roles."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from adbc_driver_postgresql import dbapi
from sqlalchemy import create_engine, text

from deploy.local import postgres as module
from deploy.local import unprivileged
from deploy.local.postgres import READER, EmbeddedPostgres, EmbeddedPostgresError
from tests.fixtures.postgres import TestServer

ROOT = Path(__file__).parents[3]

LAUNCHER = """
import sys, time
from deploy.local.postgres import EmbeddedPostgres
server = EmbeddedPostgres(sys.argv[1], fsync=False, shared_buffers=16, watch=sys.argv[2] == "watch")
server.start()
print(server.pid, server.watcher_pid or 0, flush=True)
time.sleep(60)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path / "pg", fsync=False, shared_buffers=16) as started:
        yield started


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def launch(data_dir: Path, watch: str) -> tuple[subprocess.Popen[str], int, int]:
    """A launcher in a process of its own: (it, its server's pid, its watcher's pid or 0)."""
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(data_dir), watch],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    pid, watcher = process.stdout.readline().split()
    return process, int(pid), int(watcher)


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def gone(pid: int, seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


def test_it_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    for expected in (True, False):
        with EmbeddedPostgres(tmp_path / "pg", fsync=False, shared_buffers=16) as server:
            assert server.create_database("d") is expected
            with psycopg.connect(server.url("d")) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS t (a int)")
                connection.execute("INSERT INTO t VALUES (1)")
        assert server.pid is None
    with EmbeddedPostgres(tmp_path / "pg", fsync=False, shared_buffers=16) as server:
        assert value(server.url("d"), "SELECT count(*) FROM t") == 2


def test_only_its_own_folder_changes(tmp_path: Path) -> None:
    outside = tmp_path / "mine"
    outside.mkdir(mode=0o755)
    before = outside.stat()
    with EmbeddedPostgres(outside / "pg", fsync=False, shared_buffers=16) as server:
        assert server.data_dir.stat().st_mode & 0o777 == 0o700
        assert server.socket_dir.stat().st_mode & 0o777 == 0o700
    after = outside.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_it_listens_on_no_network(server: EmbeddedPostgres) -> None:
    assert value(server.url(), "SHOW listen_addresses") == ""


def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6)
    with EmbeddedPostgres(deep, fsync=False, shared_buffers=16) as server:
        assert value(server.url(), "SELECT 1") == 1
        assert EmbeddedPostgres(deep).url("x") == server.url("x")
        folder = server.socket_dir
    assert not folder.is_relative_to(deep)
    shutil.rmtree(folder)


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    data_dir = tmp_path / "pg"
    data_dir.mkdir()
    (data_dir / "socket").symlink_to(tmp_path)
    with pytest.raises(EmbeddedPostgresError, match="not a folder of the user"):
        EmbeddedPostgres(data_dir).start()


def test_the_server_stops_when_its_launcher_is_killed(tmp_path: Path) -> None:
    process, pid, _ = launch(tmp_path / "pg", "watch")
    end(process)
    assert gone(pid)
    with EmbeddedPostgres(tmp_path / "pg", fsync=False, shared_buffers=16) as server:
        assert value(server.url(), "SELECT 1") == 1


def test_an_orphan_is_adopted_and_stopped(tmp_path: Path) -> None:
    process, pid, watcher = launch(tmp_path / "pg", "watch")
    os.kill(watcher, signal.SIGKILL)
    end(process)
    with EmbeddedPostgres(tmp_path / "pg", fsync=False, shared_buffers=16) as server:
        assert server.pid == pid
        assert value(server.url(), "SELECT 1") == 1
    assert gone(pid)


def test_an_unwatched_server_outlives_its_launcher(tmp_path: Path) -> None:
    process, pid, watcher = launch(tmp_path / "pg", "leave")
    end(process)
    assert watcher == 0
    assert not gone(pid, seconds=0.3)
    EmbeddedPostgres(tmp_path / "pg").start().stop()
    assert gone(pid)


def test_a_server_of_a_living_launcher_is_shared_and_left_running(tmp_path: Path) -> None:
    process, pid, _ = launch(tmp_path / "pg", "watch")
    try:
        with EmbeddedPostgres(tmp_path / "pg") as server:
            assert server.pid == pid
            assert value(server.url(), "SELECT 1") == 1
        assert not gone(pid, seconds=0.3)
    finally:
        end(process)
    assert gone(pid)


def test_a_killed_server_leaves_nothing_that_blocks(tmp_path: Path) -> None:
    process, pid, _ = launch(tmp_path / "pg", "watch")
    os.kill(pid, signal.SIGKILL)
    end(process)
    assert gone(pid)
    lock = tmp_path / "pg" / "cluster" / "postmaster.pid"
    assert lock.exists()
    # The worst case: the process id in the stale lock file is now that of another living program.
    lock.write_text("\n".join([str(os.getpid()), *lock.read_text().splitlines()[1:]]) + "\n")
    with EmbeddedPostgres(tmp_path / "pg", fsync=False, shared_buffers=16) as server:
        assert value(server.url(), "SELECT 1") == 1


def test_an_interrupted_initdb_is_done_again(tmp_path: Path) -> None:
    for half in ("cluster", "cluster.new"):
        (tmp_path / "pg" / half / "base").mkdir(parents=True)
    with EmbeddedPostgres(tmp_path / "pg", fsync=False, shared_buffers=16) as server:
        assert value(server.url(), "SELECT 1") == 1


def test_a_forked_child_leaves_the_server_alone(server: EmbeddedPostgres) -> None:
    child = os.fork()
    if child == 0:
        server.stop()
        os._exit(0)
    os.waitpid(child, 0)
    assert value(server.url(), "SELECT 1") == 1


def test_a_setting_that_postgresql_refuses_is_said(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        EmbeddedPostgres(tmp_path / "pg", settings={"no_such_setting": "1"}).start()


def test_the_reader_reads_and_nothing_else(server: EmbeddedPostgres) -> None:
    server.create_database("d")
    with psycopg.connect(server.url("d")) as owner:
        owner.execute("CREATE TABLE t (a int)")
        owner.execute("INSERT INTO t VALUES (1)")
    reader = server.url("d", role=READER)
    assert value(reader, "SELECT count(*) FROM t") == 1
    assert value(reader, "SHOW statement_timeout") == "30s"
    for statement in (
        "INSERT INTO t VALUES (2)",
        "CREATE TABLE u (a int)",
        "CREATE TEMP TABLE u (a int)",
        "SET ROLE maestro",
        "COPY t TO PROGRAM 'true'",
    ):
        for read_only in ("on", "off"):
            with psycopg.connect(reader, autocommit=True) as connection:
                connection.execute(f"SET default_transaction_read_only = {read_only}")
                with pytest.raises(psycopg.Error) as refused:
                    connection.execute(statement)
            assert refused.value.sqlstate in {"25006", "42501"}


def test_a_template_is_copied_with_its_grants(server: EmbeddedPostgres) -> None:
    server.create_database("d")
    with psycopg.connect(server.url("d")) as owner:
        owner.execute("CREATE TABLE t AS SELECT 7 AS a")
    server.create_database("copy", template="d")
    assert value(server.url("copy", role=READER), "SELECT a FROM t") == 7
    server.drop_database("copy")
    server.drop_database("copy")


def test_the_extensions_are_there(server: EmbeddedPostgres) -> None:
    server.create_database("d")
    held = value(server.url("d"), "SELECT array_agg(extname::text) FROM pg_extension")
    assert isinstance(held, list)
    assert set(module.EXTENSIONS) <= set(held)


def test_libpq_urls_serve_adbc_and_sqlalchemy(server: EmbeddedPostgres) -> None:
    with dbapi.connect(server.url()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 AS a")
        assert cursor.fetch_arrow_table().to_pylist() == [{"a": 1}]
    engine = create_engine(server.url().replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.connect() as connected:
        assert connected.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user to become")
def test_without_user_namespaces_another_user_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unprivileged, "user_namespaces", lambda: False)
    data_dir = Path("/tmp", f"maestro-test-{os.getpid()}")  # noqa: S108  tmp_path is closed to other users
    try:
        for _ in range(2):
            with EmbeddedPostgres(data_dir, fsync=False, shared_buffers=16) as server:
                assert value(server.url(), "SELECT 1") == 1
                assert Path(f"/proc/{server.pid}").stat().st_uid == unprivileged.NOBODY
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user to become")
def test_where_no_way_works_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(unprivileged, "user_namespaces", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(EmbeddedPostgresError, match="MAESTRO_STATE"):
        EmbeddedPostgres(tmp_path / "pg").start()


def test_a_test_database_is_empty_and_ones_own(postgres: TestServer, database: str) -> None:
    assert value(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    assert postgres.reader(database) != database
