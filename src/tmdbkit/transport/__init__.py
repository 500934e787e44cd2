"""The transport stack of a call: cache → rate limit → authentication → HTTP.

Each layer is an httpx transport over the next one; a disabled layer is absent. A layer gets its facts about the call from the request's
extensions, see `tmdbkit.transport.extensions`.
"""
