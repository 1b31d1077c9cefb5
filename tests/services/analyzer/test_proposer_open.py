"""The proposer that the settings name."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesh.fault import Fault
from mesh.settings import read
from services.analyzer.proposer_open import proposer
from services.analyzer.settings import LlmSettings
from tests.services.analyzer.library import VOCABULARY, asked
from tests.services.analyzer.model_server import says, serving


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LlmSettings.model_fields:
        monkeypatch.delenv(f"MAESTRO_LLM_{name.upper()}", raising=False)


def test_without_a_url_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAESTRO_LLM_MODEL", "small")
    assert proposer(read(LlmSettings)) is None


@pytest.mark.parametrize("url", ["localhost:8080", "file:///etc/passwd", "http://user:secret@host/v1"])
def test_what_is_no_address_is_said_without_showing_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("MAESTRO_LLM_URL", url)
    with pytest.raises(Fault, match="MAESTRO_LLM_URL") as error:
        read(LlmSettings)
    assert "secret" not in error.value.message


async def test_the_key_comes_from_a_file_and_is_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-123\n")
    monkeypatch.setenv("MAESTRO_LLM_KEY_FILE", str(tmp_path / "key"))
    async with serving(says({"from": ["book"], "select": ["count(*)"]})) as server:
        monkeypatch.setenv("MAESTRO_LLM_URL", server.url)
        settings = read(LlmSettings)
        made = proposer(settings)
        assert made is not None

        async def look_up(texts: list[str]) -> dict[str, list[object]]:
            return {}

        assert (await made.propose(asked("how many books?"), VOCABULARY, look_up)).readings  # type: ignore[arg-type]
    assert server.requests[0].headers["authorization"] == "Bearer sk-123"
    monkeypatch.setenv("MAESTRO_LLM_KEY", "sk-456")
    assert "sk-456" not in repr(read(LlmSettings))


@pytest.mark.parametrize("content", [None, b"\xff", b"two\r\nlines"])
def test_a_key_that_cannot_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("MAESTRO_LLM_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("MAESTRO_LLM_KEY_FILE", str(path))
    with pytest.raises(Fault, match="MAESTRO_LLM_KEY_FILE"):
        proposer(read(LlmSettings))
