"""Leader election of the official Python client, with Leases and with ConfigMaps."""

from collections.abc import Callable
from typing import Any

import pytest

from kconv import load_scheme
from serve.conftest import Running

kubernetes = pytest.importorskip("kubernetes")
locks = "kubernetes.leaderelection.resourcelock"
lease_lock: Any = pytest.importorskip(f"{locks}.leaselock")
config_map_lock: Any = pytest.importorskip(f"{locks}.configmaplock")
election: Any = pytest.importorskip("kubernetes.leaderelection.leaderelection")
settings: Any = pytest.importorskip("kubernetes.leaderelection.electionconfig")


def test_one_of_two_leads(serve: Callable[..., Running]) -> None:
    kinds = load_scheme([""], ["kconv_schemas.coordination:register"])
    configuration = kubernetes.client.Configuration()
    configuration.host = serve(kinds=kinds).url
    configuration.no_proxy = "127.0.0.1"
    with kubernetes.client.ApiClient(configuration) as api:

        def candidate(lock: Any, use: Any) -> Any:
            lock.api_instance = use(api)
            config = settings.Config(lock, 30, 20, 2, lambda: None, None)
            return election.LeaderElection(config)

        for make, use in (
            (lease_lock.LeaseLock, kubernetes.client.CoordinationV1Api),
            (config_map_lock.ConfigMapLock, kubernetes.client.CoreV1Api),
        ):
            one, two = (candidate(make("lock", "default", name), use) for name in ("one", "two"))
            assert one.try_acquire_or_renew()
            assert not two.try_acquire_or_renew(), "it is held"
            assert one.try_acquire_or_renew(), "it is renewed"
            # Somebody who has seen what is no longer so does not get it.
            stale = one.election_config.lock
            stale.get("lock", "default")
            two.try_acquire_or_renew()
            two.observed_time_milliseconds = 0
            assert two.try_acquire_or_renew(), "its time is over"
            assert not stale.update("lock", "default", one.observed_record)
            assert not one.try_acquire_or_renew()
        older = kubernetes.client.CustomObjectsApi(api).get_namespaced_custom_object(
            "coordination.k8s.io", "v1beta1", "default", "leases", "lock"
        )
        assert older["spec"]["holderIdentity"] == "two"
