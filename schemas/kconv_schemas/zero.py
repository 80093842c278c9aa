"""Zero values that mean "not set"."""

from __future__ import annotations

from typing import Any

from kconv.schema import Type, defaults


def zero_is_absent(cls: type[Type], *names: str) -> None:
    """Let ``""`` and ``0`` in these fields mean what absence does: the field's own default.

    Kubernetes declares them without a pointer, so its decoder cannot tell the two apart and fills
    in the default for either. ``names`` are fields of ``cls`` that have a constant default.
    """
    fields = cls.instance().wire_fields()
    constants = {name: fields[name].load_default for name in names}

    @defaults(cls)
    def fill_in(value: dict[str, Any]) -> None:
        for name, constant in constants.items():
            if not value.get(name):
                value[name] = constant
