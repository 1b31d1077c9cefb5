"""Wires the loader."""

from maestro.loader.v1 import loader_pb2, loader_pb2_grpc
from mesh.node import Node, run
from mesh.passing import passing
from mesh.sources import sources
from services.loader.compiler import Compiler
from services.loader.execution import Execution
from services.loader.servicer import LoaderServicer
from services.loader.settings import LoaderSettings
from services.loader.sources import Sources
from services.loader.statement_log import StatementLog


async def build(node: Node) -> None:
    """Registers what the module serves."""
    settings = node.settings(LoaderSettings)
    databases = Sources(sources(), settings)
    compiler = Compiler(log=StatementLog(settings.statement_log))
    servicer = LoaderServicer(databases, Execution(compiler, settings), settings)
    node.serve(passing(loader_pb2_grpc.add_LoaderServicer_to_server), servicer, loader_pb2.DESCRIPTOR)
    node.background("keep_small", databases.keep_small)
    node.on_stop(databases.close)


if __name__ == "__main__":
    run("loader", build)
