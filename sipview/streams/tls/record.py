"""What a TLS record begins with (RFC 8446 5.1)."""

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
LONGEST_FRAGMENT = (1 << 14) + 2048


def begins_tls(data: bytes | bytearray) -> bool:
    """Whether these bytes begin with the header of a TLS record."""
    return (
        len(data) >= 5
        and CHANGE_CIPHER_SPEC <= data[0] <= APPLICATION_DATA
        and data[1] == 3
        and data[2] <= 4
        and 0 < int.from_bytes(data[3:5], "big") <= LONGEST_FRAGMENT
    )
