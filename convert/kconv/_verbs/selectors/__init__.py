"""Label and field selectors of list, watch and delete collection."""

from kconv._verbs.selectors.field import FieldSelector, parse_field_selector
from kconv._verbs.selectors.label import LabelSelector, parse_label_selector
from kconv._verbs.selectors.subject import Selector, Subject, selectable_fields

__all__ = [
    "FieldSelector",
    "LabelSelector",
    "Selector",
    "Subject",
    "parse_field_selector",
    "parse_label_selector",
    "selectable_fields",
]
