"""How each connection of the mesh is proven by its effect: probes are made, run whole and cut, and judged."""
