"""Brings the state database to the schema that the code expects.

    migrate("postgresql://…/maestro_state")

Every module that keeps state owns one PostgreSQL schema and a chain of migrations in
`services/<module>/migrations/`; each chain is an Alembic branch, and all of them share one version table.
docs/modules/state.md shows the form.

Where nothing is to be done, which is nearly always, only the revisions in the files and in the version table
are compared: Alembic and SQLAlchemy, half a second of imports, stay out.
"""

import ast
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.fault import Fault

if TYPE_CHECKING:
    import psycopg

_ROOT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).resolve().parent
# Held while migrating, so that of several processes that start at once one does it and the others wait.
_LOCK = 0x4D61657374726F


def locations(root: Path = _ROOT) -> list[Path]:
    """The folders that hold migrations, one for each module with state, by name."""
    return sorted(path for path in root.glob("services/*/migrations") if any(path.glob("[0-9]*.py")))


def heads(folders: Iterable[Path]) -> frozenset[str]:
    """The revisions of these folders that no other follows, read from the files without running them."""
    revisions: set[str] = set()
    followed: set[str] = set()
    for file in (each for folder in folders for each in sorted(folder.glob("[0-9]*.py"))):
        names = _literals(file)
        revision, down = names.get("revision"), names.get("down_revision")
        if not isinstance(revision, str):
            raise ValueError(f"{file}: a migration needs a literal `revision`")
        revisions.add(revision)
        followed.update((down,) if isinstance(down, str) else down or ())
    return frozenset(revisions - followed)


def _literals(file: Path) -> dict[str, str | tuple[str, ...] | None]:
    found: dict[str, str | tuple[str, ...] | None] = {}
    for node in ast.parse(file.read_bytes()).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if isinstance(target, ast.Name) and target.id in ("revision", "down_revision"):
            found[target.id] = ast.literal_eval(node.value)
    return found


def migrate(url: str, folders: Iterable[Path] | None = None) -> bool:
    """Migrates the state database at a libpq URL; returns whether there was anything to do.

    folders: where the migrations are; default: those of all services. All migrations run in one transaction:
    when one fails, none has happened. Raises Fault STATE_UNAVAILABLE where the database does not answer,
    SETTINGS_INVALID where it was migrated by a newer Maestro than this one.
    """
    import psycopg  # noqa: PLC0415  # 170 ms that whoever only asks for `heads` need not pay

    wanted = locations() if folders is None else list(folders)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            if _held(connection) == heads(wanted):
                return False
            return _upgrade(connection, url, wanted)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise Fault("STATE_UNAVAILABLE", f"The state database does not answer: {reason}") from error


def _held(connection: "psycopg.Connection") -> frozenset[str]:
    row = connection.execute("SELECT to_regclass('public.alembic_version')").fetchone()
    if row is None or row[0] is None:
        return frozenset()
    rows = connection.execute("SELECT version_num FROM public.alembic_version").fetchall()
    return frozenset(str(each[0]) for each in rows)


def _upgrade(connection: "psycopg.Connection", url: str, folders: list[Path]) -> bool:
    """Runs Alembic over one connection of its own, so that this one may hold the lock meanwhile."""
    from alembic import command  # noqa: PLC0415  # rare path, half a second
    from alembic.config import Config  # noqa: PLC0415  # as above
    from alembic.util.exc import CommandError  # noqa: PLC0415  # as above

    config = Config()
    config.set_main_option("script_location", _escaped(_HERE))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", os.pathsep.join(_escaped(each) for each in folders))
    config.attributes["url"] = url
    connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        if _held(connection) == heads(folders):
            return False  # somebody else did it while this process waited for the lock
        command.upgrade(config, "heads")
    except CommandError as error:
        if "locate revision" not in str(error):
            raise
        raise Fault(
            "SETTINGS_INVALID",
            f"MAESTRO_STATE: this database was migrated by a newer Maestro ({error}); use that version or "
            "another database.",
            metadata={"setting": "MAESTRO_STATE"},
        ) from error
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))
    return True


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
