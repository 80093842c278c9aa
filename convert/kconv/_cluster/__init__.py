"""A live cluster as a place: custom resources, rewritten in the version that their CRD stores."""

from kconv._cluster.cluster_place import ClusterPlace

__all__ = ["ClusterPlace"]
