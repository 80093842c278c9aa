"""Which function registers which kinds: so a group is loaded when an object asks for it.

What `register` of batch, autoscaling and core adds is there from the start, and not in here.
"""

from __future__ import annotations

INDEX: dict[str, dict[str, tuple[str, ...]]] = {
    "kconv_schemas.admissionregistration:register": {
        "admissionregistration.k8s.io/v1": (
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ),
        "admissionregistration.k8s.io/v1alpha1": (
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
        ),
        "admissionregistration.k8s.io/v1beta1": (
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ),
    },
    "kconv_schemas.apiextensions:register": {
        "apiextensions.k8s.io/v1": ("CustomResourceDefinition",),
        "apiextensions.k8s.io/v1beta1": ("CustomResourceDefinition",),
    },
    "kconv_schemas.apiregistration:register": {
        "apiregistration.k8s.io/v1": ("APIService",),
        "apiregistration.k8s.io/v1beta1": ("APIService",),
    },
    "kconv_schemas.apiserverinternal:register": {
        "internal.apiserver.k8s.io/v1alpha1": ("StorageVersion",),
    },
    "kconv_schemas.apps:register": {
        "apps/v1": ("ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
        "apps/v1beta1": ("ControllerRevision", "Deployment", "DeploymentRollback", "StatefulSet"),
        "apps/v1beta2": (
            "ControllerRevision",
            "DaemonSet",
            "Deployment",
            "ReplicaSet",
            "StatefulSet",
        ),
        "extensions/v1beta1": ("DaemonSet", "Deployment", "DeploymentRollback", "ReplicaSet"),
    },
    "kconv_schemas.authentication:register": {
        "authentication.k8s.io/v1": ("SelfSubjectReview", "TokenRequest", "TokenReview"),
        "authentication.k8s.io/v1alpha1": ("SelfSubjectReview",),
        "authentication.k8s.io/v1beta1": ("SelfSubjectReview", "TokenReview"),
    },
    "kconv_schemas.authorization:register": {
        "authorization.k8s.io/v1": (
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ),
        "authorization.k8s.io/v1beta1": (
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ),
    },
    "kconv_schemas.autoscaling.former:register": {
        "autoscaling/v1": ("HorizontalPodAutoscaler",),
        "autoscaling/v2": ("HorizontalPodAutoscaler",),
        "autoscaling/v2beta1": ("HorizontalPodAutoscaler",),
        "autoscaling/v2beta2": ("HorizontalPodAutoscaler",),
    },
    "kconv_schemas.autoscaling.scale:register": {
        "apps/v1beta1": ("Scale",),
        "apps/v1beta2": ("Scale",),
        "autoscaling/v1": ("Scale",),
        "extensions/v1beta1": ("Scale",),
    },
    "kconv_schemas.certificates:register": {
        "certificates.k8s.io/v1": ("CertificateSigningRequest",),
        "certificates.k8s.io/v1alpha1": ("ClusterTrustBundle",),
        "certificates.k8s.io/v1beta1": (
            "CertificateSigningRequest",
            "ClusterTrustBundle",
            "PodCertificateRequest",
        ),
    },
    "kconv_schemas.coordination:register": {
        "coordination.k8s.io/v1": ("Lease",),
        "coordination.k8s.io/v1alpha2": ("LeaseCandidate",),
        "coordination.k8s.io/v1beta1": ("Lease", "LeaseCandidate"),
    },
    "kconv_schemas.core.cluster:register": {
        "v1": (
            "ComponentStatus",
            "LimitRange",
            "Node",
            "RangeAllocation",
            "ResourceQuota",
            "ServiceAccount",
        ),
    },
    "kconv_schemas.core.pod_kinds:register": {
        "v1": ("Binding", "Pod", "PodStatusResult", "PodTemplate", "ReplicationController"),
    },
    "kconv_schemas.core.services:register": {
        "v1": ("Endpoints", "Service"),
    },
    "kconv_schemas.core.volumes:register": {
        "v1": ("PersistentVolume", "PersistentVolumeClaim"),
    },
    "kconv_schemas.discovery:register": {
        "discovery.k8s.io/v1": ("EndpointSlice",),
        "discovery.k8s.io/v1beta1": ("EndpointSlice",),
    },
    "kconv_schemas.flowcontrol:register": {
        "flowcontrol.apiserver.k8s.io/v1": ("FlowSchema", "PriorityLevelConfiguration"),
        "flowcontrol.apiserver.k8s.io/v1beta1": ("FlowSchema", "PriorityLevelConfiguration"),
        "flowcontrol.apiserver.k8s.io/v1beta2": ("FlowSchema", "PriorityLevelConfiguration"),
        "flowcontrol.apiserver.k8s.io/v1beta3": ("FlowSchema", "PriorityLevelConfiguration"),
    },
    "kconv_schemas.imagepolicy:register": {
        "imagepolicy.k8s.io/v1alpha1": ("ImageReview",),
    },
    "kconv_schemas.networking:register": {
        "extensions/v1beta1": ("Ingress", "NetworkPolicy"),
        "networking.k8s.io/v1": (
            "IPAddress",
            "Ingress",
            "IngressClass",
            "NetworkPolicy",
            "ServiceCIDR",
        ),
        "networking.k8s.io/v1beta1": ("IPAddress", "Ingress", "IngressClass", "ServiceCIDR"),
    },
    "kconv_schemas.node:register": {
        "node.k8s.io/v1": ("RuntimeClass",),
        "node.k8s.io/v1alpha1": ("RuntimeClass",),
        "node.k8s.io/v1beta1": ("RuntimeClass",),
    },
    "kconv_schemas.policy:register": {
        "policy/v1": ("Eviction", "PodDisruptionBudget"),
        "policy/v1beta1": ("Eviction", "PodDisruptionBudget"),
    },
    "kconv_schemas.policy.pod_security:register": {
        "extensions/v1beta1": ("PodSecurityPolicy",),
        "policy/v1beta1": ("PodSecurityPolicy",),
    },
    "kconv_schemas.rbac:register": {
        "rbac.authorization.k8s.io/v1": (
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
        ),
        "rbac.authorization.k8s.io/v1alpha1": (
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
        ),
        "rbac.authorization.k8s.io/v1beta1": (
            "ClusterRole",
            "ClusterRoleBinding",
            "Role",
            "RoleBinding",
        ),
    },
    "kconv_schemas.resource:register": {
        "resource.k8s.io/v1": (
            "DeviceClass",
            "ResourceClaim",
            "ResourceClaimTemplate",
            "ResourceSlice",
        ),
        "resource.k8s.io/v1alpha3": ("DeviceTaintRule", "ResourcePoolStatusRequest"),
        "resource.k8s.io/v1beta1": (
            "DeviceClass",
            "ResourceClaim",
            "ResourceClaimTemplate",
            "ResourceSlice",
        ),
        "resource.k8s.io/v1beta2": (
            "DeviceClass",
            "DeviceTaintRule",
            "ResourceClaim",
            "ResourceClaimTemplate",
            "ResourceSlice",
        ),
    },
    "kconv_schemas.scheduling:register": {
        "scheduling.k8s.io/v1": ("PriorityClass",),
        "scheduling.k8s.io/v1alpha2": ("PodGroup", "Workload"),
        "scheduling.k8s.io/v1beta1": ("PriorityClass",),
    },
    "kconv_schemas.storage:register": {
        "storage.k8s.io/v1": (
            "CSIDriver",
            "CSINode",
            "CSIStorageCapacity",
            "StorageClass",
            "VolumeAttachment",
            "VolumeAttributesClass",
        ),
        "storage.k8s.io/v1alpha1": (
            "CSIStorageCapacity",
            "VolumeAttachment",
            "VolumeAttributesClass",
        ),
        "storage.k8s.io/v1beta1": (
            "CSIDriver",
            "CSINode",
            "CSIStorageCapacity",
            "StorageClass",
            "VolumeAttachment",
            "VolumeAttributesClass",
        ),
    },
    "kconv_schemas.storagemigration:register": {
        "storagemigration.k8s.io/v1beta1": ("StorageVersionMigration",),
    },
}
