"""What runs a conversion webhook in a cluster, as manifests."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

PORT = 9443
_CERTIFICATES = "/tls"


def manifests(
    *, name: str, namespace: str, image: str, apis: list[str], replicas: int, cert_manager: bool
) -> list[Document]:
    """A Deployment with what it needs: several replicas, a Service, a budget for disruptions.

    It has no rights and no token: a webhook asks the API server nothing. The certificate comes
    from the Secret ``NAME-tls``; with ``cert_manager`` an issuer and a certificate that fill it are
    among the documents.
    """
    labels = {"app.kubernetes.io/name": name}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    documents: list[Document] = [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata,
            "automountServiceAccountToken": False,
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {
                "selector": labels,
                "ports": [{"name": "https", "port": 443, "targetPort": "https"}],
            },
        },
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata,
            "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                "template": {"metadata": {"labels": labels}, "spec": _pod(name, image, apis)},
            },
        },
    ]
    return documents + (_cert_manager(name, namespace) if cert_manager else [])


def _pod(name: str, image: str, apis: list[str]) -> Document:
    command = ["kconv", "webhook", "serve", "--host", "0.0.0.0", "--port", str(PORT)]
    for api in apis:
        command += ["--apis", api]
    command += ["--tls-cert-file", f"{_CERTIFICATES}/tls.crt"]
    command += ["--tls-private-key-file", f"{_CERTIFICATES}/tls.key"]

    def probe(path: str, period: int) -> Document:
        return {
            "httpGet": {"path": path, "port": "https", "scheme": "HTTPS"},
            "periodSeconds": period,
        }

    labels = {"app.kubernetes.io/name": name}
    return {
        "serviceAccountName": name,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": labels},
            }
        ],
        "containers": [
            {
                "name": "webhook",
                "image": image,
                "command": command,
                "ports": [{"name": "https", "containerPort": PORT}],
                "livenessProbe": probe("/livez", 10),
                "readinessProbe": probe("/readyz", 2),
                "resources": {
                    "requests": {"cpu": "100m", "memory": "128Mi"},
                    "limits": {"memory": "512Mi"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [
                    {"name": "certificate", "mountPath": _CERTIFICATES, "readOnly": True}
                ],
            }
        ],
        "volumes": [{"name": "certificate", "secret": {"secretName": f"{name}-tls"}}],
    }


def _cert_manager(name: str, namespace: str) -> list[Document]:
    metadata = {"name": name, "namespace": namespace}
    host = f"{name}.{namespace}.svc"
    return [
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Issuer",
            "metadata": metadata,
            "spec": {"selfSigned": {}},
        },
        {
            "apiVersion": "cert-manager.io/v1",
            "kind": "Certificate",
            "metadata": metadata,
            "spec": {
                "secretName": f"{name}-tls",
                "dnsNames": [host, f"{host}.cluster.local"],
                "issuerRef": {"name": name, "kind": "Issuer"},
                "privateKey": {"rotationPolicy": "Always"},
            },
        },
    ]
