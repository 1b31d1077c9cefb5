"""`python -m deploy.state`: migrates the database that MAESTRO_STATE names."""

import os
import sys

from deploy.state.migrate import migrate
from mesh.fault import Fault


def main() -> int:
    """Prints what was done; returns 2 with one clear sentence where it cannot be done."""
    url = os.environ.get("MAESTRO_STATE", "").strip()
    if not url:
        sys.stderr.write("MAESTRO_STATE is not set: it names the database to migrate.\n")
        return 2
    try:
        done = migrate(url)
    except Fault as fault:
        sys.stderr.write(f"{fault.message}\n")
        return 2
    sys.stdout.write("The state database was migrated.\n" if done else "The state database is up to date.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
