"""What can be asked of a kind: the paths of a version, and the operations on each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kconv._gvk import GroupVersionKind
from kconv._scheme import Spoke
from kconv._serve.negotiation import JSON, YAML
from kconv._serve.openapi import parameters as of
from kconv._serve.openapi.names import operation_id
from kconv._serve.openapi.schemas import Schemas
from kconv._serve.protobuf import MEDIA_TYPE as PROTOBUF
from kconv._serve.protobuf import offered
from kconv._verbs.kind_rules import is_review, subresource_kind, subresource_verbs, verbs_of
from kconv._verbs.patches import APPLY_PATCH, patch_types
from kconv.meta import DeleteOptions

Document = dict[str, Any]

_JSON_PATCH = "application/json-patch+json"


class Operations:
    """The operations on one version of a kind.

    ``one`` and ``many`` are the references to its schema and to that of its lists, ``scale`` to
    that of a Scale, and ``status`` to that of a Status.
    """

    def __init__(
        self, schemas: Schemas, spoke: Spoke, one: Document, many: Document, status: Document
    ) -> None:
        self._spoke = spoke
        self._one = one
        self._many = many
        self._status = status
        self._options = schemas.ref(DeleteOptions)
        self._forms = (JSON, YAML, PROTOBUF) if offered(spoke) else (JSON, YAML)
        self._streams = tuple(f"{each};stream=watch" for each in (JSON, PROTOBUF))
        if PROTOBUF not in self._forms:
            self._streams = self._streams[:1]

    def paths(self, scale: Document) -> Document:
        """The paths of the kind, each with its operations."""
        gvr, options = self._spoke.gvr, self._spoke.options
        root = f"/apis/{gvr.group_version}" if gvr.group else f"/api/{gvr.version}"
        place = f"{root}/namespaces/{{namespace}}" if options.namespaced else root
        whole = f"{place}/{options.plural}"
        if is_review(self._spoke.kind):
            asked = {"post": self._write("post", self._one, self._spoke.gvk)}
            return {whole: {**asked, "parameters": of.in_path(whole)}}
        found = {whole: self._collection(), f"{whole}/{{name}}": self._object()}
        if options.namespaced:
            found[f"{root}/{options.plural}"] = {"get": self._list(all_namespaces=True)}
        for each in sorted(options.subresources):
            found[f"{whole}/{{name}}/{each}"] = self._subresource(each, scale)
        return {path: {**item, "parameters": of.in_path(path)} for path, item in found.items()}

    def _collection(self) -> Document:
        item = {"get": self._list(), "post": self._write("post", self._one, self._spoke.gvk)}
        if "deletecollection" in verbs_of(self._spoke.kind):
            names = sorted({*of.SELECT, *of.DELETE})
            item["delete"] = self._operation("deletecollection", names, {"200": self._many})
            item["delete"]["requestBody"] = self._body(self._options, required=False)
        return item

    def _object(self) -> Document:
        gvk = self._spoke.gvk
        # What has finalizers is answered with, since it is still there.
        left = {"anyOf": [self._status, self._one]}
        delete = self._operation("delete", of.DELETE, {"200": left})
        delete["requestBody"] = self._body(self._options, required=False)
        return {
            "get": self._operation("get", of.READ, {"200": self._one}),
            "put": self._write("put", self._one, gvk),
            "patch": self._write("patch", self._one, gvk),
            "delete": delete,
        }

    def _subresource(self, subresource: str, scale: Document) -> Document:
        kind = subresource_kind(self._spoke.gvk, subresource)
        one = self._one if kind == self._spoke.gvk else scale
        verbs = subresource_verbs(subresource)
        item = {}
        if "get" in verbs:
            item["get"] = self._operation("get", of.READ, {"200": one}, kind, subresource)
        if "update" in verbs:
            item["put"] = self._write("put", one, kind, subresource)
        if "patch" in verbs:
            item["patch"] = self._write("patch", one, kind, subresource)
        return item

    def _list(self, *, all_namespaces: bool = False) -> Document:
        answers = {"200": self._many}
        operation = self._operation("list", of.LIST, answers, all_namespaces=all_namespaces)
        content = operation["responses"]["200"]["content"]
        content |= {each: {"schema": self._many} for each in self._streams}
        return operation

    def _write(
        self, action: str, one: Document, kind: GroupVersionKind, subresource: str = ""
    ) -> Document:
        answers = {"201": one} if action == "post" else {"200": one}
        names = list(of.WRITE)
        if action == "patch":
            names.append("force")
            if not subresource:
                answers["201"] = one  # an apply of what was not there
        operation = self._operation(action, sorted(names), answers, kind, subresource)
        operation["requestBody"] = _patches(self._spoke) if action == "patch" else self._body(one)
        return operation

    def _body(self, schema: Document, *, required: bool = True) -> Document:
        content = {each: {"schema": schema} for each in self._forms}
        return {"content": content, "required": True} if required else {"content": content}

    def _operation(
        self,
        action: str,
        names: Sequence[str],
        answers: Document,
        kind: GroupVersionKind | None = None,
        subresource: str = "",
        *,
        all_namespaces: bool = False,
    ) -> Document:
        own = self._spoke.gvk
        kind = kind or own
        named = operation_id(
            action,
            own.group_version,
            own.kind,
            namespaced=self._spoke.options.namespaced,
            subresource=subresource,
            all_namespaces=all_namespaces,
        )
        return {
            "operationId": named,
            "tags": [f"{own.group or 'core'}_{own.version}"],
            "description": _words(action, own.kind, subresource),
            "parameters": [of.in_query(each) for each in names],
            "responses": self._responses(answers),
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": {
                "group": kind.group,
                "kind": kind.kind,
                "version": kind.version,
            },
        }

    def _responses(self, answers: Document) -> Document:
        said = {"200": "It is done, or here it is.", "201": "It has been created."}
        found = {
            code: {
                "description": said[code],
                "content": {each: {"schema": schema} for each in self._forms},
            }
            for code, schema in sorted(answers.items())
        }
        return {**found, **refusals(self._status)}


def refusals(status: Document) -> Document:
    """The answers to requests that were not done."""
    content = {each: {"schema": status} for each in (JSON, YAML, PROTOBUF)}
    return {
        "401": {
            "description": "Who asks is not known: the token is missing or wrong.",
            "content": {JSON: {"schema": status}},
        },
        "default": {
            "description": "It was refused, or failed; the Status says why.",
            "content": content,
        },
    }


def _patches(spoke: Spoke) -> Document:
    content: Document = {}
    for each in (*patch_types(spoke), APPLY_PATCH):
        schema: Document = {"type": "object"}
        if each == _JSON_PATCH:
            schema = {"type": "array", "items": {"type": "object"}}
        content[each] = {"schema": schema}
    return {"content": content, "required": True}


def _words(action: str, kind: str, subresource: str) -> str:
    what = f"the {subresource} of a {kind}" if subresource else f"a {kind}"
    return {
        "list": f"List or watch objects of kind {kind}.",
        "post": f"Create {what}.",
        "get": f"Read {what}.",
        "put": f"Replace {what}.",
        "patch": f"Change parts of {what}, or apply a configuration of it.",
        "delete": f"Delete {what}.",
        "deletecollection": f"Delete objects of kind {kind}.",
    }[action]
