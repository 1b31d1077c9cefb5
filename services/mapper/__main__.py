"""The mapper: what the words mean."""

from maestro.loader.v1 import loader_pb2_grpc
from maestro.mapper.v1 import mapper_pb2, mapper_pb2_grpc
from maestro.scanner.v1 import scanner_pb2_grpc
from mesh.node import Node, run
from services.mapper.model import HeldModel
from services.mapper.servicer import MapperServicer
from services.mapper.settings import MapperSettings, source_options
from services.mapper.shelf import Library
from services.mapper.similarity import Similarity
from services.mapper.values.keeper import Keeper
from services.mapper.values.lookup import LookUp
from services.mapper.watch import Watch


async def build(node: Node) -> None:
    """Wires the mapper into a node."""
    settings = node.settings(MapperSettings)
    scanner = node.stub(scanner_pb2_grpc.ScannerStub, "scanner")
    loader = node.stub(loader_pb2_grpc.LoaderStub, "loader")
    library = Library()
    keeper = Keeper(loader, settings)
    similarity = Similarity(enabled=settings.similarity)

    def made(held: HeldModel) -> None:
        keeper.submit(held)
        similarity.prepare(held.model)

    watch = Watch(scanner, library, settings, source_options(), made, node.mesh.max_message * 3 // 4)
    servicer = MapperServicer(library, LookUp(keeper, loader), similarity, watch.check)
    node.serve(mapper_pb2_grpc.add_MapperServicer_to_server, servicer, mapper_pb2.DESCRIPTOR)
    node.background("sources", watch.sources)
    node.background("files", watch.files)
    node.background("similarity", similarity.drop_idle)
    node.ready_when(watch.ready)
    node.on_stop(similarity.close)
    node.on_stop(keeper.close)


if __name__ == "__main__":
    run("mapper", build)
