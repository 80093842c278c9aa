"""The shipped groups and the examples, tested as users test their own APIs."""

from fixtures.long import examples
from kconv.testing import ApiTests

shipped = ApiTests(groups=("", "autoscaling", "batch"), golden="../golden", examples=examples(30))
example = ApiTests("backups:register", golden="golden")
orders = ApiTests("shop.versions:register", golden="golden_orders")
devices = ApiTests(
    "devices:register", golden="golden_devices", cases="cases_devices", examples=8
)  # fmt: skip
documents = ApiTests("documents.kinds:register", golden=None, examples=examples(40))
