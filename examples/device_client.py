"""Devices in a program: typed objects, in whichever version a part of it knows, sync and async.

`python examples/device_client.py sqlite:///devices.db` keeps its devices there.
"""

import asyncio
import sys
from contextlib import suppress

import kconv
from devices import DeviceSpecV2, DeviceV1Alpha1, DeviceV2, Source, Stream, Zone, register
from kconv.fields import parse_duration
from kconv.meta import ObjectMeta


def scheme() -> kconv.Scheme:
    made = kconv.Scheme()
    register(made)
    return made.freeze()


def add(client: kconv.Client, name: str) -> DeviceV2:
    """A new device, with what the server fills in."""
    camera = DeviceV2(
        metadata=ObjectMeta(name=name, labels={"floor": "2"}),
        spec=DeviceSpecV2(host=f"{name}.example.com", zones=[Zone(title="door", top=1)]),
    )
    camera.spec.source = Source(stream=Stream(url=f"rtsp://{name}.example.com/live"))
    return client.create(camera)


def slow_down(client: kconv.Client, name: str) -> str:
    """Ask a device half as often; again, where somebody else was faster."""
    while True:
        camera = client.get(DeviceV2, name)
        seconds = parse_duration(camera.spec.pollInterval) // 10**9
        camera.spec.pollInterval = f"{seconds * 2}s"
        with suppress(kconv.Conflict):
            return client.update(camera).spec.pollInterval


def addresses(client: kconv.Client) -> dict[str, str]:
    """What a part of the program that was never changed reads: the first version."""
    return {
        device.metadata.name or "": device.spec.address
        for device in client.list(DeviceV1Alpha1, labels={"floor": "2"})
    }


async def switch_off(url: str) -> list[str]:
    """All devices, one after the other, on an event loop."""
    async with kconv.AsyncClient(scheme(), url) as client:
        off: list[str] = []
        for camera in await client.list(DeviceV2):
            camera.spec.power = "Off"
            written = await client.update(camera)
            off.append(f"{written.metadata.name} {written.spec.power}")
        return off


def main(url: str) -> None:
    with kconv.Client(scheme(), url) as client:
        add(client, "cam-1")
        print(slow_down(client, "cam-1"))
        print(addresses(client))
    print(*asyncio.run(switch_off(url)))


if __name__ == "__main__":
    main(*sys.argv[1:])
