"""Since and until when releases of Kubernetes serve a version of a kind, and what replaces it.

Written by `tools/write-releases` from what the API's types say of themselves
(kubernetes/api to release-1.36). A version that is not in here is served by every release,
as far as is known.
"""

from __future__ import annotations

Kinds = dict[str, tuple[str, str, str, str]]
"""By kind: introduced in, deprecated in, removed in, replaced by (a version and a kind)."""

NEWEST = "1.36"
"""The newest release that is known."""

RELEASES: dict[str, Kinds] = {
    "admission.k8s.io/v1": {
        "AdmissionReview": ("1.19", "", "", ""),
    },
    "admission.k8s.io/v1beta1": {
        "AdmissionReview": ("1.9", "1.19", "1.22", "admission.k8s.io/v1 AdmissionReview"),
    },
    "admissionregistration.k8s.io/v1": {
        "MutatingAdmissionPolicy": ("1.36", "", "", ""),
        "MutatingAdmissionPolicyBinding": ("1.36", "", "", ""),
        "MutatingWebhookConfiguration": ("1.16", "", "", ""),
        "ValidatingAdmissionPolicy": ("1.30", "", "", ""),
        "ValidatingAdmissionPolicyBinding": ("1.30", "", "", ""),
        "ValidatingWebhookConfiguration": ("1.16", "", "", ""),
    },
    "admissionregistration.k8s.io/v1alpha1": {
        "MutatingAdmissionPolicy": ("1.32", "1.35", "1.38", ""),
        "MutatingAdmissionPolicyBinding": ("1.32", "1.35", "1.38", ""),
        "ValidatingAdmissionPolicy": ("1.26", "1.29", "1.32", ""),
        "ValidatingAdmissionPolicyBinding": ("1.26", "1.29", "1.32", ""),
    },
    "admissionregistration.k8s.io/v1beta1": {
        "MutatingAdmissionPolicy": (
            "1.34",
            "1.37",
            "1.40",
            "admissionregistration.k8s.io/v1 MutatingAdmissionPolicy",
        ),
        "MutatingAdmissionPolicyBinding": (
            "1.34",
            "1.37",
            "1.40",
            "admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding",
        ),
        "MutatingWebhookConfiguration": (
            "1.9",
            "1.16",
            "1.22",
            "admissionregistration.k8s.io/v1 MutatingWebhookConfiguration",
        ),
        "ValidatingAdmissionPolicy": ("1.28", "1.31", "1.34", ""),
        "ValidatingAdmissionPolicyBinding": ("1.28", "1.31", "1.34", ""),
        "ValidatingWebhookConfiguration": (
            "1.9",
            "1.16",
            "1.22",
            "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
        ),
    },
    "apidiscovery.k8s.io/v2": {
        "APIGroupDiscovery": ("1.30", "", "", ""),
    },
    "apidiscovery.k8s.io/v2beta1": {
        "APIGroupDiscovery": ("1.26", "1.32", "1.35", ""),
    },
    "apiextensions.k8s.io/v1": {
        "CustomResourceDefinition": ("1.16", "", "", ""),
    },
    "apiextensions.k8s.io/v1beta1": {
        "CustomResourceDefinition": (
            "1.7",
            "1.16",
            "1.22",
            "apiextensions.k8s.io/v1 CustomResourceDefinition",
        ),
    },
    "apiregistration.k8s.io/v1": {
        "APIService": ("1.10", "", "", ""),
    },
    "apiregistration.k8s.io/v1beta1": {
        "APIService": ("1.7", "1.19", "1.22", "apiregistration.k8s.io/v1 APIService"),
    },
    "apps/v1": {
        "ControllerRevision": ("1.9", "", "", ""),
        "DaemonSet": ("1.9", "", "", ""),
        "Deployment": ("1.9", "", "", ""),
        "ReplicaSet": ("1.9", "", "", ""),
        "StatefulSet": ("1.9", "", "", ""),
    },
    "apps/v1beta1": {
        "ControllerRevision": ("1.7", "1.8", "1.16", "apps/v1 ControllerRevision"),
        "Deployment": ("1.6", "1.8", "1.16", "apps/v1 Deployment"),
        "DeploymentRollback": ("1.6", "1.8", "1.16", "apps/v1 DeploymentRollback"),
        "Scale": ("1.6", "1.8", "1.16", "autoscaling/v1 Scale"),
        "StatefulSet": ("1.5", "1.8", "1.16", "apps/v1 StatefulSet"),
    },
    "apps/v1beta2": {
        "ControllerRevision": ("1.8", "1.9", "1.16", "apps/v1 ControllerRevision"),
        "DaemonSet": ("1.8", "1.9", "1.16", "apps/v1 DaemonSet"),
        "Deployment": ("1.8", "1.9", "1.16", "apps/v1 Deployment"),
        "ReplicaSet": ("1.8", "1.9", "1.16", "apps/v1 ReplicaSet"),
        "Scale": ("1.8", "1.9", "1.16", "autoscaling/v1 Scale"),
        "StatefulSet": ("1.8", "1.9", "1.16", "apps/v1 StatefulSet"),
    },
    "authentication.k8s.io/v1": {
        "SelfSubjectReview": ("1.28", "", "", ""),
        "TokenRequest": ("1.10", "", "", ""),
        "TokenReview": ("1.6", "", "", ""),
    },
    "authentication.k8s.io/v1alpha1": {
        "SelfSubjectReview": ("1.26", "1.29", "1.32", ""),
    },
    "authentication.k8s.io/v1beta1": {
        "SelfSubjectReview": ("1.27", "1.30", "1.33", ""),
        "TokenReview": ("1.4", "1.19", "1.22", "authentication.k8s.io/v1 TokenReview"),
    },
    "authorization.k8s.io/v1": {
        "LocalSubjectAccessReview": ("1.19", "", "", ""),
        "SelfSubjectAccessReview": ("1.19", "", "", ""),
        "SelfSubjectRulesReview": ("1.19", "", "", ""),
        "SubjectAccessReview": ("1.6", "", "", ""),
    },
    "authorization.k8s.io/v1beta1": {
        "LocalSubjectAccessReview": (
            "1.2",
            "1.19",
            "1.22",
            "authorization.k8s.io/v1 LocalSubjectAccessReview",
        ),
        "SelfSubjectAccessReview": (
            "1.2",
            "1.19",
            "1.22",
            "authorization.k8s.io/v1 SelfSubjectAccessReview",
        ),
        "SelfSubjectRulesReview": (
            "1.8",
            "1.19",
            "1.22",
            "authorization.k8s.io/v1 SelfSubjectRulesReview",
        ),
        "SubjectAccessReview": (
            "1.2",
            "1.19",
            "1.22",
            "authorization.k8s.io/v1 SubjectAccessReview",
        ),
    },
    "autoscaling/v1": {
        "HorizontalPodAutoscaler": ("1.2", "", "", ""),
        "Scale": ("1.2", "", "", ""),
    },
    "autoscaling/v2": {
        "HorizontalPodAutoscaler": ("1.23", "", "", ""),
    },
    "autoscaling/v2beta1": {
        "HorizontalPodAutoscaler": (
            "1.8",
            "1.22",
            "1.25",
            "autoscaling/v2 HorizontalPodAutoscaler",
        ),
    },
    "autoscaling/v2beta2": {
        "HorizontalPodAutoscaler": (
            "1.12",
            "1.23",
            "1.26",
            "autoscaling/v2 HorizontalPodAutoscaler",
        ),
    },
    "batch/v1": {
        "CronJob": ("1.21", "", "", ""),
        "Job": ("1.2", "", "", ""),
    },
    "batch/v1beta1": {
        "CronJob": ("1.8", "1.21", "1.25", "batch/v1 CronJob"),
        "JobTemplate": ("1.8", "1.22", "1.25", ""),
    },
    "batch/v2alpha1": {
        "CronJob": ("1.8", "1.21", "1.21", "batch/v1 CronJob"),
        "ScheduledJob": ("1.4", "1.5", "1.8", "batch/v1 CronJob"),
    },
    "certificates.k8s.io/v1": {
        "CertificateSigningRequest": ("1.19", "", "", ""),
    },
    "certificates.k8s.io/v1alpha1": {
        "ClusterTrustBundle": ("1.26", "1.34", "1.37", ""),
        "PodCertificateRequest": ("1.34", "1.37", "1.40", ""),
    },
    "certificates.k8s.io/v1beta1": {
        "CertificateSigningRequest": (
            "1.12",
            "1.19",
            "1.22",
            "certificates.k8s.io/v1 CertificateSigningRequest",
        ),
        "ClusterTrustBundle": ("1.33", "1.37", "1.40", ""),
        "PodCertificateRequest": ("1.35", "1.38", "1.41", ""),
    },
    "coordination.k8s.io/v1": {
        "Lease": ("1.14", "", "", ""),
    },
    "coordination.k8s.io/v1alpha1": {
        "LeaseCandidate": ("1.31", "1.34", "1.37", ""),
    },
    "coordination.k8s.io/v1alpha2": {
        "LeaseCandidate": ("1.32", "1.35", "1.38", ""),
    },
    "coordination.k8s.io/v1beta1": {
        "Lease": ("1.12", "1.19", "1.22", "coordination.k8s.io/v1 Lease"),
        "LeaseCandidate": ("1.33", "1.36", "1.39", ""),
    },
    "discovery.k8s.io/v1": {
        "EndpointSlice": ("1.21", "", "", ""),
    },
    "discovery.k8s.io/v1beta1": {
        "EndpointSlice": ("1.16", "1.21", "1.25", "discovery.k8s.io/v1 EndpointSlice"),
    },
    "events.k8s.io/v1": {
        "Event": ("1.19", "", "", ""),
    },
    "events.k8s.io/v1beta1": {
        "Event": ("1.8", "1.22", "1.25", ""),
    },
    "extensions/v1beta1": {
        "DaemonSet": ("1.1", "1.8", "1.16", "apps/v1 DaemonSet"),
        "Deployment": ("1.1", "1.8", "1.16", "apps/v1 Deployment"),
        "DeploymentRollback": ("1.2", "1.8", "1.16", ""),
        "Ingress": ("1.1", "1.14", "1.22", "networking.k8s.io/v1 Ingress"),
        "NetworkPolicy": ("1.3", "1.9", "1.16", "networking.k8s.io/v1 NetworkPolicy"),
        "PodSecurityPolicy": ("1.2", "1.11", "1.16", "policy/v1beta1 PodSecurityPolicy"),
        "ReplicaSet": ("1.2", "1.8", "1.16", "apps/v1 ReplicaSet"),
        "Scale": ("1.1", "1.2", "1.16", ""),
    },
    "flowcontrol.apiserver.k8s.io/v1": {
        "FlowSchema": ("1.29", "", "", ""),
        "PriorityLevelConfiguration": ("1.29", "", "", ""),
    },
    "flowcontrol.apiserver.k8s.io/v1alpha1": {
        "FlowSchema": ("1.18", "1.20", "1.21", "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema"),
        "PriorityLevelConfiguration": (
            "1.18",
            "1.20",
            "1.21",
            "flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration",
        ),
    },
    "flowcontrol.apiserver.k8s.io/v1beta1": {
        "FlowSchema": ("1.20", "1.23", "1.26", "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema"),
        "PriorityLevelConfiguration": (
            "1.20",
            "1.23",
            "1.26",
            "flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration",
        ),
    },
    "flowcontrol.apiserver.k8s.io/v1beta2": {
        "FlowSchema": ("1.23", "1.26", "1.29", "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema"),
        "PriorityLevelConfiguration": (
            "1.23",
            "1.26",
            "1.29",
            "flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration",
        ),
    },
    "flowcontrol.apiserver.k8s.io/v1beta3": {
        "FlowSchema": ("1.26", "1.29", "1.32", "flowcontrol.apiserver.k8s.io/v1 FlowSchema"),
        "PriorityLevelConfiguration": (
            "1.26",
            "1.29",
            "1.32",
            "flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration",
        ),
    },
    "networking.k8s.io/v1": {
        "IPAddress": ("1.33", "", "", ""),
        "Ingress": ("1.19", "", "", ""),
        "IngressClass": ("1.19", "", "", ""),
        "NetworkPolicy": ("1.7", "", "", ""),
        "ServiceCIDR": ("1.33", "", "", ""),
    },
    "networking.k8s.io/v1alpha1": {
        "ClusterCIDR": ("1.25", "1.28", "1.31", ""),
        "IPAddress": ("1.27", "1.30", "1.33", ""),
        "ServiceCIDR": ("1.27", "1.30", "1.33", ""),
    },
    "networking.k8s.io/v1beta1": {
        "IPAddress": ("1.31", "1.34", "1.37", ""),
        "Ingress": ("1.14", "1.19", "1.22", "networking.k8s.io/v1 Ingress"),
        "IngressClass": ("1.18", "1.19", "1.22", "networking.k8s.io/v1 IngressClassList"),
        "ServiceCIDR": ("1.31", "1.34", "1.37", ""),
    },
    "node.k8s.io/v1": {
        "RuntimeClass": ("1.20", "", "", ""),
    },
    "node.k8s.io/v1beta1": {
        "RuntimeClass": ("1.13", "1.22", "1.25", ""),
    },
    "policy/v1": {
        "Eviction": ("1.22", "", "", ""),
        "PodDisruptionBudget": ("1.21", "", "", ""),
    },
    "policy/v1beta1": {
        "Eviction": ("1.5", "1.22", "1.25", ""),
        "PodDisruptionBudget": ("1.5", "1.21", "1.25", "policy/v1 PodDisruptionBudget"),
        "PodSecurityPolicy": ("1.10", "1.21", "1.25", ""),
    },
    "rbac.authorization.k8s.io/v1": {
        "ClusterRole": ("1.8", "", "", ""),
        "ClusterRoleBinding": ("1.8", "", "", ""),
        "Role": ("1.8", "", "", ""),
        "RoleBinding": ("1.8", "", "", ""),
    },
    "rbac.authorization.k8s.io/v1beta1": {
        "ClusterRole": ("1.6", "1.17", "1.22", "rbac.authorization.k8s.io/v1 ClusterRole"),
        "ClusterRoleBinding": (
            "1.6",
            "1.17",
            "1.22",
            "rbac.authorization.k8s.io/v1 ClusterRoleBinding",
        ),
        "Role": ("1.6", "1.17", "1.22", "rbac.authorization.k8s.io/v1 Role"),
        "RoleBinding": ("1.6", "1.17", "1.22", "rbac.authorization.k8s.io/v1 RoleBinding"),
    },
    "resource.k8s.io/v1": {
        "DeviceClass": ("1.34", "", "", ""),
        "ResourceClaim": ("1.34", "", "", ""),
        "ResourceClaimTemplate": ("1.34", "", "", ""),
        "ResourceSlice": ("1.34", "", "", ""),
    },
    "resource.k8s.io/v1alpha3": {
        "DeviceClass": ("1.31", "1.34", "1.37", "resource.k8s.io/v1beta1 DeviceClass"),
        "DeviceTaintRule": ("1.33", "1.36", "1.39", ""),
        "ResourceClaim": ("1.31", "1.34", "1.37", "resource.k8s.io/v1beta1 ResourceClaim"),
        "ResourceClaimTemplate": (
            "1.31",
            "1.34",
            "1.37",
            "resource.k8s.io/v1beta1 ResourceClaimTemplate",
        ),
        "ResourcePoolStatusRequest": ("1.36", "1.39", "1.42", ""),
        "ResourceSlice": ("1.31", "1.34", "1.37", "resource.k8s.io/v1beta1 ResourceSlice"),
    },
    "resource.k8s.io/v1beta1": {
        "DeviceClass": ("1.32", "1.35", "1.38", ""),
        "ResourceClaim": ("1.32", "1.35", "1.38", ""),
        "ResourceClaimTemplate": ("1.32", "1.35", "1.38", ""),
        "ResourceSlice": ("1.32", "1.35", "1.38", ""),
    },
    "resource.k8s.io/v1beta2": {
        "DeviceClass": ("1.33", "1.36", "1.39", ""),
        "DeviceTaintRule": ("1.36", "1.39", "1.42", ""),
        "ResourceClaim": ("1.33", "1.36", "1.39", ""),
        "ResourceClaimTemplate": ("1.33", "1.36", "1.39", ""),
        "ResourceSlice": ("1.33", "1.36", "1.39", ""),
    },
    "scheduling.k8s.io/v1": {
        "PriorityClass": ("1.14", "", "", ""),
    },
    "scheduling.k8s.io/v1beta1": {
        "PriorityClass": ("1.11", "1.14", "1.22", "scheduling.k8s.io/v1 PriorityClass"),
    },
    "storage.k8s.io/v1": {
        "CSIDriver": ("1.18", "", "", ""),
        "CSINode": ("1.17", "", "", ""),
        "CSIStorageCapacity": ("1.24", "", "", ""),
        "StorageClass": ("1.6", "", "", ""),
        "VolumeAttachment": ("1.13", "", "", ""),
        "VolumeAttributesClass": ("1.34", "", "", ""),
    },
    "storage.k8s.io/v1alpha1": {
        "CSIStorageCapacity": ("1.19", "1.21", "1.24", "storage.k8s.io/v1beta1 CSIStorageCapacity"),
        "VolumeAttachment": ("1.9", "1.21", "1.24", "storage.k8s.io/v1 VolumeAttachment"),
        "VolumeAttributesClass": (
            "1.29",
            "1.32",
            "1.35",
            "storage.k8s.io/v1 VolumeAttributesClass",
        ),
    },
    "storage.k8s.io/v1beta1": {
        "CSIDriver": ("1.14", "1.19", "1.22", "storage.k8s.io/v1 CSIDriver"),
        "CSINode": ("1.14", "1.17", "1.22", "storage.k8s.io/v1 CSINode"),
        "CSIStorageCapacity": ("1.21", "1.24", "1.27", "storage.k8s.io/v1 CSIStorageCapacity"),
        "StorageClass": ("1.4", "1.19", "1.22", "storage.k8s.io/v1 StorageClass"),
        "VolumeAttachment": ("1.10", "1.19", "1.22", "storage.k8s.io/v1 VolumeAttachment"),
        "VolumeAttributesClass": (
            "1.31",
            "1.34",
            "1.37",
            "storage.k8s.io/v1 VolumeAttributesClass",
        ),
    },
    "storagemigration.k8s.io/v1alpha1": {
        "StorageVersionMigration": ("1.30", "1.33", "1.36", ""),
    },
    "storagemigration.k8s.io/v1beta1": {
        "StorageVersionMigration": ("1.35", "1.38", "1.41", ""),
    },
    "v1": {
        "Binding": ("1.0", "", "", ""),
        "ConfigMap": ("1.2", "", "", ""),
        "Endpoints": ("1.0", "", "", ""),
        "Event": ("1.0", "", "", ""),
        "LimitRange": ("1.0", "", "", ""),
        "List": ("1.0", "", "", ""),
        "Namespace": ("1.0", "", "", ""),
        "Node": ("1.0", "", "", ""),
        "NodeProxyOptions": ("1.2", "", "", ""),
        "PersistentVolume": ("1.0", "", "", ""),
        "PersistentVolumeClaim": ("1.0", "", "", ""),
        "Pod": ("1.0", "", "", ""),
        "PodAttachOptions": ("1.1", "", "", ""),
        "PodExecOptions": ("1.0", "", "", ""),
        "PodLogOptions": ("1.0", "", "", ""),
        "PodPortForwardOptions": ("1.6", "", "", ""),
        "PodProxyOptions": ("1.0", "", "", ""),
        "PodStatusResult": ("1.0", "", "", ""),
        "PodTemplate": ("1.0", "", "", ""),
        "RangeAllocation": ("1.0", "", "", ""),
        "ReplicationController": ("1.0", "", "", ""),
        "ResourceQuota": ("1.0", "", "", ""),
        "Secret": ("1.0", "", "", ""),
        "SerializedReference": ("1.0", "", "", ""),
        "Service": ("1.0", "", "", ""),
        "ServiceAccount": ("1.0", "", "", ""),
        "ServiceProxyOptions": ("1.2", "", "", ""),
    },
}
