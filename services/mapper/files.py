"""Model files on disk."""

from collections.abc import Sequence
from pathlib import Path

from services.mapper.source import ModelFile

Fingerprint = tuple[tuple[str, int, int], ...]


def _paths(told: Sequence[str]) -> list[Path]:
    found: list[Path] = []
    for text in told:
        path = Path(text)
        if path.is_dir():
            found += sorted(each for each in path.iterdir() if each.suffix in (".yaml", ".yml"))
        else:
            found.append(path)
    return found


def fingerprint(told: Sequence[str]) -> Fingerprint:
    """What changes when a file changes, appears or goes: names, sizes and times. told: files and folders."""
    marks = []
    for path in _paths(told):
        try:
            status = path.stat()
        except OSError:
            marks.append((str(path), -1, -1))
        else:
            marks.append((str(path), status.st_size, status.st_mtime_ns))
    return tuple(marks)


def read(told: Sequence[str]) -> list[ModelFile]:
    """The files' texts; one that cannot be read has its problem in place of the text."""
    return [_read(path) for path in _paths(told)]


def _read(path: Path) -> ModelFile:
    try:
        return ModelFile(path.name, path.read_text("utf-8"))
    except OSError as error:
        return ModelFile(path.name, "", problem=f"the file cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        return ModelFile(path.name, "", problem=f"the file is no UTF-8 text (byte {error.start})")
