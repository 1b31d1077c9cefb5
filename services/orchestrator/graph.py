"""The order of steps: what waits for what, and which steps are certain to have run when another one starts.

The rule. A step may not have run where it has `when`, is `optional` or is `detached`. A value of such a step
may only be referred to where it is said what happens without it:

- by a further alternative that is certain, or `none`: `${enrich.enrichments | none}`;
- by a condition of the step that refers to it: with `when: "${fetch}"` the step runs only if fetch did, and
  then whatever fetch's own conditions ask for has run as well.

A detached step runs however the run ended, so nothing is certain for it but what its conditions ask for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from services.orchestrator.sources import Use

OUTPUT = "output"


@dataclass(slots=True)
class Node:
    """What the graph has to know of a step. after: what it waits for. clauses: of each of its conditions
    that is not negated, the roots of which at least one has to be there. certain: it runs, or the whole
    run fails."""

    name: str
    certain: bool
    detached: bool
    after: set[str] = field(default_factory=set)
    clauses: list[frozenset[str]] = field(default_factory=list)


def cycle(nodes: Mapping[str, Node]) -> list[str]:
    """Steps that wait for each other, the first one repeated at the end; empty where there are none."""
    state: dict[str, int] = {}
    for start in nodes:
        trail: list[tuple[str, Iterable[str]]] = [(start, iter(sorted(nodes[start].after)))]
        if state.get(start):
            continue
        state[start] = 1
        while trail:
            name, rest = trail[-1]
            following = next(iter(rest), None)
            if following is None:
                state[name] = 2
                trail.pop()
            elif state.get(following) == 1:
                names = [each for each, _ in trail]
                return [*names[names.index(following) :], following]
            elif following in nodes and not state.get(following):
                state[following] = 1
                trail.append((following, iter(sorted(nodes[following].after))))
    return []


def order(nodes: Mapping[str, Node]) -> list[str]:
    """The steps in an order in which they may start: as in the text, but each after what it waits for."""
    done: list[str] = []
    left = list(nodes)
    while left:
        ready = next(name for name in left if nodes[name].after <= set(done))
        done.append(ready)
        left.remove(ready)
    return done


def certain_for(node: Node, nodes: Mapping[str, Node]) -> set[str]:
    """The steps that are certain to have succeeded when this one starts."""
    found: set[str] = set()
    waiting = [root for clause in node.clauses if len(clause) == 1 for root in clause]
    if not node.detached:
        waiting += [name for name in node.after if name in nodes and nodes[name].certain]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if name in nodes:
            before = nodes[name]
            waiting += [root for clause in before.clauses if len(clause) == 1 for root in clause]
            waiting += [each for each in before.after if each in nodes and nodes[each].certain]
    return found


def uncertain(use: Use, node: Node, nodes: Mapping[str, Node]) -> list[str]:
    """The steps on which a use relies although they may not have run; empty where it is sound."""
    roots = set(use.roots)
    maybe = sorted(root for root in roots if root in nodes or root == OUTPUT)
    if not use.needs or len(maybe) < len(roots):
        return []
    if roots & certain_for(node, nodes) or any(clause <= roots for clause in node.clauses):
        return []
    return maybe


def waits_for(uses: Sequence[Use], names: Mapping[str, int]) -> set[str]:
    """The steps that have to have ended before what refers to them can start."""
    roots = {root.removeprefix("run.") for use in uses for root in use.roots}
    return {root for root in roots if root in names}
