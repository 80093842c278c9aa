"""`Target`: the resource, or the object, that a verb is for."""

from __future__ import annotations

from dataclasses import dataclass, field

from kconv._gvk import GroupResource
from kconv._scheme import Spoke
from kconv._store import Key


@dataclass(frozen=True, slots=True)
class Target:
    """What a verb is for.

    ``namespace`` is empty for cluster-scoped resources and for collections over all namespaces;
    ``name`` is empty for a collection; ``subresource`` is empty for the object itself.
    """

    spoke: Spoke
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    watched: bool = False
    """Whether the path says that it is to be watched, as old clients have it."""
    key: Key = field(init=False, compare=False, repr=False)
    """Where the object that it names is stored."""

    def __post_init__(self) -> None:
        resource = self.spoke.kind.group_resource
        key = Key(resource.group, resource.resource, self.namespace, self.name)
        object.__setattr__(self, "key", key)

    @property
    def resource(self) -> GroupResource:
        """The resource as the client knows it, which may be another name of what is stored."""
        return self.spoke.gvr.group_resource

    @property
    def all_namespaces(self) -> bool:
        """Whether this is a namespaced resource's collection over all namespaces."""
        return self.spoke.options.namespaced and not self.namespace
