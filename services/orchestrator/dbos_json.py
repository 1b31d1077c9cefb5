"""How DBOS writes down what a durable run holds. Importing this imports DBOS: only durable.py does, when it
has to.

JSON rather than DBOS's own pickles: whoever can write to the state database must not be able to run code
here.
"""

import json
from typing import Any

from dbos import Serializer


class JsonSerializer(Serializer):
    """Values are plain JSON; exceptions, of which only their class and text are kept, come back as
    RuntimeError."""

    def serialize(self, data: Any) -> str:
        """As dbos.Serializer."""
        return json.dumps(data, default=_exception, ensure_ascii=False)

    def deserialize(self, serialized_data: str) -> Any:
        """As dbos.Serializer."""
        return json.loads(serialized_data, object_hook=_restored)

    def name(self) -> str:
        """As dbos.Serializer."""
        return "maestro_json"


def _exception(value: Any) -> Any:
    if isinstance(value, BaseException):
        return {"exception": type(value).__name__, "message": str(value)}
    raise TypeError(f"{type(value).__name__} cannot be written down")


def _restored(value: dict[str, Any]) -> Any:
    if value.keys() == {"exception", "message"}:
        return RuntimeError(f"{value['exception']}: {value['message']}")
    return value
