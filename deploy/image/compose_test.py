"""`make compose-test`: docker-compose.yml for real, on a Docker daemon of its own, without pulling any image.

Needs root, dockerd (20.10 or newer) and debootstrap, and a Debian mirror for the base image; says what is missing.
Builds the base image and the product's, starts every module and PostgreSQL, asks questions, scales the loader to three
replicas, shows that calls reach all of them, kills one in the middle, and asks again. Prints one JSON object as its
last line; exit code 0 where all of it held. What it starts it stops.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mesh.modules import MODULES

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = "python3,python3-venv,ca-certificates,postgresql"
_QUESTION = "Quantas entregas estão atrasadas?"


class ComposeTestError(Exception):
    """Something did not hold; the message says what."""


def _say(text: str) -> None:
    sys.stderr.write(f"compose-test: {text}\n")
    sys.stderr.flush()


class Docker:
    """The client, bound to a daemon of our own."""

    def __init__(self, socket: Path) -> None:
        self._environment = {
            **os.environ,
            "DOCKER_HOST": f"unix://{socket}",
            "DOCKER_BUILDKIT": "0",
            "MAESTRO_BASE": "maestro-base",
            "MAESTRO_IMAGE": "maestro-test",
            "MAESTRO_POSTGRES_IMAGE": "maestro-base",
            "COMPOSE_FILE": "docker-compose.yml:deploy/image/compose-test.yaml",
            "COMPOSE_PROJECT_NAME": "maestro-test",
        }

    def run(self, *command: str, seconds: float = 900, check: bool = True, **options: Any) -> str:
        """Standard output of a command. Raises ComposeTestError with the end of its output where it fails."""
        done = subprocess.run(  # noqa: S603  # our own commands
            command, cwd=_ROOT, env=self._environment, capture_output=True, text=True, timeout=seconds, check=False, **options
        )  # fmt: skip
        if check and done.returncode:
            raise ComposeTestError(f"{' '.join(command)}: {(done.stderr or done.stdout)[-2000:]}")
        return str(done.stdout)

    def compose(self, *arguments: str, seconds: float = 900, check: bool = True) -> str:
        """As run, of docker-compose."""
        return self.run("docker-compose", *arguments, seconds=seconds, check=check)

    def maestro(self, *arguments: str, seconds: float = 120) -> str:
        """The command line inside of the orchestrator's container."""
        return self.compose("exec", "-T", "orchestrator", "maestro", *arguments, seconds=seconds)


@contextmanager
def daemon(folder: Path) -> Iterator[Docker]:
    """A Docker daemon with its own data and socket, without a bridge to the outside; stopped in the end."""
    socket, pid = folder / "docker.sock", folder / "pid"
    command = [
        "dockerd", "--data-root", str(folder / "data"), "--exec-root", str(folder / "exec"), "-p", str(pid),
        "-H", f"unix://{socket}", "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false",
        "--ip-masq=false", "--oom-score-adjust", "0", "--default-ulimit", "nofile=1024:4096",
    ]  # fmt: skip
    with (folder / "dockerd.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:  # noqa: S603
        try:
            docker = Docker(socket)
            for _ in range(100):
                if process.poll() is not None:
                    raise ComposeTestError(f"dockerd ended: {(folder / 'dockerd.log').read_text()[-1000:]}")
                if socket.exists() and docker.run("docker", "info", check=False):
                    break
                time.sleep(0.3)
            yield docker
        finally:
            process.terminate()
            process.wait(60)


def build(docker: Docker, base: Path) -> None:
    """The base image from Debian's packages, the product's from local wheels and without network.

    base: what debootstrap made, or will make, of them.
    """
    _say("making the base image")
    if not base.exists():
        docker.run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bookworm", str(base))
        shutil.rmtree(base / "var/cache/apt/archives", ignore_errors=True)
    command = ["tar", "-C", str(base), "-c", "."]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as archive:  # noqa: S603
        docker.run("docker", "import", "-", "maestro-base", stdin=archive.stdout)
    _say("building the image")
    wheels = _ROOT / ".wheels"
    docker.run(
        sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes", "-r", "requirements/run.txt", "-d", str(wheels)
    )  # fmt: skip
    try:
        docker.run(
            "docker", "build", "--network", "none", "-f", "deploy/image/Dockerfile", "-t", "maestro-test",
            "--build-arg", "BASE=maestro-base", "--build-arg", "WHEELS=.wheels", ".",
        )  # fmt: skip
    finally:
        shutil.rmtree(wheels)


def ask(docker: Docker, day: str) -> dict[str, Any]:
    """The answer as of a day; another day each time, so that no cache answers."""
    text = docker.maestro("ask", "--json", "--as-of", day, _QUESTION)
    answer: dict[str, Any] = json.loads(text)
    if answer.get("status") != "ANSWER_STATUS_ANSWERED":
        raise ComposeTestError(f"not answered: {text[:500]}")
    return answer


def exercise(docker: Docker) -> dict[str, Any]:
    """Starts, asks, scales, kills, asks again."""
    _say("starting")
    begun = time.monotonic()
    docker.compose("up", "-d", "--no-build", "--wait", "--wait-timeout", "240", "postgres", *MODULES)
    figures: dict[str, Any] = {"up_s": round(time.monotonic() - begun, 1)}
    figures["answer"] = ask(docker, "2025-11-21")["text"]
    _say("scaling the loader to 3")
    docker.compose("up", "-d", "--no-build", "--wait", "--scale", "loader=3", "--no-recreate", "loader")
    time.sleep(5)
    for day in range(1, 29):
        ask(docker, f"2025-10-{day:02}")
    figures["replicas_called"] = len(_connected(docker))
    if figures["replicas_called"] != 3:
        raise ComposeTestError(f"calls reached {figures['replicas_called']} of 3 replicas")
    _say("killing one loader")
    docker.run("docker", "kill", _replicas(docker)[0])
    for day in range(1, 11):
        ask(docker, f"2025-09-{day:02}")
    figures["asked_after_kill"] = 10
    return figures


def _replicas(docker: Docker) -> list[str]:
    return docker.compose("ps", "-q", "loader").split()


def _connected(docker: Docker) -> set[str]:
    """Addresses of the loaders that hold a connection to the source: each opens its first when it is first called."""
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    loaders = {docker.run("docker", "inspect", "-f", form, container).strip() for container in _replicas(docker)}
    query = "SELECT DISTINCT host(client_addr) FROM pg_stat_activity WHERE usename = 'maestro_reader'"
    found = docker.compose("exec", "-T", "postgres", "psql", "-h", "/tmp", "-U", "maestro", "-Atc", query, "frete")  # noqa: S108
    return loaders & set(found.split())


def main() -> int:
    """Exit code 0 where all held, 1 where something did not, 2 where the machine cannot do it."""
    parser = argparse.ArgumentParser(prog="python -m deploy.image.compose_test", description=__doc__)
    parser.add_argument("--base", type=Path, help="folder to keep the base image's files in, for the next time")
    options = parser.parse_args()
    missing = [name for name in ("dockerd", "docker", "debootstrap") if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        _say(f"needs root, dockerd, docker and debootstrap; missing: {', '.join(missing) or 'root'}")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="maestro-compose-"))
    try:
        with daemon(folder) as docker:
            build(docker, options.base or folder / "base")
            try:
                figures = exercise(docker)
            finally:
                docker.compose("down", "-v", "--timeout", "5", check=False)
    except (ComposeTestError, subprocess.TimeoutExpired) as error:
        _say(str(error))
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
