"""All steps in one table: which function takes which layer off."""

from sipview.index import (
    esp,
    exported,
    hep,
    links,
    networks,
    overlays,
    serial_links,
    system_links,
    transports,
    tunnels,
    wireless,
)
from sipview.index.layers import Layer, Step

_ROOMS = (links, serial_links, wireless, system_links, networks, tunnels, esp, transports, overlays, hep, exported)
STEPS: dict[Layer, Step] = {layer: step for room in _ROOMS for layer, step in room.STEPS.items()}
