"""What callers of Maestro use.

import maestro_client as maestro

answer = await maestro.ask("Quantas entregas do Aurora estão atrasadas em SP?")
"""

from maestro_client.answer import Answer
from maestro_client.client import Maestro, ask

__all__ = ["Answer", "Maestro", "ask"]
