"""Figures beside the peers: `make bench-peers`.

`python -m tests.peers` measures each library in its own environment, writes `docs/peers.json`, and has the page and its chart show it.
"""
