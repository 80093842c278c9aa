"""`Webhook`: a conversion webhook that is tested, and the CRD that it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kconv._errors import UsageError
from kconv._importer.crd_file import Crd, read_crds
from kconv._reviews import Judgement, WebhookClient, judge, review_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Post = Callable[[bytes], tuple[int, bytes]]
"""Posts a review; the HTTP status and the body of the answer."""


@dataclass(frozen=True)
class Webhook:
    """A webhook at a URL, or behind a function that posts to it; kconv's own or anybody's.

    ``crd`` is the CRD in YAML or JSON, or the path of such a file; ``name`` is which one, where the
    file has several. ``ca`` is the bundle that its certificate is trusted by, as PEM. ``loses``
    are the paths that may be lost on the way to another version and back (``spec.mode``), and all
    that is in them.
    """

    crd: str | bytes | Path = field(repr=False)
    url: str = ""
    ca: str = field(default="", repr=False)
    post: Post | None = field(default=None, repr=False)
    name: str = ""
    loses: Sequence[str] = ()
    timeout: float = 30.0

    @cached_property
    def definition(self) -> Crd:
        """The CRD. Raises `UsageError` for what is none."""
        is_file = isinstance(self.crd, Path)
        data = Path(self.crd).read_bytes() if isinstance(self.crd, Path) else self.crd
        found = read_crds(
            data.encode() if isinstance(data, str) else data, str(self.crd) if is_file else "crd"
        )
        chosen = [each for each in found if self.name in ("", f"{each.plural}.{each.group}")]
        if len(chosen) != 1:
            names = ", ".join(f"{each.plural}.{each.group}" for each in found)
            raise UsageError(f"say by name= which CRD is meant: there are {names}")
        return chosen[0]

    @property
    def versions(self) -> list[str]:
        """The apiVersions of the CRD."""
        return [f"{self.definition.group}/{each.name}" for each in self.definition.versions]

    def objects(self, api_version: str) -> SearchStrategy[dict[str, Any]]:
        """Objects of a version, as its schema describes them."""
        from hypothesis import strategies as st

        from kconv.testing._structural import values_of

        name = api_version.rpartition("/")[2]
        (version,) = (each for each in self.definition.versions if each.name == name)
        left = {"apiVersion", "kind", "metadata"}
        properties = version.schema.get("properties") or {}
        schema = {
            **version.schema,
            "type": "object",
            "properties": {key: each for key, each in properties.items() if key not in left},
            "required": [key for key in version.schema.get("required") or () if key not in left],
        }
        head = self.head(api_version)
        return st.builds(lambda content: {**head, **content}, values_of(schema))

    def head(self, api_version: str, name: str = "one") -> dict[str, Any]:
        """An object of nothing but what each has."""
        return {
            "apiVersion": api_version,
            "kind": self.definition.kind,
            "metadata": {
                "name": name,
                **({"namespace": "default"} if self.definition.namespaced else {}),
                "uid": f"00000000-0000-4000-8000-{abs(hash(name)) % 10**12:012}",
                "creationTimestamp": "2026-01-01T00:00:00Z",
                "generation": 2,
                "labels": {"a": "b"},
                "annotations": {"c.example.com/d": "e"},
            },
        }

    def send(self, data: bytes) -> tuple[int, bytes]:
        """Post a body."""
        if self.post is not None:
            return self.post(data)
        return self._client.post(data)

    @cached_property
    def _client(self) -> WebhookClient:
        return WebhookClient(self.url, self.ca, timeout=self.timeout)

    def ask(self, objects: Sequence[Mapping[str, Any]], to: str, version: str = "v1") -> Judgement:
        """Ask for objects in an apiVersion; the answer as the API server takes it."""
        review = review_of(objects, to, version)
        return judge(review, *self.send(msgspec.json.encode(review)))

    def may_lose(self, path: str) -> bool:
        """Whether a path may be lost."""
        return any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in self.loses)
