"""The API core/events."""
