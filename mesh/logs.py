"""Structured logs: one JSON object a line on standard error, with the module and the trace that it belongs
to."""

import json
import logging
import sys
import time

from mesh.ambient import current

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Fields: time (UTC), level, module, logger, message, and where they apply trace_id, span_id, exception
    and whatever was passed as `extra`."""

    def __init__(self, module: str) -> None:
        super().__init__()
        self._module = module

    def format(self, record: logging.LogRecord) -> str:
        around = current.get()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "module": around.module or self._module,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if around.span is not None:
            line["trace_id"] = around.span.trace_id
            line["span_id"] = around.span.span_id
        line.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def install(module: str, level: str) -> None:
    """Sends every log of this process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(module))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    logging.captureWarnings(True)
