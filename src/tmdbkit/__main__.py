"""`python -m tmdbkit`: a first success, without a token or a network."""

import sys

from tmdbkit.testing.demo import main

sys.exit(main())
