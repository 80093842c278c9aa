"""The pages of docs/ and the README, followed as a reader would."""
