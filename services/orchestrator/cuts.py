"""What a run leaves out on request, for checks and experiments."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mesh.fault import Fault
from services.orchestrator.contracts import nearest
from services.orchestrator.definition import Definition

MOST = 16


@dataclass(frozen=True, slots=True)
class Cuts:
    """steps: indexes of steps that are as if they were not there. edges: step → the steps of which it gets
    nothing."""

    steps: frozenset[int] = frozenset()
    edges: dict[int, frozenset[int]] = field(default_factory=dict)


NONE = Cuts()


def read(texts: Iterable[str], definition: Definition) -> Cuts:
    """The cuts that "step" and "from>to" name. Raises Fault INVALID_ARGUMENT where a step does not exist."""
    indexes = {step.name: step.index for step in definition.steps}
    steps: set[int] = set()
    edges: dict[int, set[int]] = {}
    wrong: list[tuple[str, str]] = []
    asked = list(texts)
    if len(asked) > MOST:
        wrong.append(("ablations", f"there are {len(asked)}, at most {MOST} are allowed"))
    for place, text in enumerate(asked[:MOST]):
        names = [part.strip() for part in text.split(">")]
        unknown = [name for name in names if name not in indexes]
        if unknown or len(names) > 2:
            said = f"workflow {definition.name} has no step {unknown[0]!r}" if unknown else "it is step or from>to"
            near = nearest(unknown[0], indexes) if unknown else ""
            wrong.append((f"ablations[{place}]", said + near))
        elif len(names) == 1:
            steps.add(indexes[names[0]])
        else:
            edges.setdefault(indexes[names[1]], set()).add(indexes[names[0]])
    if wrong:
        raise Fault("INVALID_ARGUMENT", f"{wrong[0][0]}: {wrong[0][1]}.", violations=wrong)
    return Cuts(frozenset(steps), {to: frozenset(each) for to, each in edges.items()})
