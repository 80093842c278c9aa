"""The verbs of the API, one module each: a `kconv._serve.resource_request.Call` in, an answer out.

They block, and are run in a thread; all but watch, which is in `kconv._serve.watch`.
"""
