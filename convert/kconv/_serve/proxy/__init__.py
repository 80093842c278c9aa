"""The proxy: requests to ``services/NAME/proxy`` go to where the operator said that service is."""

from kconv._serve.proxy.forward import Forwarded, Proxy
from kconv._serve.proxy.services import ProxyServices, proxy_services_of

__all__ = ["Forwarded", "Proxy", "ProxyServices", "proxy_services_of"]
