"""Which modules there are, where they listen by default, and who calls whom."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Module:
    """One module of the mesh: one folder, one process, one gRPC server.

    name: as in `services/<name>` and `MAESTRO_<NAME>_TARGET`.
    port: the TCP port that it listens on, on the loopback, unless `MAESTRO_LISTEN` says otherwise.
    service: the full name of its gRPC service.
    """

    name: str
    port: int
    service: str

    @property
    def descriptor_module(self) -> str:
        """The generated Python module that holds the service's descriptor."""
        package = self.service.rpartition(".")[0]
        return f"{package}.{self.name}_pb2"

    @property
    def address(self) -> str:
        """Where it is reached by default."""
        return f"127.0.0.1:{self.port}"


MODULES: dict[str, Module] = {
    "orchestrator": Module("orchestrator", 50051, "maestro.orchestrator.v1.Orchestrator"),
    "coordinator": Module("coordinator", 50052, "maestro.coordinator.v1.Coordinator"),
    "scanner": Module("scanner", 50053, "maestro.scanner.v1.Scanner"),
    "mapper": Module("mapper", 50054, "maestro.mapper.v1.Mapper"),
    "analyzer": Module("analyzer", 50055, "maestro.analyzer.v1.Analyzer"),
    "loader": Module("loader", 50056, "maestro.loader.v1.Loader"),
    "provider": Module("provider", 50057, "maestro.provider.v1.Provider"),
    "enricher": Module("enricher", 50058, "maestro.enricher.v1.Enricher"),
    "memorizer": Module("memorizer", 50059, "maestro.memorizer.v1.Memorizer"),
    "processor": Module("processor", 50060, "maestro.processor.v1.Processor"),
    "learner": Module("learner", 50061, "maestro.learner.v1.Learner"),
    "validator": Module("validator", 50062, "maestro.validator.v1.Validator"),
    "monitor": Module("monitor", 50063, "maestro.monitor.v1.Monitor"),
}

# Every connection of the mesh, as (caller, callee). Two kinds are left out because every module has them: the
# spans that each sends to the monitor, and the health checks that the coordinator makes of each.
EDGES: tuple[tuple[str, str], ...] = (
    # The orchestrator runs the steps of the workflows.
    ("orchestrator", "coordinator"),
    ("orchestrator", "memorizer"),
    ("orchestrator", "analyzer"),
    ("orchestrator", "validator"),
    ("orchestrator", "scanner"),
    ("orchestrator", "mapper"),
    ("orchestrator", "provider"),
    ("orchestrator", "loader"),
    ("orchestrator", "enricher"),
    ("orchestrator", "processor"),
    ("orchestrator", "learner"),
    ("orchestrator", "monitor"),
    # Rows come from the one module that holds SQL.
    ("provider", "loader"),
    ("mapper", "loader"),
    ("enricher", "provider"),
    # Slowly changing knowledge is watched by whoever needs the whole of it.
    ("mapper", "scanner"),
    ("analyzer", "mapper"),
    ("analyzer", "learner"),
    # Advice on indexes: which plans were run, and how they would be run.
    ("provider", "monitor"),
    ("monitor", "scanner"),
    ("monitor", "mapper"),
    ("monitor", "loader"),
)
