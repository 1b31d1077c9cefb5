"""Fill a PostgreSQL database with the sample: `python -m samples.frete --url postgresql://… --rows 20000`."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date

import psycopg

from samples.frete.postgres import NotOurTablesError, fill
from samples.frete.sample import ANCHOR, DEFAULT_ROWS, DEFAULT_SEED, Sample


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 when the sample is there, 2 with one sentence where it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m samples.frete", description=__doc__)
    parser.add_argument("--url", required=True, help="libpq URL of the database; its role may create tables")
    parser.add_argument("--rows", type=int, default=DEFAULT_ROWS, help="deliveries (default %(default)s)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="another seed, other data (default %(default)s)")
    parser.add_argument(
        "--anchor",
        type=date.fromisoformat,
        default=ANCHOR,
        help="the day that is today in it (default %(default)s)",
    )
    parser.add_argument(
        "--indexes",
        choices=("full", "legacy"),
        default="full",
        help="full: those of a well kept database; legacy: primary keys, NF number and CNPJ only",
    )
    options = parser.parse_args(arguments)
    try:
        sample = Sample(options.rows, options.seed, options.anchor)
        filled = fill(options.url, sample, indexes=options.indexes)
    except (ValueError, NotOurTablesError, psycopg.Error) as error:
        print(f"samples.frete: {error}", file=sys.stderr)
        return 2
    print(json.dumps({"already": filled.already, "rows": dict(filled.rows), "seconds": filled.seconds}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
