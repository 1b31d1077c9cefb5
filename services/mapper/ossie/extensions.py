"""The MAESTRO extension: what Ossie has no place for."""

from services.mapper.ossie.spots import Problems, Spot, parse_within

VENDOR = "MAESTRO"

KEYS: dict[str, frozenset[str]] = {
    "semantic model": frozenset({"locale", "time_zone", "currency", "today", "concepts", "groups", "senses", "rules"}),
    "dataset": frozenset(
        {
            "label",
            "default_date",
            "planned_date",
            "dates",
            "measure",
            "display",
            "grain",
            "current",
            "problem_filter",
            "weight",
            "junction",
            "hidden",
            "titles",
        }
    ),
    "field": frozenset(
        {
            "role",
            "unit",
            "concept",
            "values",
            "additive",
            "default_aggregate",
            "date_role",
            "text_date",
            "list_separator",
            "titles",
        }
    ),
    "relationship": frozenset({"declared", "match", "separator", "unique_to", "unique_from"}),
    "metric": frozenset({"dataset", "unit", "date", "filter", "titles"}),
}
"""What each kind of element may say, as docs/semantic-model.md lists it."""


def extension(element: Spot, kind: str, problems: Problems) -> Spot:
    """What an element's MAESTRO extension says, an empty mapping where it has none. Unknown keys are reported."""
    merged: dict[str, Spot] = {}
    line = element.line
    listed = element.get("custom_extensions")
    for item in listed.items() if listed else []:
        vendor = item.get("vendor_name")
        if vendor is None or vendor.text.upper() != VENDOR:
            continue
        told = _data(item, problems)
        if told is None:
            continue
        line = told.line
        for key, value in told.entries().items():
            if key in KEYS[kind]:
                merged[key] = value
            else:
                known = ", ".join(sorted(KEYS[kind]))
                problems.warning(value, f"a {kind} has no {key!r} in the MAESTRO extension; it may have {known}")
    return Spot(merged, element.file, line, element.path)


def _data(item: Spot, problems: Problems) -> Spot | None:
    """The mapping that an extension holds, as text or as it is."""
    data = item.get("data")
    if data is None:
        problems.error(item, "the extension has no data")
        return None
    told = data if isinstance(data.value, dict) else parse_within(data, problems)
    if told is not None and not isinstance(told.value, dict):
        problems.error(data, "data must hold keys and values")
        return None
    return told


def truth(spot: Spot | None, problems: Problems) -> bool | None:
    """A yes or no; None where it is absent, or something else, which is reported."""
    if spot is None:
        return None
    if spot.text.lower() in ("true", "yes"):
        return True
    if spot.text.lower() in ("false", "no"):
        return False
    problems.error(spot, f"it must be true or false, not {spot.text!r}")
    return None


def listed(spot: Spot | None) -> list[Spot]:
    """The items of a list that may be absent."""
    return spot.items() if spot else []
