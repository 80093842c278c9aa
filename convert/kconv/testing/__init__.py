"""What tests of an API's versions need: objects made from their schemas.

`kconv.testing.strategies` needs Hypothesis, which is not installed with kconv.
"""
