"""What a wheel must bring besides code."""

from __future__ import annotations

from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]


def test_the_analyzers_models_are_in_the_wheel() -> None:
    inside = {each.distribution_path for each in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert {f"services/analyzer/models/{name}.npz" for name in ("slots", "ranker")} <= inside
