"""Training of the analyzer's models from question files: `python -m bench.training`."""
