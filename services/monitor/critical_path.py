"""Which spans of a trace determine how long it took."""

from __future__ import annotations

from collections.abc import Sequence

from services.monitor.spans import SpanRecord


def critical_path(spans: Sequence[SpanRecord]) -> list[str]:
    """Ids of the spans on the critical path, in the order of their starts.

    From the end of the longest root backwards: the child that ended last determined when its parent could go on; before
    that child began, the one that had ended last by then, and so on down. Spans that end after their parent (work that
    nobody waited for) are not on it. The method is that of Google's and Uber's trace analyses (CRISP, USENIX ATC 2022).
    """
    known = {span.span_id: span for span in spans}
    children: dict[str, list[SpanRecord]] = {}
    roots = []
    for span in spans:
        if span.parent_id in known and span.parent_id != span.span_id:
            children.setdefault(span.parent_id, []).append(span)
        else:
            roots.append(span)
    if not roots:
        return []
    found: list[SpanRecord] = []
    seen: set[str] = set()
    waiting = [max(roots, key=lambda span: span.elapsed_ns)]
    while waiting:
        span = waiting.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        found.append(span)
        cursor = span.end_ns
        for child in sorted(children.get(span.span_id, ()), key=lambda each: each.end_ns, reverse=True):
            if child.end_ns <= cursor and child.start_ns >= span.start_ns:
                waiting.append(child)
                cursor = child.start_ns
    return [span.span_id for span in sorted(found, key=lambda each: each.start_ns)]
