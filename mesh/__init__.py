"""The runtime that every process of the mesh shares.

Importing it, or any part of it, starts nothing: no channel, server, loop or thread exists before
`mesh.node.run`, so a launcher may import first and fork afterwards.
"""

import os

# gRPC reads these when it is loaded, which must therefore not happen before this module is; what the
# environment says itself has precedence.
#
# Since 1.80 gRPC's Python runs on its "event engine", which passes every message through two more threads: a
# round trip on a stream takes half as long again (bench/mesh_transport.py), a process has a dozen threads
# instead of three.
os.environ.setdefault("GRPC_EXPERIMENTS", "-event_engine_client,-event_engine_listener")
# Its own complaints (a port in use, an address that refuses) reach callers and logs as faults, in one clear
# sentence.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
# Handlers around fork() are for processes that fork in the middle of calls; ours fork before the first.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
