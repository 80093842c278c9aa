"""The shipped groups and the example, tested as users test their own APIs."""

from kconv.testing import ApiTests

shipped = ApiTests(groups=("", "autoscaling", "batch"), golden="../golden")
example = ApiTests("backups:register", golden="golden")
