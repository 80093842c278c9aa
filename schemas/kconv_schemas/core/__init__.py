"""The core API group: namespaces, config maps, secrets and events; others on demand.

Many groups use types of core. Nothing is imported here, so that these cost no more than they need;
who has pods imports `kconv_schemas.core.pods`, which adds the defaults and rules of pod templates.
"""

from __future__ import annotations

from kconv import Scheme


def register(scheme: Scheme) -> None:
    """Add the kinds of the core group that are served by default."""
    from kconv_schemas.core import objects

    objects.register(scheme)
