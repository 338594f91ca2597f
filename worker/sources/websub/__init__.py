"""WebSub: what a feed says of its hub, what is asked of the hub, and whether a delivery is the hub's."""
