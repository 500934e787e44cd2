"""The transport stack of a call: cache → rate limit → authentication → HTTP.

Each layer is an httpx transport over the next one; a layer that is switched off is absent. What a layer has to know of a call stands in the request's
extensions, see `tmdbkit.transport.extensions`.
"""
