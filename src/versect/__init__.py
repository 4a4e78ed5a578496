"""versect turns "it broke" into "this release, these lines"."""

__version__ = "0.1.0"
