"""The proxy: requests to ``services/NAME/proxy`` go to where the operator said that service is."""

from kconv._serve.proxy.access import Access, access_of
from kconv._serve.proxy.forward import Forwarded, Proxy
from kconv._serve.proxy.services import ProxyServices, proxy_services_of

__all__ = [
    "Access",
    "Forwarded",
    "Proxy",
    "ProxyServices",
    "access_of",
    "proxy_services_of",
]
