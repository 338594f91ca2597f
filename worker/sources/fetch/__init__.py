"""Fetching: one polite, guarded exchange at a time, and when the next one is due."""
