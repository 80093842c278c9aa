"""The API core/events/v1."""
