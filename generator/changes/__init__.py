"""Changes for users of the package, and the version that they demand.

Modules:
    bundles: compares two bundles.
    public: compares the public names of two source trees.
    annotations: compares type annotations.
    diff: compares the work tree with a release.
"""
