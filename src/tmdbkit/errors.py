"""The exceptions of this package; see `tmdbkit.runtime.errors` for their tree."""

from .runtime.errors import *  # noqa: F403
from .runtime.errors import __all__  # noqa: F401
