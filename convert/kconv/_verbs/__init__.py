"""The verbs of the API without HTTP: stored objects read, judged, written and watched.

The server and the client stand on them, so that both do the same.
"""
