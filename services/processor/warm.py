"""Loads what the first answer would otherwise wait for."""

from services.processor.formats import formats


def load() -> None:
    """Reads the locale data of both languages: about 30 ms, once."""
    for language in ("pt", "en"):
        of = formats(language)
        of.number(1234.5)
        of.money(1234.5, "BRL")
        of.day("2025-11-21")
