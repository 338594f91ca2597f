"""Parsing: bytes become entries, whatever the format and however broken."""
