"""Which modules run where, and how they are: asked of every instance in turn, beside the questions."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from mesh.modules import EDGES
from mesh.probe import Probe, State

# What flows on each connection; a test holds it against mesh.modules.EDGES.
CARRIES: dict[tuple[str, str], str] = {
    ("orchestrator", "coordinator"): "admission, source and limits of every request",
    ("orchestrator", "memorizer"): "what was said before in the conversation, and each new turn",
    ("orchestrator", "analyzer"): "questions, which come back as plans",
    ("orchestrator", "validator"): "question, plan, statement, result and answer, to be judged",
    ("orchestrator", "scanner"): "tables, keys, indexes and statistics that a plan touches",
    ("orchestrator", "mapper"): "fields, filters, metrics and join paths that a plan names",
    ("orchestrator", "provider"): "plans, which come back as rows",
    ("orchestrator", "loader"): "plans all of whose rows are wanted, and plans to be compiled without being run",
    ("orchestrator", "enricher"): "results, which come back with comparisons, shares and trends",
    ("orchestrator", "processor"): "all that is known of a result, which comes back as an answer",
    ("orchestrator", "learner"): "what became of questions, and what people said of answers",
    ("orchestrator", "monitor"): "questions about where the time goes, and which statement a streamed plan became",
    ("provider", "loader"): "plans, which come back as rows: the provider holds no SQL",
    ("mapper", "scanner"): "the live schema, which every mapping is checked against",
    ("mapper", "loader"): "values of the data, for the dictionary of what people may name",
    (
        "analyzer",
        "mapper",
    ): "the semantic model, values that words may mean, and what unknown words come near to in meaning",
    ("analyzer", "learner"): "patterns learned from confirmed answers",
    ("enricher", "provider"): "plans of comparisons, which come back as rows",
    ("provider", "monitor"): "which plan a statement was made of, when it is new",
    ("monitor", "scanner"): "tables and indexes, for advice on what is missing",
    ("monitor", "mapper"): "what plans name, for advice",
    ("monitor", "loader"): "plans to be compiled and explained, for advice",
}


@dataclass(slots=True)
class Instance:
    """One address of a module and how it was when it was last asked. checked: seconds since 1970; 0: never."""

    address: str
    state: State | None = None
    seconds: float = 0.0
    checked: float = 0.0


@dataclass(slots=True)
class _Watched:
    target: str
    instances: dict[str, Instance] = field(default_factory=dict)
    probes: dict[str, Probe] = field(default_factory=dict)


class Topology:
    """The modules of the mesh, by target."""

    def __init__(self, targets: Mapping[str, str], interval: float) -> None:
        self._modules = {name: _Watched(target) for name, target in targets.items()}
        self._interval = interval

    async def watch(self) -> None:
        """Asks every instance, every interval, for ever."""
        while True:
            await self.refresh()
            await asyncio.sleep(self._interval)

    async def refresh(self) -> None:
        """Asks every instance once, all at the same time."""
        await asyncio.gather(*(self._refresh(watched) for watched in self._modules.values()))

    async def close(self) -> None:
        """Disconnects from all."""
        for watched in self._modules.values():
            for probe in watched.probes.values():
                await probe.close()

    def modules(self) -> dict[str, tuple[str, list[Instance]]]:
        """Module → its target and instances."""
        return {name: (each.target, list(each.instances.values())) for name, each in sorted(self._modules.items())}

    def connections(self) -> list[tuple[str, str, bool, str]]:
        """(caller, callee, both healthy, what flows) for every connection of the mesh."""
        return [(a, b, self._healthy(a) and self._healthy(b), CARRIES.get((a, b), "")) for a, b in sorted(EDGES)]

    def _healthy(self, module: str) -> bool:
        return any(instance.state == "serving" for instance in self._modules[module].instances.values())

    async def _refresh(self, watched: _Watched) -> None:
        addresses = await _addresses(watched.target)
        for gone in watched.instances.keys() - addresses:
            del watched.instances[gone]
            await watched.probes.pop(gone).close()
        for address in addresses:
            if address not in watched.probes:
                watched.probes[address] = Probe(address)
                watched.instances[address] = Instance(address)
        await asyncio.gather(*(_ask(watched.probes[a], watched.instances[a]) for a in addresses))


async def _ask(probe: Probe, instance: Instance) -> None:
    instance.state, instance.seconds = await probe.ask()
    instance.checked = time.time()


async def _addresses(target: str) -> list[str]:
    """The addresses that a gRPC target stands for now; one that cannot be resolved stands for itself."""
    if target.startswith(("unix:", "ipv4:", "ipv6:")):
        return [target]
    host, _, port = target.removeprefix("dns:///").removeprefix("dns:").rpartition(":")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except OSError:
        return [target]
    hosts = {(str(address[0]), int(address[1])) for *_, address in found}
    return sorted(f"[{host}]:{number}" if ":" in host else f"{host}:{number}" for host, number in hosts)
