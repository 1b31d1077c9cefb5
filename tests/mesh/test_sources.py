"""Sources, as the environment names them."""

import pytest

from mesh.fault import Fault
from mesh.sources import SourceUrl, sources


def test_none() -> None:
    assert sources({"PATH": "/bin", "MAESTRO_STATE": "postgresql:///x"}) == {}


def test_all_of_a_source() -> None:
    url = "postgresql://ana:p%40ss@db.example:5433/frete?sslmode=require&password=no"
    found = sources(
        {
            "MAESTRO_SOURCE_FRETE": url,
            "MAESTRO_SOURCE_FRETE__SCHEMAS": "public, vendas ,",
            "MAESTRO_SOURCE_FRETE__MODEL": "/etc/model.yaml",
            "MAESTRO_SOURCE_FRETE__LOCALE": "pt-BR",
            "MAESTRO_SOURCE_FRETE__TIME_ZONE": "America/Sao_Paulo",
            "MAESTRO_SOURCE_CADASTRO_2": "sqlite:////data/cadastro.db",
        }
    )
    assert list(found) == ["cadastro_2", "frete"]
    assert found["frete"] == SourceUrl(
        name="frete",
        kind="postgresql",
        url=url,
        safe_url="postgresql://ana:***@db.example:5433/frete?sslmode=require&password=***",
        path="",
        schemas=("public", "vendas"),
        model=("/etc/model.yaml",),
        locale="pt-BR",
        time_zone="America/Sao_Paulo",
    )
    assert (found["cadastro_2"].kind, found["cadastro_2"].path) == ("sqlite", "/data/cadastro.db")


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("postgresql:///frete?host=/run/sock", "postgresql:///frete?host=/run/sock"),
        ("postgres://db/frete", "postgres://db/frete"),
        ("postgresql://ana@db/frete", "postgresql://ana@db/frete"),
        ("postgresql://a:b@h1:1,h2:2/frete", None),
    ],
)
def test_urls_that_libpq_takes(url: str, safe: str | None) -> None:
    found = sources({"MAESTRO_SOURCE_X": url})["x"]
    assert found.url == url
    assert found.kind == "postgresql"
    if safe is not None:
        assert found.safe_url == safe
    assert ":b@" not in found.safe_url


def test_a_relative_sqlite_file() -> None:
    assert sources({"MAESTRO_SOURCE_X": "sqlite:///a%20b/c.db?mode=ro"})["x"].path == "a b/c.db"


@pytest.mark.parametrize(
    "env",
    [
        {"MAESTRO_SOURCE_X": "mysql://u:secret@h/d"},
        {"MAESTRO_SOURCE_X": "not a secret url"},
        {"MAESTRO_SOURCE_X": "postgresql://[secret"},
        {"MAESTRO_SOURCE_X": "sqlite://secret"},
        {"MAESTRO_SOURCE_X": "sqlite:///"},
        {"MAESTRO_SOURCE_X__COLOUR": "secret", "MAESTRO_SOURCE_X": "sqlite:///a"},
        {"MAESTRO_SOURCE_X__MODEL": "secret"},
        {"MAESTRO_SOURCE_": "sqlite:///secret"},
    ],
)
def test_what_cannot_be_read_is_named_and_never_shown(env: dict[str, str]) -> None:
    with pytest.raises(Fault) as caught:
        sources(env)
    assert caught.value.reason == "SETTINGS_INVALID"
    assert caught.value.message.startswith("MAESTRO_SOURCE_")
    assert "secret" not in caught.value.message
    assert "secret" not in repr(caught.value)


def test_a_source_shows_no_password() -> None:
    assert "secret" not in repr(sources({"MAESTRO_SOURCE_X": "postgresql://u:secret@h/d"}))


def test_an_empty_variable_is_no_source() -> None:
    assert sources({"MAESTRO_SOURCE_X": " "}) == {}


def test_ceilings_of_a_source() -> None:
    found = sources(
        {
            "MAESTRO_SOURCE_X": "sqlite:///x.db",
            "MAESTRO_SOURCE_X__MAX_ROWS": "1000",
            "MAESTRO_SOURCE_X__MAX_COST": "0",
            "MAESTRO_SOURCE_X__STATEMENT_TIMEOUT": "2.5",
        }
    )["x"]
    assert (found.max_rows, found.max_bytes, found.max_cost, found.statement_timeout) == (1000, None, 0.0, 2.5)


@pytest.mark.parametrize(
    ("option", "text"), [("MAX_ROWS", "0"), ("MAX_BYTES", "4k"), ("MAX_COST", "-1"), ("STATEMENT_TIMEOUT", "inf")]
)
def test_a_ceiling_that_is_none_is_named(option: str, text: str) -> None:
    with pytest.raises(Fault) as caught:
        sources({"MAESTRO_SOURCE_X": "sqlite:///x.db", f"MAESTRO_SOURCE_X__{option}": text})
    assert caught.value.metadata["setting"] == f"MAESTRO_SOURCE_X__{option}"
