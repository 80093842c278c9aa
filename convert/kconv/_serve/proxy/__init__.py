"""The proxy: requests to ``services/NAME/proxy`` go to where the operator said that service is."""

from kconv._serve.proxy.access import PROXY_VERBS, Access, access_of
from kconv._serve.proxy.forward import Forwarded, Proxy
from kconv._serve.proxy.services import ProxyServices, parts_of, proxy_services_of

__all__ = [
    "PROXY_VERBS",
    "Access",
    "Forwarded",
    "Proxy",
    "ProxyServices",
    "access_of",
    "parts_of",
    "proxy_services_of",
]
