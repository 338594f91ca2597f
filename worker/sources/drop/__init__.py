"""The drop folder: what waits there, when it is finished, and how a file is taken."""
