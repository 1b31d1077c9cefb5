"""Starts the processor."""

from maestro.processor.v1 import processor_pb2, processor_pb2_grpc
from mesh.node import Node, run
from services.processor import warm
from services.processor.servicer import ProcessorServicer
from services.processor.settings import ProcessorSettings


async def build(node: Node) -> None:
    """Wires the processor."""
    settings = node.settings(ProcessorSettings)
    warm.load()
    servicer = ProcessorServicer(settings.answer_items, settings.answer_locale)
    node.serve(processor_pb2_grpc.add_ProcessorServicer_to_server, servicer, processor_pb2.DESCRIPTOR)


if __name__ == "__main__":
    run("processor", build)
