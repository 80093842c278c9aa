"""The rules of compatibility, one to a file, each with its cases in the tests."""

from __future__ import annotations

from kconv._check.change import FieldChange, KindChange, ProjectChange, TypeChange
from kconv._check.rule import Rule
from kconv._check.rules import (
    bound_loosened,
    bound_tightened,
    column_removed,
    conversion_changed,
    default_added,
    default_changed,
    default_computed,
    default_removed,
    deprecation_shortened,
    edge_removed,
    enum_added,
    enum_removed,
    field_added,
    field_missing_from_older,
    field_optional,
    field_removed,
    field_renamed,
    field_required,
    field_retyped,
    group_rule_added,
    group_rule_removed,
    kept_moved,
    kind_added,
    kind_removed,
    list_type_changed,
    map_type_changed,
    merge_key_changed,
    pattern_loosened,
    pattern_tightened,
    plural_changed,
    preferred_unstable,
    round_trip_lossy,
    scope_changed,
    short_name_removed,
    storage_unstable,
    subresource_added,
    subresource_removed,
    validation_added,
    validation_removed,
    version_removed_early,
    version_removed_recorded,
)

RETYPED: Rule[FieldChange] = field_retyped.RULE
"""Alone for fields of another type, whose other facts cannot be compared."""

FIELD_RULES: tuple[Rule[FieldChange], ...] = (
    bound_loosened.RULE,
    bound_tightened.RULE,
    default_added.RULE,
    default_changed.RULE,
    default_removed.RULE,
    enum_added.RULE,
    enum_removed.RULE,
    field_optional.RULE,
    field_required.RULE,
    list_type_changed.RULE,
    merge_key_changed.RULE,
    pattern_loosened.RULE,
    pattern_tightened.RULE,
    validation_added.RULE,
    validation_removed.RULE,
)

TYPE_RULES: tuple[Rule[TypeChange], ...] = (
    default_computed.RULE,
    field_added.RULE,
    field_removed.RULE,
    field_renamed.RULE,
    group_rule_added.RULE,
    group_rule_removed.RULE,
    map_type_changed.RULE,
)

KIND_RULES: tuple[Rule[KindChange], ...] = (
    column_removed.RULE,
    conversion_changed.RULE,
    deprecation_shortened.RULE,
    edge_removed.RULE,
    field_missing_from_older.RULE,
    kept_moved.RULE,
    plural_changed.RULE,
    round_trip_lossy.RULE,
    scope_changed.RULE,
    short_name_removed.RULE,
    subresource_added.RULE,
    subresource_removed.RULE,
)

PROJECT_RULES: tuple[Rule[ProjectChange], ...] = (
    kind_added.RULE,
    kind_removed.RULE,
    preferred_unstable.RULE,
    storage_unstable.RULE,
    version_removed_early.RULE,
    version_removed_recorded.RULE,
)

RULE_NAMES = sorted(
    rule.name
    for rules in (FIELD_RULES, TYPE_RULES, KIND_RULES, PROJECT_RULES, (RETYPED,))
    for rule in rules
)
"""The name of every rule."""
