"""The triggers that keep what an object was; they are as revision 0003 makes them.

What changes an object that the change log no longer has keeps what it was. In the database, so
that every writer does.
"""

from __future__ import annotations

from typing import Final

_COLUMNS: Final = "grp, resource, namespace, name, resource_version, uid, api_version, data"
_OLD: Final = ", ".join(f"OLD.{name}" for name in _COLUMNS.split(", "))
_BEYOND: Final = "OLD.resource_version <= (SELECT compacted FROM kconv_revision)"
_EVENTS: Final = {
    "kconv_keep_past_of_updated": ("UPDATE OF resource_version", "NEW.resource_version"),
    "kconv_keep_past_of_deleted": ("DELETE", "(SELECT value FROM kconv_revision)"),
}
"""By the name of the trigger: after what, and up to which change the state was."""


def _keep(until: str) -> str:
    return (
        f"INSERT INTO kconv_past ({_COLUMNS}, until) VALUES ({_OLD}, {until}) "
        "ON CONFLICT DO NOTHING;"
    )


CREATE: Final = {
    "sqlite": [
        f"CREATE TRIGGER {name} BEFORE {event} ON kconv_objects "
        f"WHEN {_BEYOND} BEGIN {_keep(until)} END"
        for name, (event, until) in _EVENTS.items()
    ],
    "postgresql": [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_BEYOND} THEN {_keep(until)} END IF; RETURN NULL; END $$"
        for name, (_, until) in _EVENTS.items()
    ]
    + [
        f"CREATE TRIGGER {name} AFTER {event} ON kconv_objects "
        f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        for name, (event, _) in _EVENTS.items()
    ],
}
"""The statements, by dialect."""

DROP: Final = {
    "sqlite": [f"DROP TRIGGER {name}" for name in _EVENTS],
    "postgresql": [f"DROP TRIGGER {name} ON kconv_objects" for name in _EVENTS]
    + [f"DROP FUNCTION {name}()" for name in _EVENTS],
}
"""The statements that undo `CREATE`."""
