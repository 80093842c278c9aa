"""PodSecurityPolicy, which Kubernetes 1.25 removed without a successor; extensions had it first."""

from __future__ import annotations

from kconv import Deprecation, Resource, Scheme, Type, hub_of
from kconv.edges import Edge
from kconv.fields import Boolean, Int32, Int64, List, Object, String
from kconv_schemas.core.v1.types import SELinuxOptions


class AllowedCSIDriver(Type):
    """AllowedCSIDriver of policy/v1beta1."""

    name = String(required=True)


class AllowedFlexVolume(Type):
    """AllowedFlexVolume of policy/v1beta1."""

    driver = String(required=True)


class AllowedHostPath(Type):
    """AllowedHostPath of policy/v1beta1."""

    pathPrefix = String()
    readOnly = Boolean()


class IDRange(Type):
    """IDRange of policy/v1beta1."""

    max = Int64(required=True)
    min = Int64(required=True)


class HostPortRange(Type):
    """HostPortRange of policy/v1beta1."""

    max = Int32(required=True)
    min = Int32(required=True)


class GroupStrategyOptions(Type):
    """FSGroupStrategyOptions and SupplementalGroupsStrategyOptions of policy/v1beta1."""

    ranges = List(Object(IDRange))
    rule = String()


class RunAsStrategyOptions(Type):
    """RunAsUserStrategyOptions and RunAsGroupStrategyOptions of policy/v1beta1."""

    ranges = List(Object(IDRange))
    rule = String(required=True)


class RuntimeClassStrategyOptions(Type):
    """RuntimeClassStrategyOptions of policy/v1beta1."""

    allowedRuntimeClassNames = List(String(), required=True)
    defaultRuntimeClassName = String()


class SELinuxStrategyOptions(Type):
    """SELinuxStrategyOptions of policy/v1beta1."""

    rule = String(required=True)
    seLinuxOptions = Object(SELinuxOptions)


class PodSecurityPolicySpec(Type):
    """PodSecurityPolicySpec of policy/v1beta1."""

    allowPrivilegeEscalation = Boolean(load_default=True)
    allowedCSIDrivers = List(Object(AllowedCSIDriver))
    allowedCapabilities = List(String())
    allowedFlexVolumes = List(Object(AllowedFlexVolume))
    allowedHostPaths = List(Object(AllowedHostPath))
    allowedProcMountTypes = List(String())
    allowedUnsafeSysctls = List(String())
    defaultAddCapabilities = List(String())
    defaultAllowPrivilegeEscalation = Boolean()
    forbiddenSysctls = List(String())
    fsGroup = Object(GroupStrategyOptions, required=True)
    hostIPC = Boolean()
    hostNetwork = Boolean()
    hostPID = Boolean()
    hostPorts = List(Object(HostPortRange))
    privileged = Boolean()
    readOnlyRootFilesystem = Boolean()
    requiredDropCapabilities = List(String())
    runAsGroup = Object(RunAsStrategyOptions)
    runAsUser = Object(RunAsStrategyOptions, required=True)
    runtimeClass = Object(RuntimeClassStrategyOptions)
    seLinux = Object(SELinuxStrategyOptions, required=True)
    supplementalGroups = Object(GroupStrategyOptions, required=True)
    volumes = List(String())


class PodSecurityPolicy(Resource):
    """The kind PodSecurityPolicy of policy/v1beta1."""

    class Meta:
        group = "policy"
        version = "v1beta1"
        plural = "podsecuritypolicies"
        short_names = ("psp",)
        namespaced = False
        subresources = ()
        deprecated = Deprecation(since="1.21", removed_in="1.25")

    spec = Object(PodSecurityPolicySpec)


class FormerPodSecurityPolicy(PodSecurityPolicy):
    """The kind PodSecurityPolicy of extensions/v1beta1."""

    class Meta(PodSecurityPolicy.Meta):
        group = "extensions"
        kind = "PodSecurityPolicy"
        deprecated = Deprecation(
            since="1.11", removed_in="1.16", replacement="policy/v1beta1 PodSecurityPolicy"
        )


def register(scheme: Scheme) -> None:
    """Add the policies to a scheme, of both groups that had them."""
    scheme.add(
        hub_of(PodSecurityPolicy),
        Edge(PodSecurityPolicy),
        Edge(FormerPodSecurityPolicy),
        storage="policy/v1beta1",
    )
