"""The plan builders of the benchmarks, by the name under which other modules' tests know them."""

from bench.index_notation import *  # noqa: F403  # all of them
