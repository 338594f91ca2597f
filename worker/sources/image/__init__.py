"""Images by the start of their bytes: what they are and how large they are shown."""
