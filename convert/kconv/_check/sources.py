"""Where in the code a finding is: the class that declares the type."""

from __future__ import annotations

import inspect
from pathlib import Path

from kconv._check.finding import Finding
from kconv._check.lock.build import type_names
from kconv._scheme import Scheme


def source_of(scheme: Scheme, finding: Finding) -> tuple[str, int] | None:
    """The file, relative to the current folder, and line of the class that a finding is about.

    None where the code no longer has the class, or its file is outside the current folder.
    """
    spokes = scheme.spokes(finding.version)
    if finding.type:
        names = type_names([spoke.schema for spoke in spokes])
        classes = [cls for cls, name in names.items() if name == finding.type]
    else:
        classes = [spoke.schema for spoke in spokes if spoke.options.kind == finding.kind]
    if not classes:
        return None
    try:
        path = Path(inspect.getsourcefile(classes[0]) or "").resolve()
        _, line = inspect.getsourcelines(classes[0])
        return path.relative_to(Path.cwd()).as_posix(), line
    except (OSError, TypeError, ValueError):
        return None
