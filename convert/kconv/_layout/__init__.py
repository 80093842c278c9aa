"""The layout of files that people keep: values in them change, and all else stays as it is.

A text of YAML or JSON is looked at as a tree of nodes, each with its place in the text. Where the
value of a document is to be another, only what differs is written anew: comments, order, quotes,
anchors, indentation, line ends and blank lines of everything else are not touched.
"""

from kconv._layout.edit import Edited, NotEditable, edit_json, edit_yaml

__all__ = ["Edited", "NotEditable", "edit_json", "edit_yaml"]
