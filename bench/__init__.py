"""Measured comparisons, one command each: ``python -m bench.commit``. README.md has the figures."""
