# rows of tables
"""Writes docs/reference/{settings,errors,telemetry}.md from what the code declares: `python -m mesh.reference`.

A test fails when a page is not what this would write.
"""

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from maestro.error.v1 import error_pb2
from mesh.attributes import ATTRIBUTES
from mesh.fault import Fault
from mesh.modules import MODULES

ROOT = Path(__file__).parent.parent
PACKAGES = ("mesh", "services", "maestro_client", "deploy")
_GENERATED = "<!-- Written by `python -m mesh.reference`; a test keeps it up to date. -->\n"

_ERRORS = """\
A call that fails carries a `google.rpc.Status` whose `google.rpc.ErrorInfo` has the domain `maestro` and one of these \
reasons; `BadRequest` names fields and `RetryInfo` says when to try again, where they apply. The reason and its \
metadata are for programs and translations; the message is for people and logs, in English."""

_TELEMETRY = """\
Every RPC, workflow step and SQL statement is a span. Spans leave every process over OTLP, to the monitor and to \
`OTEL_EXPORTER_OTLP_ENDPOINT` where it is set; `service.name` is the module, `service.namespace` is `maestro`."""

_FIXED = """
## Where modules are

| variable | default | what it says |
|---|---|---|
| `MAESTRO_<MODULE>_TARGET` | `127.0.0.1:` and the module's port | Where callers reach a module, as a gRPC target: \
`host:port`, `dns:///host:port`, `ipv4:host:port,host:port`, `unix:/path`. A name is resolved again and again, and \
calls take turns over all its addresses. |

The modules and their ports: {modules}.

## Sources

| variable | default | what it says |
|---|---|---|
| `MAESTRO_SOURCE_<NAME>` | | A database that questions are asked of: `postgresql://user:password@host/database` or \
`sqlite:///path`. Any number of them, by name; names are read in lower case. |
| `MAESTRO_SOURCE_<NAME>__SCHEMAS` | all but the system's | Schemas to read, separated by commas. |
| `MAESTRO_SOURCE_<NAME>__MODEL` | none | Files or folders of semantic models (Apache Ossie YAML), separated by \
commas. |
| `MAESTRO_SOURCE_<NAME>__LOCALE` | none | The language of its names and comments, `pt-BR`. |
| `MAESTRO_SOURCE_<NAME>__TIME_ZONE` | none | The time zone of its timestamps that have none, `America/Sao_Paulo`. |
| `MAESTRO_SOURCE_<NAME>__AS_OF` | none | The day that "today" is for who names none, `2025-11-19`: for samples and \
archives. |
| `MAESTRO_SOURCE_<NAME>__MAX_ROWS` | `MAESTRO_MAX_ROWS` | Ceiling of this source, also for `__MAX_BYTES`, `__MAX_COST` \
and `__STATEMENT_TIMEOUT`; a caller may narrow each for a request of its own. |

## A mesh on one machine, and its callers

| variable | default | what it says |
|---|---|---|
| `MAESTRO_HOME` | `.state` in a checkout, else the user's state folder | Where `maestro up` keeps databases, sockets \
and logs. |
| `MAESTRO_CALLER` | the user's name | On whose behalf the command line asks. |

## Compose

| variable | default | what it says |
|---|---|---|
| `MAESTRO_STATE_PASSWORD`, `MAESTRO_READER_PASSWORD` | see docker-compose.yml | Passwords of the two roles in the \
database containers. |
| `MAESTRO_IMAGE`, `MAESTRO_BASE`, `MAESTRO_POSTGRES_IMAGE` | see docker-compose.yml | The image's name, the image \
that it is built on, and PostgreSQL's. |
| `MAESTRO_PORT` | `50051` | Port of this machine at which the orchestrator is reached, on loopback. |
| `MAESTRO_WHEELS` | none | A folder of wheels in the build context, for builds without a package index. |

## OpenTelemetry's own variables

| variable | default | what it says |
|---|---|---|
| `OTEL_EXPORTER_OTLP_ENDPOINT` | none | Where spans and metrics are sent as well, `http://collector:4317` (gRPC). \
Spans go to the monitor in any case; metrics are only collected when this is set. |
| `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` | the above | The same for one of the \
two. |
| `OTEL_EXPORTER_OTLP_HEADERS` | none | Headers for that endpoint, `key=value` separated by commas. |
| `OTEL_RESOURCE_ATTRIBUTES` | none | Further attributes of the process, `key=value` separated by commas. |

## gRPC's own variables

Set by the mesh for its processes unless the environment sets them itself: `GRPC_EXPERIMENTS` (switches off the event \
engine, which makes every hop slower), `GRPC_VERBOSITY` (`NONE`), `GRPC_ENABLE_FORK_SUPPORT` (`0`).
"""


def settings_classes(root: Path = ROOT) -> dict[str, list[type[BaseSettings]]]:
    """Every settings class of the project, by the package that it belongs to (`mesh`, `services.scanner` …)."""
    found: dict[str, list[type[BaseSettings]]] = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            if "BaseSettings)" not in path.read_text(encoding="utf-8"):
                continue
            name = ".".join(path.relative_to(root).with_suffix("").parts)
            module = importlib.import_module(name)
            kinds = [
                each
                for each in vars(module).values()
                if isinstance(each, type) and issubclass(each, BaseSettings) and each.__module__ == name
            ]
            if kinds:
                found.setdefault(name.rpartition(".")[0] or name, []).extend(kinds)
    return found


def variable(kind: type[BaseSettings], name: str, field: FieldInfo) -> str:
    """The environment variable of a field."""
    alias = field.validation_alias or field.alias
    if isinstance(alias, str):
        return alias.upper()
    return f"{kind.model_config.get('env_prefix', '')}{name}".upper()


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=False)
    if field.is_required():
        return "required"
    if default is None or default in ("", PydanticUndefined):
        return ""
    if isinstance(default, float) and default.is_integer():
        default = int(default)
    # Where the code lies is no part of what it says.
    return f"`{default}`".replace(f"{ROOT}/", "")


def _choices(field: FieldInfo) -> str:
    choices = [each for each in get_args(field.annotation) if isinstance(each, str)]
    return f" One of {', '.join(f'`{each}`' for each in choices)}." if choices else ""


def settings_page(found: dict[str, list[type[BaseSettings]]]) -> str:
    """docs/reference/settings.md."""
    lines = ["# Settings", "", _GENERATED, "Everything is set by environment variables.", ""]
    for package, kinds in found.items():
        lines += [f"## {package}", "", "| variable | default | what it says |", "|---|---|---|"]
        for kind in kinds:
            for name, field in kind.model_fields.items():
                said = (field.description or "").replace("|", "\\|") + _choices(field)
                lines.append(f"| `{variable(kind, name, field)}` | {_default(field)} | {said} |")
        lines.append("")
    modules = ", ".join(f"{each.name} {each.port}" for each in MODULES.values())
    return "\n".join(lines).rstrip() + "\n" + _FIXED.format(modules=modules)


def reasons(proto: str) -> Iterator[tuple[str, str, str]]:
    """(name without prefix, what it means, example) of each ErrorReason in the text of its proto file."""
    pattern = re.compile(r"((?: *//[^\n]*\n)+) *ERROR_REASON_(\w+) = [1-9]\d*")
    for comment, name in pattern.findall(proto):
        text = " ".join(line.strip().removeprefix("//").strip() for line in comment.splitlines())
        said, _, example = text.partition(" Example: ")
        yield name, said, example


def errors_page(proto: str) -> str:
    """docs/reference/errors.md."""
    lines = [
        "# Errors",
        "",
        _GENERATED,
        _ERRORS,
        "",
        "| reason | gRPC status | again? | what happened | example |",
        "|---|---|---|---|---|",
    ]
    for name, said, example in reasons(proto):
        fault = Fault(name, "")
        code = error_pb2.StatusCode.DESCRIPTOR.values_by_number[fault.code].name.removeprefix("STATUS_CODE_")
        again = "yes" if fault.retryable else ""
        lines.append(f"| `{name}` | {code} | {again} | {said} | {example} |")
    return "\n".join(lines) + "\n"


def metrics(root: Path = ROOT) -> Iterator[tuple[str, str, str, str, str]]:
    """(name, kind, unit, description, package) of every counter and histogram that the code makes."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and len(node.args) >= 3:
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    told = [each.value for each in node.args if isinstance(each, ast.Constant)]
                    if name in ("counter", "histogram") and len(told) >= 3:
                        owner = ".".join(path.relative_to(root).parent.parts)
                        yield str(told[0]), name, str(told[1]), str(told[2]), owner


def telemetry_page(found: Iterable[tuple[str, str, str, str, str]]) -> str:
    """docs/reference/telemetry.md."""
    lines = [
        "# Telemetry",
        "",
        _GENERATED,
        _TELEMETRY,
        "",
        "## Attributes",
        "",
        "| attribute | type | what it says |",
        "|---|---|---|",
    ]
    types = {"tuple": "strings"}
    for name, (kind, said) in ATTRIBUTES.items():
        lines.append(f"| `{name}` | {types.get(kind.__name__, kind.__name__)} | {said} |")
    lines += [
        "",
        "## Metrics",
        "",
        "| metric | kind | unit | what it counts | package |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| `{name}` | {kind} | `{unit}` | {said} | {owner} |" for name, kind, unit, said, owner in found]
    return "\n".join(lines) + "\n"


def pages(root: Path = ROOT) -> dict[Path, str]:
    """Every page by its path."""
    folder = root / "docs" / "reference"
    proto = (root / "protos/maestro/error/v1/error.proto").read_text(encoding="utf-8")
    return {
        folder / "settings.md": settings_page(settings_classes(root)),
        folder / "errors.md": errors_page(proto),
        folder / "telemetry.md": telemetry_page(metrics(root)),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
