"""The web role: HTTP for people, their monitors and their pages."""
