"""Which versions a server offers: ``--runtime-config batch/v2alpha1=true,api/beta=false``."""

from __future__ import annotations

from collections.abc import Collection

from kconv._errors import UsageError
from kconv._gvk import GroupVersion, Level, level
from kconv._scheme import Scheme

_LEVELS = {"api/ga": Level.STABLE, "api/beta": Level.BETA, "api/alpha": Level.ALPHA}


def served_versions(
    scheme: Scheme, runtime_config: str = "", groups: Collection[str] | None = None
) -> frozenset[GroupVersion]:
    """The versions that are on: stable and beta ones, as changed by ``runtime_config``.

    A setting is ``group/version=true|false`` (``true`` may be left out; the core group is
    ``v1`` or ``api/v1``), or one of ``api/all``, ``api/ga``, ``api/beta`` and ``api/alpha`` for
    all versions of that level. The narrower setting wins, wherever it stands. ``groups`` are those
    that are served at all, the core group being ``""``; None is all. Raises `UsageError` for a
    setting that does not parse or names a version that is not registered, and for a group that is
    not there.
    """
    have = scheme.groups()
    for group in groups or ():
        if group not in have:
            listed = ", ".join(each or '""' for each in have)
            raise UsageError(f'groups: no group "{group}": there are {listed}')
    known = {
        GroupVersion(group, version)
        for group in scheme.groups()
        for version in scheme.versions(group)
    }
    settings = _parse(runtime_config)
    on = {gv: level(gv.version) is not Level.ALPHA for gv in known}
    if "api/all" in settings:
        on = dict.fromkeys(known, settings.pop("api/all"))
    for name, of_level in _LEVELS.items():
        if name in settings:
            enabled = settings.pop(name)
            on.update({gv: enabled for gv in known if level(gv.version) is of_level})
    for name, enabled in settings.items():
        text = name.removeprefix("api/") if name.startswith("api/") else name
        group_version = GroupVersion.parse(text)
        if group_version not in known:
            listed = ", ".join(str(gv) for gv in sorted(known))
            raise UsageError(f'--runtime-config: unknown version "{name}"; there are: {listed}')
        on[group_version] = enabled
    return frozenset(
        gv for gv, enabled in on.items() if enabled and (groups is None or gv.group in groups)
    )


def _parse(text: str) -> dict[str, bool]:
    settings: dict[str, bool] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, word = part.partition("=")
        if word.lower() not in ("", "true", "false", "1", "0"):
            raise UsageError(f'--runtime-config: "{part}" does not say =true or =false')
        settings[name.strip()] = word.lower() not in ("false", "0")
    return settings
