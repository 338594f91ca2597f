"""Web pages: what the page of an article says of itself, and whether it may be asked for. No input or output here."""
