"""Discovery: which groups, versions and resources there are, in the old form and aggregated."""

from kconv._serve.discovery.aggregated import aggregated, aggregated_request
from kconv._serve.discovery.legacy import (
    api_group,
    api_group_list,
    api_resource_list,
    api_versions,
)

__all__ = [
    "aggregated",
    "aggregated_request",
    "api_group",
    "api_group_list",
    "api_resource_list",
    "api_versions",
]
