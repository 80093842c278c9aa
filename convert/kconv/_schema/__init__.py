"""`Type`, the marshmallow schema of one struct of an API, and what a group adds to one by hand.

Constant defaults and rules about a single field are said on the field. What is computed from
several fields is a function beside the type: `defaults` and `derives` for values that are filled
in, `validates` for rules, `validates_update` for rules about a change. So generated types stay
generated.
"""

from kconv._schema.decorators import (
    defaults,
    derives,
    judged_by_value,
    omits_zero,
    validates,
    validates_update,
    zero_is_absent,
)
from kconv._schema.functions import (
    Defaulter,
    Derived,
    Rule,
    UpdateRule,
    Value,
    calling,
    findings_by,
    function_failed,
)
from kconv._schema.objects import TypedObject, from_dict, revived, to_dict
from kconv._schema.one_of import union_in, union_of
from kconv._schema.settled import null_element
from kconv._schema.type import Type, TypeOptions, decode, fields_only, inherited
from kconv._schema.zeros import has_zeros, omitted_fields, omitted_zeros, without_zeros

__all__ = [
    "Defaulter",
    "Derived",
    "Rule",
    "Type",
    "TypeOptions",
    "TypedObject",
    "UpdateRule",
    "Value",
    "calling",
    "decode",
    "defaults",
    "derives",
    "fields_only",
    "findings_by",
    "from_dict",
    "function_failed",
    "has_zeros",
    "inherited",
    "judged_by_value",
    "null_element",
    "omits_zero",
    "omitted_fields",
    "omitted_zeros",
    "revived",
    "to_dict",
    "union_in",
    "union_of",
    "validates",
    "validates_update",
    "without_zeros",
    "zero_is_absent",
]
