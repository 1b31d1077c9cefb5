"""The collector and the dashboard read what the mesh emits: attributes of the schema, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mesh.attributes import ATTRIBUTES

FOLDER = Path(__file__).resolve().parents[2] / "deploy/observability"
COLLECTOR: dict[str, Any] = yaml.safe_load((FOLDER / "collector.yaml").read_text())
DIMENSIONS = [each["name"] for each in COLLECTOR["connectors"]["spanmetrics"]["dimensions"]]

# What the connector makes of spans, beside the dimensions.
METRICS = {
    "traces_span_metrics_calls_total",
    "traces_span_metrics_duration_milliseconds_bucket",
    "traces_span_metrics_duration_milliseconds_sum",
    "traces_span_metrics_duration_milliseconds_count",
}
LABELS = {"le", "service_name", "span_name", "span_kind", "status_code"}


def targets() -> Iterator[dict[str, str]]:
    for file in (FOLDER / "grafana/dashboards").glob("*.json"):
        for panel in json.loads(file.read_text())["panels"]:
            yield from panel["targets"]


def labels(target: dict[str, str]) -> set[str]:
    expression = target["expr"]
    found = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", expression))
    for names in re.findall(r"\bby \(([^)]*)\)", expression):
        found |= {name.strip() for name in names.split(",")}
    return found | set(re.findall(r"{{\s*(\w+)\s*}}", target.get("legendFormat", "")))


def test_every_dimension_is_an_attribute_of_the_schema() -> None:
    assert set(DIMENSIONS) <= ATTRIBUTES.keys()


def test_every_label_of_the_dashboard_is_made_by_the_collector() -> None:
    known = LABELS | {name.replace(".", "_") for name in DIMENSIONS}
    used = {label for target in targets() for label in labels(target)}
    assert used <= known
    assert {"maestro_step", "rpc_method"} <= used, "steps and connections are what it is for"


def test_every_metric_of_the_dashboard_is_made_by_the_collector() -> None:
    used = {name for target in targets() for name in re.findall(r"\b([a-z_]+)\{", target["expr"])}
    assert used
    assert used <= METRICS
