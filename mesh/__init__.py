"""The runtime that every process of the mesh shares.

Importing it, or any part of it, starts nothing: no channel, server, loop or thread exists before `mesh.node.run`, so a
launcher may import first and fork afterwards.
"""
