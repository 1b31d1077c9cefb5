"""Serving data to consumers; the loader is the only one who fetches it."""
