"""The API server: an ASGI app that kubectl and Kubernetes clients talk to."""

from kconv.serve.app import create_app
from kconv.serve.auth import Tokens
from kconv.serve.lifecycle import ApiServer, Listen, build, run
from kconv.serve.runtime_config import served_versions

__all__ = ["ApiServer", "Listen", "Tokens", "build", "create_app", "run", "served_versions"]
