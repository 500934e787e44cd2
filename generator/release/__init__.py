"""What a maintainer does to release tmdbkit: cut a version, build it, test what was built, publish it. The README of the project says how."""
