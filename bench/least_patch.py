"""The least that could answer PATCHes: `python -m bench.least_patch URL NAME`.

Each request is decoded, merged into the object as it was before in the version asked for, decoded
and judged, converted to the stored version, written by the driver in a synced transaction,
and encoded for its client. There are no owners of fields, no rules on metadata, no look at what has
changed, no watches, no other clients, and no other verb or kind.
"""

import sys
from typing import Any

import msgspec

from bench.bare_app import serve
from bench.bare_driver import Bare
from bench.migration import NEW, OLD, UID, Rows
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._scheme import load_scheme


def main() -> None:
    url, name = sys.argv[1:]
    pipeline = Pipeline(load_scheme({"batch", "core"}))
    rows = Rows(1)
    driver = Bare(url, rows)
    find, counter, count_up, put, log = driver.statements
    cursor = driver.connection.cursor()
    decoded = pipeline.decode(rows.old[name], trusted=True)
    kind = decoded.spoke.kind
    asked = kind.spoke_for(GroupVersion.parse(NEW))
    stored = kind.spoke_for(GroupVersion.parse(OLD))
    assert asked is not None
    assert stored is not None
    current = pipeline.from_hub(pipeline.to_hub(decoded), asked)

    def patched(body: bytes) -> bytes:
        nonlocal current
        document = pipeline.dump(current)
        merge(document, msgspec.json.decode(body))
        current = pipeline.load(document, spoke=asked)
        data = pipeline.encode(pipeline.from_hub(pipeline.to_hub(current), stored))
        cursor.execute(driver.begin)
        assert cursor.execute(find, (name,)).fetchone()
        (number,) = cursor.execute(counter).fetchall()[0]
        cursor.execute(count_up, (number + 1,))
        cursor.execute(put, (number + 1, data, name))
        cursor.execute(log, (number + 1, name, UID, OLD, data))
        cursor.execute("COMMIT")
        return pipeline.encode(current)

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        data = patched((await receive())["body"])
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(data))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": data})

    serve(app)


def merge(document: dict[str, Any], patch: dict[str, Any]) -> None:
    """A merge patch that removes nothing."""
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(document.get(key), dict):
            merge(document[key], value)
        else:
            document[key] = value


if __name__ == "__main__":
    main()
