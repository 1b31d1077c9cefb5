"""The state database is brought to the schema of the code, once, whoever asks."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from deploy.state.migrate import heads, locations, migrate
from mesh.fault import Fault

FIRST = """
from alembic import op
revision = "{name}_0001"
down_revision = None
branch_labels = ("{name}",)
depends_on = None

def upgrade() -> None:
    op.execute("CREATE SCHEMA {name}")
    op.execute("CREATE TABLE {name}.things (id integer PRIMARY KEY, at date DEFAULT '2020-01-01'::date)")

def downgrade() -> None:
    op.execute("DROP SCHEMA {name} CASCADE")
"""
SECOND = """
from alembic import op
revision = "{name}_0002"
down_revision = "{name}_0001"
branch_labels = None
depends_on = None

def upgrade() -> None:
    op.execute("{sql}")

def downgrade() -> None:
    pass
"""


def schemas(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT DISTINCT table_schema FROM information_schema.tables")}


def chains(folder: Path, *names: str) -> list[Path]:
    made = []
    for name in names:
        migrations = folder / name / "migrations"
        migrations.mkdir(parents=True)
        (migrations / "0001_first.py").write_text(FIRST.format(name=name))
        made.append(migrations)
    return made


def test_an_empty_database_gets_every_module_s_schema(database: str):
    assert migrate(database) is True
    expected = {path.parent.name for path in locations()}
    assert {"orchestrator", "monitor"} <= expected
    assert expected <= schemas(database)
    assert migrate(database) is False


def test_a_later_migration_is_run_alone(database: str, tmp_path: Path):
    one, two = chains(tmp_path, "one", "two")
    assert migrate(database, [one, two])
    (two / "0002_more.py").write_text(SECOND.format(name="two", sql="CREATE TABLE two.more (id integer)"))
    assert heads([one, two]) == {"one_0001", "two_0002"}
    assert migrate(database, [one, two])
    assert not migrate(database, [one, two])
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM two.more").fetchone() == (0,)


def test_a_module_that_is_new_is_added_to_a_database_that_is_old(database: str, tmp_path: Path):
    one, two = chains(tmp_path, "one", "two")
    migrate(database, [one])
    assert "two" not in schemas(database)
    migrate(database, [one, two])
    assert "two" in schemas(database)


def test_a_migration_that_fails_leaves_nothing_of_any(database: str, tmp_path: Path):
    one, two = chains(tmp_path, "one", "two")
    (two / "0002_more.py").write_text(SECOND.format(name="two", sql="CREATE TABLE nowhere.more (id integer)"))
    with pytest.raises(Exception, match="nowhere"):
        migrate(database, [one, two])
    assert not {"one", "two"} & schemas(database)
    (two / "0002_more.py").unlink()
    assert migrate(database, [one, two])


def test_several_that_start_at_once_do_it_once(database: str):
    program = f"from deploy.state.migrate import migrate; print(migrate({database!r}))"

    def run(_: int) -> str:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip()

    with ThreadPoolExecutor(3) as threads:
        assert sorted(threads.map(run, range(3))) == ["False", "False", "True"]


def test_where_nothing_is_to_be_done_no_heavy_import_is_paid(database: str):
    migrate(database)
    program = (
        "import sys; from deploy.state.migrate import migrate\n"
        f"assert migrate({database!r}) is False\n"
        "assert 'psycopg' in sys.modules\n"
        "assert not {'alembic', 'sqlalchemy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], timeout=60, check=True)


def test_a_database_of_a_newer_version_is_left_alone(database: str, tmp_path: Path):
    one, two = chains(tmp_path, "one", "two")
    migrate(database, [one, two])
    with pytest.raises(Fault) as caught:
        migrate(database, [one])
    assert caught.value.reason == "SETTINGS_INVALID"
    assert "newer" in caught.value.message
    assert "two" in schemas(database)


def test_a_database_that_is_down_is_said_to_be():
    with pytest.raises(Fault) as caught:
        migrate("postgresql://nobody@127.0.0.1:1/none")
    assert caught.value.reason == "STATE_UNAVAILABLE"


def test_a_migration_without_a_revision_is_named(tmp_path: Path):
    (tmp_path / "0001_x.py").write_text("revision = 'a' + 'b'\n")
    with pytest.raises(ValueError, match="malformed"):
        heads([tmp_path])
    (tmp_path / "0001_x.py").write_text("x = 1\n")
    with pytest.raises(ValueError, match=r"0001_x\.py"):
        heads([tmp_path])


@pytest.mark.parametrize(("url", "code", "said"), [("", 2, "not set"), ("postgresql://127.0.0.1:1/x", 2, "answer")])
def test_the_command_says_what_is_wrong(url: str, code: int, said: str):
    done = subprocess.run(
        [sys.executable, "-m", "deploy.state"],
        env={**os.environ, "MAESTRO_STATE": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, said in done.stderr) == (code, True)
