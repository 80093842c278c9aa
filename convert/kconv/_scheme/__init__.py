"""The scheme: which groups, versions and kinds there are, and how they hang together."""

from kconv._scheme.forgetting import KindCache, KindCounts
from kconv._scheme.load import indexed_packages, installed_groups, load_scheme
from kconv._scheme.scheme import Scheme
from kconv._scheme.spoke import HubKind, Spoke

__all__ = [
    "HubKind",
    "KindCache",
    "KindCounts",
    "Scheme",
    "Spoke",
    "indexed_packages",
    "installed_groups",
    "load_scheme",
]
