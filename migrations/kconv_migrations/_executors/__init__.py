"""What a migration does with rows, in this process or in workers beside it."""
