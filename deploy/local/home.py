"""Where a local mesh keeps its things: state that lasts in one folder, sockets in another whose path is short."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mesh.modules import MODULES

# Of a unix socket: 104 bytes with the final zero on macOS, 108 on Linux.
_LONGEST_PATH = 104
ALREADY = 3
"""Exit code of a launcher where another mesh runs, or is being started, from the same folder."""
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Record:
    """What a running mesh tells of itself, in `mesh.json`."""

    pid: int
    """Process that started all others."""
    targets: dict[str, str]
    """Module → gRPC target."""
    address: str
    """TCP address that it also listens on; "" where it listens on its socket only."""
    sources: dict[str, str] = field(default_factory=dict)
    """Names of the sources → address without password."""
    embedded: bool = False
    """True where the embedded PostgreSQL serves."""
    processes: dict[str, int] = field(default_factory=dict)
    """Module → process id, of the ones that run."""
    given_up: dict[str, str] = field(default_factory=dict)
    """Module → why it ended, of the ones that would end again for the same reason."""

    @property
    def target(self) -> str:
        """gRPC target of the orchestrator."""
        return self.targets["orchestrator"]


class Home:
    """The folder of one local mesh: MAESTRO_HOME, or `.state` beside the code, or the user's state folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or default_folder()).absolute()
        self.postgres = self.folder / "postgres"
        self.logs = self.folder / "logs"
        self.lock = self.folder / "lock"
        self._record = self.folder / "mesh.json"
        # A unix socket's path may have about 100 characters; a checkout's often has more.
        name = f"maestro-{os.getuid()}-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]}"
        longest = len(os.fsencode(Path(tempfile.gettempdir(), name, "orchestrator.sock")))
        self.run = Path(tempfile.gettempdir() if longest < _LONGEST_PATH else "/tmp", name)  # noqa: S108  # private

    def prepare(self) -> None:
        """Makes the folders, private to this user. Raises PermissionError where that cannot be."""
        for folder in (self.folder, self.logs, self.run):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                why = (error.strerror or str(error)).lower()
                raise PermissionError(f"cannot make the folder {folder}: {why}; set MAESTRO_HOME to another") from None
            if folder.lstat().st_uid != os.getuid():
                raise PermissionError(f"{folder} belongs to another user: set MAESTRO_HOME to another")

    def target(self, module: str) -> str:
        """gRPC target of a module of this mesh."""
        return f"unix:{self.run}/{module}.sock"

    def targets(self) -> dict[str, str]:
        """Module → gRPC target, of every module of a mesh that this process starts."""
        return {name: self.target(name) for name in MODULES}

    def read(self) -> Record | None:
        """What the mesh that was started last told of itself; None where none did, or it has ended."""
        try:
            record = Record(**json.loads(self._record.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return record if _alive(record.pid) else None

    def write(self, record: Record) -> None:
        """Tells of a mesh, atomically."""
        draft = self._record.with_suffix(".new")
        draft.write_text(json.dumps(asdict(record), indent=1))
        draft.replace(self._record)

    def clear(self) -> None:
        """Forgets the mesh."""
        self._record.unlink(missing_ok=True)


def default_folder() -> Path:
    """MAESTRO_HOME; without it `.state` in a checkout, else the user's own state folder."""
    told = os.environ.get("MAESTRO_HOME", "").strip()
    if told:
        return Path(told)
    if (_ROOT / "pyproject.toml").is_file():
        return _ROOT / ".state"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "maestro"


def _alive(pid: int) -> bool:
    """Whether the process runs and is one of ours: numbers of ended processes are given again."""
    try:
        return b"deploy.local" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
