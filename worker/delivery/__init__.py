"""Delivery: sinks that bring events to where people want them."""
