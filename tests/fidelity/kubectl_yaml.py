"""What the real kubectl reads in YAML, without a server."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

REFUSED: Final = "(refused)"


def as_kubectl_reads(kubectl: Path, folder: Path, specs: Sequence[bytes]) -> list[Any]:
    """The ``spec`` of each document that begins with one; `REFUSED` where kubectl reads none.

    All go through one call: kubectl labels the files of a folder and prints them as JSON.
    """
    files = folder / "documents"
    files.mkdir(exist_ok=True)
    for old in files.iterdir():
        old.unlink()
    for number, spec in enumerate(specs):
        head = f"apiVersion: example.com/v1\nkind: Corpus\nmetadata: {{name: n{number}}}\n"
        (files / f"{number:06}.yaml").write_bytes(head.encode() + spec)
    command = [str(kubectl), "label", "--local", "-f", str(files), "-o", "json", "read=by-kubectl"]
    done = subprocess.run(
        command, capture_output=True, timeout=120, check=False,
        env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip
    found: list[Any] = [REFUSED] * len(specs)
    for value in _values(done.stdout.decode()):
        found[int(value["metadata"]["name"][1:])] = value.get("spec")
    assert len(specs) < 2 or found.count(REFUSED) < len(specs), done.stderr.decode()
    return found


def _values(text: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        yield value


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: ``1`` is not ``true``, nor ``1.5`` the key ``"1.5"``.

    An integer beyond 64 bits, which is read exactly here, is the float that kubectl makes of it.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        keys = {(type(key), key) for key in one} == {(type(key), key) for key in other}
        return keys and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    one, other = _within_64_bits(one), _within_64_bits(other)
    return type(one) is type(other) and bool(one == other)


def _within_64_bits(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value)
    return value
