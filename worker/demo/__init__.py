"""The demo: the main job on samples of our own, with everything embedded."""
