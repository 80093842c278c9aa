"""What runs a conversion webhook in a cluster, as manifests."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

PORT = 9443
_CERTIFICATES = "/tls"


def manifests(
    *,
    name: str,
    namespace: str,
    image: str,
    apis: list[str],
    replicas: int,
    cert_manager: bool = False,
    own_ca: bool = False,
    crds: list[str],
) -> list[Document]:
    """A Deployment with what it needs: several replicas, a Service, a budget for disruptions.

    It has no rights and no token: a webhook asks the API server nothing. The certificate comes
    from the Secret ``NAME-tls``; with ``cert_manager`` an issuer and a certificate that fill it are
    among the documents. With ``own_ca`` the replicas keep it: they may read and write that Secret,
    and the ``crds``, whose bundle they keep, too.
    """
    labels = {"app.kubernetes.io/name": name}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    if own_ca:
        certificate = ["--own-ca", f"{namespace}/{name}-tls", "--service", f"{namespace}/{name}"]
        # Keys are in memory alone; what is made of them goes where Python puts what is temporary.
        volume: Document = {"emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}
        pod = _pod(name, image, apis, certificate, volume, "/tmp", read_only=False)
    else:
        certificate = ["--tls-cert-file", f"{_CERTIFICATES}/tls.crt"]
        certificate += ["--tls-private-key-file", f"{_CERTIFICATES}/tls.key"]
        volume = {"secret": {"secretName": f"{name}-tls"}}
        pod = _pod(name, image, apis, certificate, volume, _CERTIFICATES, read_only=True)
    documents: list[Document] = [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata,
            "automountServiceAccountToken": own_ca,
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
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
    ]
    if cert_manager:
        documents += _cert_manager(name, namespace)
    if own_ca:
        documents += _rights(name, namespace, crds)
    return documents


def _pod(
    name: str,
    image: str,
    apis: list[str],
    certificate: list[str],
    volume: Document,
    folder: str,
    *,
    read_only: bool,
) -> Document:
    command = ["kconv", "webhook", "serve", "--host", "0.0.0.0", "--port", str(PORT)]
    for api in apis:
        command += ["--apis", api]
    command += certificate

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
                    {"name": "certificate", "mountPath": folder, "readOnly": read_only}
                ],
            }
        ],
        "volumes": [{"name": "certificate", **volume}],
    }


def _rights(name: str, namespace: str, crds: list[str]) -> list[Document]:
    """The rights of replicas that keep a Secret and the bundles of CRDs."""
    secret = f"{name}-tls"
    everywhere = f"{name}.{namespace}"
    group = "rbac.authorization.k8s.io"
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]

    def bound(kind: str, of: str, metadata: Document) -> Document:
        return {
            "apiVersion": f"{group}/v1",
            "kind": kind,
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": of, "name": metadata["name"]},
            "subjects": subjects,
        }

    def allowed(groups: str, resource: str, verbs: list[str], *names: str) -> Document:
        named = {"resourceNames": [*names]} if names else {}
        return {"apiGroups": [groups], "resources": [resource], "verbs": verbs, **named}

    local = {"name": name, "namespace": namespace}
    return [
        {
            "apiVersion": f"{group}/v1",
            "kind": "Role",
            "metadata": local,
            "rules": [
                allowed("", "secrets", ["get", "patch"], secret),
                # Whose name is not known yet when rights are looked at.
                allowed("", "secrets", ["create"]),
            ],
        },
        bound("RoleBinding", "Role", local),
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": everywhere},
            "rules": [
                allowed(
                    "apiextensions.k8s.io", "customresourcedefinitions", ["get", "patch"], *crds
                )
            ],
        },
        bound("ClusterRoleBinding", "ClusterRole", {"name": everywhere}),
    ]


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
