"""What the benchmarks of a whole mesh share: their options, a mesh, processes beside it, and how they tell what they found."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bench.local_mesh import local_mesh
from deploy.local.home import Record

Figures = dict[str, Any]
Measure = Callable[[Record, argparse.Namespace], Coroutine[Any, Any, Figures]]


def run(
    name: str, about: str | None, numbers: Mapping[str, tuple[int, str]], measure: Measure,
    arguments: list[str] | None = None,
) -> None:  # fmt: skip
    """Starts the mesh of that name, measures, and prints a table on standard error and one JSON object as the last line.

    numbers: the options, each a whole number with its default and its help. `rows`: of the sample.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, (default, said) in numbers.items():
        parser.add_argument(f"--{option}", type=int, default=default, help=f"{said} (default %(default)s)")
    options = parser.parse_args(arguments)
    with local_mesh(name, rows=getattr(options, "rows", 20_000)) as record:
        figures = asyncio.run(measure(record, options))
    for figure, value in figures.items():
        sys.stderr.write(f"{figure:24} {value}\n")
    sys.stdout.write(json.dumps(figures) + "\n")


@contextmanager
def peer(module: str, *arguments: str) -> Iterator[str]:
    """Runs a module in a process of its own until the block ends. Yields the address that it prints first."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
