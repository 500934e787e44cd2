"""What changes for users of the package, and which version that demands.

Modules:
    bundles: compares two bundles.
    public: compares the public names of two source trees.
    annotations: compares types, as annotations write them.
    diff: compares the work tree with a release.
"""
