"""Issues, as the validator writes them."""

from collections.abc import Iterable

from maestro.error.v1 import error_pb2

Issue = error_pb2.Issue


def error(code: str, path: str, message: str, **params: str) -> Issue:
    """What was judged must not be used."""
    return Issue(
        severity=error_pb2.SEVERITY_ERROR,
        code=code,
        path=path,
        message=message,
        params=params,
        module="validator",
    )


def warning(code: str, path: str, message: str, **params: str) -> Issue:
    """It may be used, and whoever reads the answer is told."""
    return Issue(
        severity=error_pb2.SEVERITY_WARNING,
        code=code,
        path=path,
        message=message,
        params=params,
        module="validator",
    )


def rejected(issues: Iterable[Issue]) -> bool:
    """Whether one of them forbids to go on."""
    return any(each.severity == error_pb2.SEVERITY_ERROR for each in issues)
