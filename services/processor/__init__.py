"""The answer: text, table, chart, provenance, in the asker's language."""
