"""Whether an address is this machine's own: what everybody knows, such as the demo's passwords, is good for nothing else."""

import ipaddress


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
