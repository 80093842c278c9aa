"""The API server: an ASGI app that kubectl and Kubernetes clients talk to."""

from kconv._serve.app import ApiApp, asgi, create_app
from kconv._serve.auth import Tokens
from kconv._serve.lifecycle import ApiServer, build, run
from kconv._serve.listen import Listen
from kconv._serve.processes import run_processes
from kconv._serve.runtime_config import served_versions

__all__ = [
    "ApiApp",
    "ApiServer",
    "Listen",
    "Tokens",
    "asgi",
    "build",
    "create_app",
    "run",
    "run_processes",
    "served_versions",
]
