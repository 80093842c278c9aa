"""The computed defaults of claims, which templates of a StatefulSet have too."""

from __future__ import annotations

from kconv import zero_is_absent
from kconv_schemas.core.v1.types import PersistentVolumeClaimStatus

zero_is_absent(PersistentVolumeClaimStatus, "phase")
