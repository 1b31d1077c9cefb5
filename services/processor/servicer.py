"""Messages of the processor, in and out."""

from typing import Any

from maestro.processor.v1 import processor_pb2, processor_pb2_grpc
from services.processor.compose import compose
from services.processor.reply import reply


class ProcessorServicer(processor_pb2_grpc.ProcessorServicer):
    """Serves maestro.processor.v1.Processor."""

    def __init__(self, items: int, default_locale: str) -> None:
        self._items = items
        self._locale = default_locale

    async def Compose(  # named by the contract
        self, request: processor_pb2.ComposeRequest, context: Any
    ) -> processor_pb2.ComposeResponse:
        """Writes the answer to a question whose plan was run."""
        return processor_pb2.ComposeResponse(answer=compose(request, self._items, self._locale))

    async def ComposeReply(  # named by the contract
        self, request: processor_pb2.ComposeReplyRequest, context: Any
    ) -> processor_pb2.ComposeReplyResponse:
        """Writes the answer where no plan was run."""
        return processor_pb2.ComposeReplyResponse(answer=reply(request, self._locale))
