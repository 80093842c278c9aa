"""The verbs as requests ask for them: what is in the query and the body, handed to `kconv._verbs`.

Each raises `kconv._verbs.refusal.Refusal` for parameters that make no sense, and what its verb
raises.
"""

from __future__ import annotations

from collections.abc import Awaitable

from kconv._serve.delete_options import delete_options
from kconv._serve.negotiation import media_type_of
from kconv._serve.options import list_options, read_version, write_options
from kconv._serve.request_body import body_of
from kconv._serve.resource_request import ResourceRequest
from kconv._verbs import apply as applying
from kconv._verbs import create as creating
from kconv._verbs import delete as deleting
from kconv._verbs import delete_collection as deleting_many
from kconv._verbs import get as reading
from kconv._verbs import list as listing
from kconv._verbs import patch as patching
from kconv._verbs import scale as scaling
from kconv._verbs import update as updating
from kconv._verbs.answer import Answer
from kconv._verbs.apply import read_configuration
from kconv._verbs.options import DeleteOptions
from kconv._verbs.patches import APPLY_PATCH, PATCH_TYPES, patch_types, read_patch
from kconv._verbs.search import selector_of
from kconv._verbs.selectors import Selector


def selector(request: ResourceRequest) -> Selector:
    """The selectors in the query. Raises `Refusal` (400) for one that cannot be read."""
    query = request.query
    return selector_of(request.kind, query.get("labelSelector", ""), query.get("fieldSelector", ""))


def create(request: ResourceRequest) -> Awaitable[Answer]:
    """POST to a collection."""
    options = write_options(request.query, "CreateOptions", request.user_agent)
    return creating.create(request, body_of(request.body, request.content_type), options)


def get(request: ResourceRequest) -> Awaitable[Answer]:
    """GET of one object."""
    if request.target.subresource == scaling.SUBRESOURCE:
        return scaling.get(request)
    return reading.get(request, read_version(request.query) if request.query else 0)


def list_objects(request: ResourceRequest) -> Awaitable[Answer]:
    """GET of a collection."""
    options = list_options(request.query)
    return listing.list_objects(request, options, selector(request), in_batches=request.is_plain)


def update(request: ResourceRequest) -> Awaitable[Answer]:
    """PUT of an object, or of a part of it."""
    options = write_options(request.query, "UpdateOptions", request.user_agent)
    if request.target.subresource == scaling.SUBRESOURCE:
        return scaling.update(request, body_of(request.body, request.content_type), options)
    return updating.update(request, body_of(request.body, request.content_type), options)


async def patch(request: ResourceRequest) -> Answer:
    """PATCH of an object, or of a part of it."""
    media_type = media_type_of(request.content_type)
    applies = media_type == APPLY_PATCH
    options = write_options(request.query, "PatchOptions", request.user_agent, applies=applies)
    scales = request.target.subresource == scaling.SUBRESOURCE
    if applies:
        configuration = await request.work(lambda: read_configuration(request.body))
        return await (scaling.apply if scales else applying.apply)(request, configuration, options)
    says = options.field_validation != "Ignore"
    types = PATCH_TYPES if scales else patch_types(request.spoke)
    read = await request.work(lambda: read_patch(media_type, request.body, says=says, types=types))
    return await (scaling.patch if scales else patching.patch)(request, read, options)


async def delete(request: ResourceRequest) -> Answer:
    """DELETE of one object."""
    return await deleting.delete(request, await _delete_options(request))


async def delete_collection(request: ResourceRequest) -> Answer:
    """DELETE of a collection."""
    options = await _delete_options(request)
    chosen = list_options(request.query)
    return await deleting_many.delete_collection(request, chosen, selector(request), options)


async def _delete_options(request: ResourceRequest) -> DeleteOptions:
    body, content_type = request.body, request.content_type
    return await request.work(lambda: delete_options(request.query, body, content_type))
