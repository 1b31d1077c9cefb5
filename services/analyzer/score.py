"""Stage 8: how likely each possible slot is."""

from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from services.analyzer.features import SIZE, Evidence, stacked
from services.analyzer.forest import Forest
from services.analyzer.frame import TAGS
from services.analyzer.slots import WIDTH, Slots

SHOWN = ("plain", "count", "count distinct", "sum", "avg", "min", "max")
ORDERED = ("asc", "desc", "aggregate asc", "aggregate desc")
PLACES = ("main", "negated", "second", "inner")
LIMITED = ("no", "one", "several")
COMBINED = ("none", "intersect", "union", "except", "not in")
GLOBAL_NAMES: tuple[str, ...] = (
    *(f"count.{tag}" for tag in TAGS),
    "units", "fields", "datasets", "values", "numbers", "shown", "shown.second", "shown.counted", "shown.aggregated",
    "shown.label", "shown.key", "shown.unique", "shown.dimension", "ordered", "grouped", "tests", "tests.values",
    "tests.counts", "tests.negated", "tests.second", "tests.same_field", "tables",
)  # fmt: skip
WORTH = 0.02
"""Slots less likely than this are not looked at further."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Models:
    """The forests of the slots, by name."""

    forests: dict[str, Forest] = field(repr=False)
    version: str = ""


@dataclass(frozen=True)
class Scores:
    """Probabilities. By column: shown, and of what kind; ordered, and how; grouped; used (its dataset, 0 where it is no
    dataset). By test: used, and where. Of the whole: distinct, limited, combined."""

    shown: Floats
    kind: Floats
    ordered: Floats
    direction: Floats
    grouped: Floats
    table: Floats
    used: Floats
    place: Floats
    distinct: float
    limited: Floats
    combined: Floats


@cache
def models() -> Models:
    """The models that ship with the analyzer."""
    with (
        resources.as_file(resources.files("services.analyzer") / "models" / "slots.npz") as path,
        np.load(path) as held,
    ):
        arrays = {name: held[name] for name in held.files}
    names = sorted({name.rpartition(".")[0] for name in arrays if name.endswith(".roots")})
    return Models({name: Forest.of(arrays, name) for name in names}, str(arrays["version"]))


def matrices(slots: Slots) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Feature matrices of the columns and of the tests."""
    columns = stacked([column.features for column in slots.columns], SIZE)
    return columns, stacked([test.features for test in slots.tests], WIDTH)


def score(evidence: Evidence, slots: Slots, held: Models) -> Scores:
    """The probabilities of a question's slots."""
    columns, tests = matrices(slots)
    local = local_scores(columns, tests, slots, held)
    whole = global_row(evidence, slots, local)[None, :]
    return Scores(
        **local,
        distinct=float(held.forests["distinct"].probabilities(whole)[0]),
        limited=held.forests["limited"].probabilities(whole)[0],
        combined=held.forests["combined"].probabilities(whole)[0],
    )


def local_scores(
    columns: NDArray[np.float32], tests: NDArray[np.float32], slots: Slots, held: Models
) -> dict[str, Floats]:
    """The probabilities of columns and tests, by the names of Scores."""
    forests = held.forests
    is_dataset = np.array([column.target.kind == "dataset" for column in slots.columns], bool)
    table = np.zeros(len(slots.columns))
    if is_dataset.any():
        table[is_dataset] = forests["table"].probabilities(columns[is_dataset])
    shown = forests["shown"].probabilities(columns)
    ordered = forests["ordered"].probabilities(columns)
    used = forests["used"].probabilities(tests)
    return {
        "shown": shown,
        "kind": _where(shown, forests["kind"], columns),
        "ordered": ordered,
        "direction": _where(ordered, forests["direction"], columns),
        "grouped": forests["grouped"].probabilities(columns),
        "table": table,
        "used": used,
        "place": _where(used, forests["place"], tests),
    }


def _where(chances: Floats, forest: Forest, rows: NDArray[np.float32]) -> Floats:
    """The classes of the rows that have a chance; the first class for the others."""
    made = np.zeros((len(rows), forest.classes))
    made[:, 0] = 1.0
    likely = chances >= WORTH
    if likely.any():
        made[likely] = forest.probabilities(rows[likely])
    return made


def global_row(evidence: Evidence, slots: Slots, local: dict[str, Floats]) -> NDArray[np.float32]:
    """Features of the question as a whole, the local probabilities among them."""
    frame = evidence.frame
    shown = local["shown"]
    order = np.argsort(-shown, kind="stable")
    first = slots.columns[order[0]] if len(order) else None
    held = (
        evidence.vocabulary.fields.get((first.target.dataset, first.target.name))
        if first and first.target.name
        else None
    )
    dataset = evidence.vocabulary.datasets[first.target.dataset] if first else None
    used = local["used"]
    kinds = [test.kind for test in slots.tests]
    likely = [(test, probability) for test, probability in zip(slots.tests, used, strict=True) if probability > 0.4]
    fields = [test.on for test, _ in likely if test.kind == "value"]
    counted = sum(
        shown[at] * local["kind"][at, 1] for at, column in enumerate(slots.columns) if column.target.kind == "dataset"
    )
    summary = [
        float(len(frame.units)), float(len(evidence.field_units)), float(len(evidence.dataset_units)),
        float(sum("value" in unit.tags for unit in frame.units)), float(sum("number" in unit.tags for unit in frame.units)),
        float(shown[order[0]]) if len(order) else 0.0, float(shown[order[1]]) if len(order) > 1 else 0.0, float(counted),
        float((shown * local["kind"][:, 1:].sum(axis=1)).sum()) if len(order) else 0.0,
        float(held is not None and dataset is not None and dataset.label_field == held.name),
        float(held is not None and dataset is not None and held.name in dataset.key_fields),
        float(held is not None and held.unique), float(held is not None and held.role == 3),
        float(local["ordered"].max()) if len(order) else 0.0, float(local["grouped"].max()) if len(order) else 0.0,
        float(used.sum()), float(sum(p for kind, p in zip(kinds, used, strict=True) if kind == "value")),
        float(sum(p for kind, p in zip(kinds, used, strict=True) if kind in ("count", "aggregate"))),
        float((used * local["place"][:, 1]).sum()) if kinds else 0.0,
        float((used * local["place"][:, 2]).sum()) if kinds else 0.0,
        float(len(fields) - len(set(fields))), float((local["table"] > 0.5).sum()),
    ]  # fmt: skip
    return np.concatenate([frame.count, np.array(summary, np.float32)]).astype(np.float32)
