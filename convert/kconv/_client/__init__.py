"""`Client` and `AsyncClient`: objects of any version in a program, by the verbs of the server."""

from kconv._client.async_client import AsyncClient
from kconv._client.async_watch import AsyncWatch
from kconv._client.client import Client
from kconv._client.results import Event, ObjectList
from kconv._client.watch import Watch

__all__ = ["AsyncClient", "AsyncWatch", "Client", "Event", "ObjectList", "Watch"]
