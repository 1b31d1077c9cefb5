"""Settings from the environment."""

import os

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from mesh.fault import Fault
from mesh.modules import EDGES, MODULES
from mesh.settings import MeshSettings, environment, read, target


class Some(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="MAESTRO_SOME_")
    rows: int = Field(default=10, gt=0)
    names: list[str] = Field(default=[])
    key: SecretStr = Field(default=SecretStr(""), min_length=4)


def test_defaults_are_those_of_the_reference() -> None:
    settings = MeshSettings()
    assert (settings.deadline, settings.transport, settings.trace_sample) == (30.0, "link", 1.0)


def test_every_bad_setting_is_named_without_its_value() -> None:
    with (
        environment({"MAESTRO_SOME_ROWS": "-1", "MAESTRO_SOME_KEY": "abc"}),
        pytest.raises(Fault) as caught,
    ):
        read(Some)
    assert caught.value.reason == "SETTINGS_INVALID"
    assert [name for name, _ in caught.value.violations] == ["MAESTRO_SOME_ROWS", "MAESTRO_SOME_KEY"]
    assert "abc" not in caught.value.message


def test_a_list_that_is_no_json_is_named() -> None:
    with environment({"MAESTRO_SOME_NAMES": "a,b"}), pytest.raises(Fault) as caught:
        read(Some)
    assert caught.value.reason == "SETTINGS_INVALID"
    assert "names" in caught.value.message


def test_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAESTRO_A", "1")
    monkeypatch.delenv("MAESTRO_B", raising=False)
    with environment({"MAESTRO_A": "2", "MAESTRO_B": "3"}):
        assert (os.environ["MAESTRO_A"], os.environ["MAESTRO_B"]) == ("2", "3")
    assert os.environ["MAESTRO_A"] == "1"
    assert "MAESTRO_B" not in os.environ


def test_targets() -> None:
    assert target("mapper", {}) == "127.0.0.1:50054"
    assert target("mapper", {"MAESTRO_MAPPER_TARGET": " dns:///mapper:50054 "}) == "dns:///mapper:50054"
    assert target("mapper", {"MAESTRO_MAPPER_TARGET": ""}) == "127.0.0.1:50054"
    with pytest.raises(Fault, match="MAESTRO_NOBODY_TARGET"):
        target("nobody", {})


def test_the_modules_and_their_ports() -> None:
    assert {name: module.port for name, module in MODULES.items()} == {
        "orchestrator": 50051,
        "coordinator": 50052,
        "scanner": 50053,
        "mapper": 50054,
        "analyzer": 50055,
        "loader": 50056,
        "provider": 50057,
        "enricher": 50058,
        "memorizer": 50059,
        "processor": 50060,
        "learner": 50061,
        "validator": 50062,
        "monitor": 50063,
    }
    for name, module in MODULES.items():
        assert module.name == name
        assert module.service == f"maestro.{name}.v1.{name.capitalize()}"
        assert module.descriptor_module == f"maestro.{name}.v1.{name}_pb2"


def test_connections_join_modules_and_nobody_calls_himself() -> None:
    assert len(set(EDGES)) == len(EDGES)
    for caller, callee in EDGES:
        assert caller in MODULES
        assert callee in MODULES
        assert caller != callee
    assert {callee for _, callee in EDGES} | {"orchestrator"} == set(MODULES)
