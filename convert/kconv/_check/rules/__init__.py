"""The rules of compatibility: a file for each subject, and cases for each rule in the tests."""

from __future__ import annotations

from kconv._check.change import FieldChange, KindChange, ProjectChange, TypeChange
from kconv._check.rule import Rule
from kconv._check.rules import (
    bounds,
    conversions,
    defaults,
    documents,
    enums,
    fields,
    kinds,
    kubectl,
    losses,
    merging,
    removal,
    stability,
    subresources,
    validators,
)

RETYPED: Rule[FieldChange] = fields.field_retyped
"""Alone for fields of another type, whose other facts cannot be compared."""

FIELD_RULES: tuple[Rule[FieldChange], ...] = (
    bounds.bound_loosened,
    bounds.bound_tightened,
    bounds.pattern_loosened,
    bounds.pattern_tightened,
    defaults.default_added,
    defaults.default_changed,
    defaults.default_removed,
    enums.enum_added,
    enums.enum_removed,
    fields.field_optional,
    fields.field_required,
    merging.list_type_changed,
    merging.merge_key_changed,
    validators.validation_added,
    validators.validation_removed,
)

TYPE_RULES: tuple[Rule[TypeChange], ...] = (
    defaults.default_computed,
    fields.field_added,
    fields.field_removed,
    fields.field_renamed,
    merging.map_type_changed,
    validators.group_rule_added,
    validators.group_rule_removed,
)

KIND_RULES: tuple[Rule[KindChange], ...] = (
    conversions.conversion_changed,
    conversions.edge_removed,
    conversions.kept_moved,
    documents.nulls_changed,
    documents.unknown_fields_changed,
    kinds.plural_changed,
    kinds.scope_changed,
    kubectl.column_removed,
    kubectl.short_name_removed,
    losses.field_missing_from_older,
    losses.round_trip_lossy,
    removal.deprecation_shortened,
    subresources.subresource_added,
    subresources.subresource_removed,
)

PROJECT_RULES: tuple[Rule[ProjectChange], ...] = (
    kinds.kind_added,
    kinds.kind_removed,
    removal.version_removed_early,
    removal.version_removed_recorded,
    stability.preferred_unstable,
    stability.storage_unstable,
)

RULE_NAMES = sorted(
    rule.name
    for rules in (FIELD_RULES, TYPE_RULES, KIND_RULES, PROJECT_RULES, (RETYPED,))
    for rule in rules
)
"""The name of every rule."""
