"""The compose file names every module, port and health check that the code has."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh.modules import MODULES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.mark.parametrize("name", MODULES)
def test_module_runs_alone_unprivileged_and_is_checked(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    port = str(MODULES[name].port)
    assert service["command"] == ["python3", "-m", f"services.{name}"]
    assert service["environment"]["MAESTRO_LISTEN"] == f"0.0.0.0:{port}"
    assert service["expose"] == [port]
    assert service["healthcheck"]["test"] == ["CMD", "python3", "-m", "mesh.probe", f"127.0.0.1:{port}"]
    assert service["user"] not in ("", "0", "root", "0:0")
    assert service["read_only"] is True


@pytest.mark.parametrize("name", MODULES)
def test_module_reaches_every_replica_of_every_other(compose: dict[str, Any], name: str) -> None:
    environment = compose["services"][name]["environment"]
    for other, module in MODULES.items():
        assert environment[f"MAESTRO_{other.upper()}_TARGET"] == f"dns:///{other}:{module.port}"


def test_every_folder_of_services_is_a_module() -> None:
    folders = {path.parent.name for path in (ROOT / "services").glob("*/__main__.py")}
    assert folders == set(MODULES)


def test_no_service_fixes_a_name_that_would_forbid_scaling(compose: dict[str, Any]) -> None:
    scaled = [compose["services"][name] for name in MODULES if name != "orchestrator"]
    assert all("container_name" not in service and "ports" not in service for service in scaled)


def test_observability_is_there_and_wired(compose: dict[str, Any]) -> None:
    assert {"postgres", "collector", "jaeger", "prometheus", "grafana"} <= compose["services"].keys()
    collector = yaml.safe_load((ROOT / "deploy/observability/collector.yaml").read_text())
    for pipeline in collector["service"]["pipelines"].values():
        known = collector["receivers"].keys() | collector["connectors"].keys() | collector["exporters"].keys()
        assert {*pipeline["receivers"], *pipeline["exporters"]} <= known
    for name in MODULES:
        endpoint = compose["services"][name]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
        assert endpoint == "http://collector:4317"
