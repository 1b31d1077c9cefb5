"""The proposer that the settings name."""

from pathlib import Path

from mesh.fault import Fault
from services.analyzer.proposer import Proposer
from services.analyzer.proposer_http import Address, Endpoint
from services.analyzer.settings import LlmSettings


def proposer(settings: LlmSettings) -> Proposer | None:
    """The proposer; None where no endpoint is named. Raises Fault SETTINGS_INVALID where the key cannot be read."""
    if not settings.url:
        return None
    endpoint = Endpoint(Address.of(settings.url), settings.model, _key(settings))
    return Proposer(
        endpoint, settings.model or "unnamed", seconds=settings.timeout, tokens=settings.tokens, values=settings.values
    )


def _key(settings: LlmSettings) -> str:
    key, where = settings.key.get_secret_value().strip() if settings.key else "", "MAESTRO_LLM_KEY"
    if not key and settings.key_file:
        where = "MAESTRO_LLM_KEY_FILE"
        try:
            key = Path(settings.key_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise Fault("SETTINGS_INVALID", f"{where}: the file cannot be read.", metadata={"setting": where}) from None
    if any(not 32 < ord(char) < 127 for char in key):
        raise Fault("SETTINGS_INVALID", f"{where}: a key is printable ASCII.", metadata={"setting": where})
    return key
