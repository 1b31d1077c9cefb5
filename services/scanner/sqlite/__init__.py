"""SQLite 3 files, read through their PRAGMAs."""
