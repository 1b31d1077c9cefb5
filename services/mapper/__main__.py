"""The mapper: what the words mean."""

from maestro.mapper.v1 import mapper_pb2, mapper_pb2_grpc
from maestro.scanner.v1 import scanner_pb2_grpc
from mesh.node import Node, run
from services.mapper.servicer import MapperServicer
from services.mapper.settings import MapperSettings, source_options
from services.mapper.shelf import Library
from services.mapper.watch import Watch


async def build(node: Node) -> None:
    """Wires the mapper into a node."""
    settings = node.settings(MapperSettings)
    library = Library()
    watch = Watch(node.stub(scanner_pb2_grpc.ScannerStub, "scanner"), library, settings, source_options())
    node.serve(mapper_pb2_grpc.add_MapperServicer_to_server, MapperServicer(library), mapper_pb2.DESCRIPTOR)
    node.background("sources", watch.sources)
    node.background("files", watch.files)
    node.ready_when(watch.ready)


if __name__ == "__main__":
    run("mapper", build)
