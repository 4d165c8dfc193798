"""An Ethernet header for scapy's packets. It has addresses: without them scapy asks for them on this computer's network."""

from scapy.layers.l2 import Ether

ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
