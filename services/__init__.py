"""The modules of the mesh: one folder, one process, one gRPC server each."""

import mesh  # noqa: F401  # before grpc: it chooses how gRPC polls, and gRPC reads that once when it is loaded
