"""The version of the package, read by the build, the User-Agent and ``storyfold --version``."""

__version__ = "0.1.0"
