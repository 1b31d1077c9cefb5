"""What is being refined, and what is known of it."""

from collections.abc import Callable

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.nearest import hint
from services.mapper.ossie.spots import Problems, Spot


class Refining:
    """A derived model that files are applied to."""

    def __init__(
        self,
        model: semantics.SemanticModel,
        found: catalog.Catalog,
        problems: Problems,
        readable: Callable[[str], str],
    ) -> None:
        """readable: the name that people would use for an identifier."""
        self.model = model
        self.catalog = found
        self.problems = problems
        self.readable = readable
        self.by_name = {dataset.name: dataset for dataset in model.datasets}
        self.renamed: dict[str, str] = {}
        self.keys: dict[str, list[tuple[str, ...]]] = {}
        """Columns that identify a row, as files say: dataset → keys."""

    def rename(self, dataset: semantics.Dataset, name: str) -> None:
        """Gives a dataset the name that a file chose."""
        if dataset.name != name:
            self.renamed[dataset.name] = name
            del self.by_name[dataset.name]
            dataset.name = name
            self.by_name[name] = dataset

    def dataset(self, name: str) -> semantics.Dataset | None:
        """The dataset of that name; one that a file renamed may still be named by its table."""
        return self.by_name.get(name) or self.by_name.get(self.renamed.get(name, ""))

    def named_dataset(self, told: Spot) -> semantics.Dataset | None:
        """The dataset that a file names; None where there is none, which is reported."""
        found = self.dataset(told.text)
        if found is None:
            self.problems.error(told, f"there is no dataset {told.text!r}{hint(told.text, self.by_name)}")
        return found

    def field(self, dataset: semantics.Dataset, told: Spot, name: str = "") -> semantics.Field | None:
        """The field of a dataset that a file names, by its name or its column; None where there is none, reported.

        name: the name where the spot's text holds more than it."""
        name = name or told.text
        by_name = {each.name: each for each in dataset.fields}
        found = by_name.get(name) or next((each for each in dataset.fields if each.column == name), None)
        if found is None:
            self.problems.error(told, f"{dataset.name} has no field {name!r}{hint(name, by_name)}")
        return found

    def column(self, dataset: semantics.Dataset, told: Spot) -> str:
        """The column that a file names, by its name or its field's; "" where there is none, which is reported."""
        columns = {each.column for each in dataset.fields if each.column}
        if told.text in columns:
            return told.text
        for each in dataset.fields:
            if each.name == told.text and each.column:
                return each.column
        self.problems.error(told, f"{dataset.name} has no column {told.text!r}{hint(told.text, columns)}")
        return ""
