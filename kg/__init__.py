"""neurokg: a knowledge graph that links open neuroscience datasets to disease mechanisms."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("neurokg")
except PackageNotFoundError:  # a source tree on the path, never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
