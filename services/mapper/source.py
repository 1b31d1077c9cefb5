"""What the mapper reads beside the catalog."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file as it was read: its name for messages, its text, and why there is none ("": there is)."""

    name: str
    text: str
    problem: str = ""
