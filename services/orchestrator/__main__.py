"""Starts the orchestrator."""

from pathlib import Path
from typing import Any

from maestro.learner.v1 import learner_pb2_grpc
from maestro.memorizer.v1 import memorizer_pb2_grpc
from maestro.orchestrator.v1 import orchestrator_pb2
from maestro.provider.v1 import provider_pb2

from mesh.node import Node, run
from services.orchestrator import library
from services.orchestrator.contracts import Contracts, Method
from services.orchestrator.durable import Durable
from services.orchestrator.engine import Engine
from services.orchestrator.history import History
from services.orchestrator.journal import Journal
from services.orchestrator.postgres import Runs
from services.orchestrator.probes import Probes
from services.orchestrator.queries import Queries
from services.orchestrator.servicer import OrchestratorServicer, add_to_server
from services.orchestrator.settings import OrchestratorSettings
from services.orchestrator.streaming import Streaming
from services.orchestrator.tails import Tails
from services.orchestrator.workflows import Workflows
