"""Whether a machine has other things to do, so that what passes on the wall's clock says little."""

import os
import time
from pathlib import Path

_STAT = Path("/proc/stat")
_SHARE = 0.1


def busy(seconds: float = 2.0) -> bool:
    """Whether others need more than a tenth of the processors while this process waits. Linux only: elsewhere nobody
    says."""
    if not _STAT.exists():
        return False
    before = _used()
    time.sleep(seconds)
    return (_used() - before) / (os.cpu_count() or 1) / seconds > _SHARE


def _used() -> float:
    """Seconds of all processors that were used, or taken away by a machine's host, since it runs."""
    user, nice, system, _, _, *more = map(int, _STAT.read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(more)) / os.sysconf("SC_CLK_TCK")
