"""The supervisor: the roles of `storyfold up` as processes, started, restarted and stopped together."""
