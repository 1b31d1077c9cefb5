"""References: `${step.field}`, `${input.field | other.field}`, `${enrich.enrichments | none}`."""

import re
from dataclasses import dataclass

_WHOLE = re.compile(r"\$\{(.*)\}", re.DOTALL)
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_NUMBER = re.compile(r"-?[0-9]{1,18}")
NONE = "none"


class MalformedError(ValueError):
    """A text looks like a reference and is none; the message says why."""


@dataclass(frozen=True, slots=True)
class Path:
    """One alternative: where the value comes from ("input", "item", "run", "output" or a step) and the fields
    on the way. Empty fields: the whole message."""

    root: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((self.root, *self.fields))


@dataclass(frozen=True, slots=True)
class Reference:
    """Alternatives in order; the first that is set counts. otherwise: what counts where none is: "none" (the
    field is left as it is), a whole number, or None where the text names neither."""

    paths: tuple[Path, ...]
    otherwise: str | int | None = None

    def __str__(self) -> str:
        last = () if self.otherwise is None else (str(self.otherwise),)
        return "${" + " | ".join((*map(str, self.paths), *last)) + "}"


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds where any of the paths holds, or with negated, where none does."""

    paths: tuple[Path, ...]
    negated: bool

    def __str__(self) -> str:
        return ("not " if self.negated else "") + str(Reference(self.paths))


def reference(text: str) -> Reference | None:
    """The reference that a text is; None where it is plain text. Raises MalformedError."""
    whole = _WHOLE.fullmatch(text.strip())
    if whole is None or "${" in whole[1]:
        if "${" in text:
            raise MalformedError("a reference stands alone: text around ${…} is not filled in")
        return None
    paths: list[Path] = []
    otherwise: str | int | None = None
    parts = [part.strip() for part in whole[1].split("|")]
    for index, part in enumerate(parts):
        if part == NONE or _NUMBER.fullmatch(part):
            if index == 0 or index < len(parts) - 1:
                raise MalformedError(f"{part!r} can only be the last of several alternatives")
            otherwise = NONE if part == NONE else int(part)
        else:
            paths.append(_path(part))
    return Reference(tuple(paths), otherwise)


def condition(text: str) -> Condition:
    """The condition that a text is. Raises MalformedError."""
    bare = text.strip()
    negated = bare.startswith("not ")
    found = reference(bare.removeprefix("not "))
    if found is None or found.otherwise is not None:
        raise MalformedError('a condition is "${path}", "not ${path}" or "${path | path}"')
    return Condition(found.paths, negated)


def _path(text: str) -> Path:
    if not _PATH.fullmatch(text):
        raise MalformedError(f"{text!r} is no path: write a step and its fields, ${{fetch.head}}")
    root, *fields = text.split(".")
    return Path(root, tuple(fields))
