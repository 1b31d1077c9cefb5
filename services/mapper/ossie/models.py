"""The semantic models of a file, and what does not belong in one."""

from services.mapper.ossie.spots import Problems, Spot, parse
from services.mapper.source import ModelFile

_TOP = ("version", "semantic_model", "dialects", "vendors", "vendor_name")
_MODEL = ("name", "description", "ai_context", "datasets", "relationships", "metrics", "custom_extensions")


def models(file: ModelFile, problems: Problems) -> list[Spot]:
    """The models of a file: listed under semantic_model, or the document itself, as Ossie's later drafts have it."""
    if file.problem:
        problems.error(Spot(None, file.name, 1, ""), file.problem)
        return []
    return [model for document in parse(file.name, file.text, problems) for model in _models(document, problems)]


def _models(document: Spot, problems: Problems) -> list[Spot]:
    if not isinstance(document.value, dict):
        problems.error(document, "a model file holds a mapping with the key semantic_model")
        return []
    if "semantic_model" not in document.entries() and any(key in document.entries() for key in _MODEL):
        _unknown(document, (*_MODEL, *_TOP), problems)
        return [document]
    _unknown(document, _TOP, problems)
    listed = document.get("semantic_model")
    if listed is None:
        problems.error(document, "the key semantic_model is missing or empty")
        return []
    found = []
    for item in listed.items():
        if isinstance(item.value, dict):
            _unknown(item, _MODEL, problems)
            found.append(item)
        else:
            problems.error(item, "a semantic model is a mapping with name and datasets")
    return found


def _unknown(spot: Spot, known: tuple[str, ...], problems: Problems) -> None:
    for key, value in spot.entries().items():
        if key not in known:
            problems.warning(value, f"the key {key!r} is not known here and is ignored")
