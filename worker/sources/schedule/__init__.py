"""Schedule: when a feed is asked again, and where. Pure decisions from what its polls have shown."""
