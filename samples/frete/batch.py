"""A chunk of the flow with everything that became of it, from which the rows of all tables are written."""

from __future__ import annotations

from dataclasses import dataclass

from samples.frete.course import Course, course
from samples.frete.flow import Chunk, Items, Lines, Shipments
from samples.frete.freights import Freights, freights
from samples.frete.loads import Load, load
from samples.frete.orders import Orders, orders
from samples.frete.world import Scene


@dataclass(frozen=True)
class Batch:
    """fate and held are parallel to lines, loads to shipments."""

    lines: Lines
    shipments: Shipments
    items: Items
    fate: Course
    held: Orders
    loads: Load
    charged: Freights


def batch(scene: Scene, chunk: Chunk) -> Batch:
    """What became of a chunk."""
    lines, shipments = chunk.lines, chunk.shipments
    return Batch(
        lines=lines,
        shipments=shipments,
        items=chunk.items,
        fate=course(scene, lines, shipments),
        held=orders(scene, lines, shipments),
        loads=load(scene, lines, shipments),
        charged=freights(scene, lines, shipments),
    )
