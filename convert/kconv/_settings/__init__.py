"""What a server can be told: each setting declared once, with its default, bounds and help."""

from kconv._settings.declaration import Declared, declared
from kconv._settings.limits import Limits
from kconv._settings.secrets import without_secrets
from kconv._settings.settings import Settings
from kconv._settings.sources import Resolved, resolve

__all__ = ["Declared", "Limits", "Resolved", "Settings", "declared", "resolve", "without_secrets"]
