"""The settings that every process of the mesh reads from its environment. docs/reference/settings.md lists
them all."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from mesh.fault import Fault
from mesh.modules import MODULES


class MeshSettings(BaseSettings):
    """What a node of the mesh is told from outside."""

    model_config = SettingsConfigDict(env_prefix="MAESTRO_", extra="ignore")

    listen: str = Field(
        default="",
        description="Addresses to listen on, separated by commas: `host:port`, `[ipv6]:port` or "
        "`unix:/path`. Empty: `127.0.0.1` and the module's own port.",
    )
    deadline: float = Field(
        default=30.0,
        gt=0,
        description="Seconds that a unary call may take where its caller set no deadline.",
    )
    deadline_reserve: float = Field(
        default=0.05,
        ge=0,
        description="Seconds of a call's time that are kept back from the calls that it makes itself, so "
        "that it can still say which of them ran out of time. At most a tenth of what is left.",
    )
    drain: float = Field(
        default=10.0,
        ge=0,
        description="Seconds that calls in flight get to finish when the process is told to stop.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least grave level that is logged."
    )
    trace_sample: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of traces that are recorded, decided where a trace begins; whoever is called follows.",
    )
    trace_interval: float = Field(default=0.5, gt=0, description="Seconds between two exports of finished spans.")
    trace_queue: int = Field(
        default=8192,
        gt=0,
        description="Finished spans that are kept for export at most; further ones are dropped and counted.",
    )
    max_message: int = Field(
        default=16 * 1024 * 1024, gt=0, description="Bytes that one message may have, sent or received."
    )
    transport: Literal["link", "unary"] = Field(
        default="link",
        description="How unary calls travel: `link` carries them over one long-lived stream per address, "
        "`unary` makes each a gRPC call of its own. Callers choose; servers answer both.",
    )
    link_in_flight: int = Field(
        default=1024, gt=0, description="Calls that one link carries at a time; further ones wait their turn."
    )
    dns_refresh: float = Field(
        default=5.0,
        gt=0,
        description="Seconds after which the name in a target is resolved again, so that calls reach new replicas.",
    )
    keepalive: float = Field(default=30.0, gt=0, description="Seconds of silence after which a connection is probed.")


B = TypeVar("B", bound=BaseSettings)


def read(kind: type[B]) -> B:
    """The settings of a class, from the environment. Raises Fault SETTINGS_INVALID naming every bad one."""
    try:
        return kind()
    except ValidationError as error:
        raise _invalid(kind, error) from None
    except SettingsError as error:
        # A value that is not the JSON that its field asks for.
        raise Fault("SETTINGS_INVALID", f"{error}.") from None


def _invalid(kind: type[BaseSettings], error: ValidationError) -> Fault:
    prefix = str(kind.model_config.get("env_prefix", ""))
    violations = [
        ((prefix + "__".join(str(part) for part in each["loc"])).upper(), _said(each["msg"]))
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    message = "; ".join(f"{name}: {what}" for name, what in violations) + "."
    return Fault("SETTINGS_INVALID", message, metadata={"setting": violations[0][0]}, violations=violations)


def _said(message: str) -> str:
    """Pydantic's words, to be read after a colon. They never hold the value, which may be a secret."""
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def target(module: str, environ: Mapping[str, str] | None = None) -> str:
    """The gRPC target of a module: MAESTRO_<MODULE>_TARGET, or its default port on the loopback."""
    environ = os.environ if environ is None else environ
    told = environ.get(f"MAESTRO_{module.upper()}_TARGET", "").strip()
    if told:
        return told
    if module not in MODULES:
        name = f"MAESTRO_{module.upper()}_TARGET"
        raise Fault("SETTINGS_INVALID", f"{name} is not set, and there is no module {module!r}.")
    return MODULES[module].address


@contextmanager
def environment(overlay: Mapping[str, str]) -> Iterator[None]:
    """The process's environment with these variables set, inside; as before, after."""
    before = {key: os.environ.get(key) for key in overlay}
    os.environ.update(overlay)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
