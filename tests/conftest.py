"""Fixtures that every test may ask for, and what every process that a test starts may rely on."""

import signal

pytest_plugins = ["tests.fixtures.postgres", "tests.fixtures.frete", "tests.fixtures.statements"]

# A shell that runs the suite in the background has it ignore Ctrl-C, and so would every process that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
