"""The filter of system calls, followed instruction by instruction: also for machines that this one is not."""

from __future__ import annotations

import struct

import pytest

from gitops_ci.system import wall_shim

ALLOWED, REFUSED = 0x7FFF0000, 0x00050001
X86, ARM, I386 = 0xC000003E, 0xC00000B7, 0x40000003
AF_UNIX, AF_INET, AF_NETLINK = 1, 2, 16
STREAM, DATAGRAM, CLOEXEC = 1, 2, 0o2000000


def outcome(code: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What the kernel would do with a call."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, *(*arguments, *[0] * 6)[:6])
    value, at = 0, 0
    for _ in range(1000):
        what, then, otherwise, operand = struct.unpack_from("=HBBI", code, at * 8)
        at += 1
        match what:
            case 0x20:
                value = struct.unpack_from("=I", data, operand)[0]
            case 0x54:
                value &= operand
            case 0x15:
                at += then if value == operand else otherwise
            case 0x35:
                at += then if value >= operand else otherwise
            case 0x06:
                return int(operand)
            case _:
                raise AssertionError(what)
    raise AssertionError("it does not end")


@pytest.mark.parametrize(("machine", "architecture"), [("x86_64", X86), ("aarch64", ARM)])
@pytest.mark.parametrize("serving", [False, True])
def test_calls_that_reach_beyond_the_wall_are_refused(machine: str, architecture: int, *, serving: bool) -> None:
    _, socket, connect, others = wall_shim._MACHINES[machine]
    code = wall_shim._filter(*wall_shim._MACHINES[machine], serving=serving)
    for number in (connect, *others):
        assert outcome(code, architecture, number) == REFUSED
    for number in (0, 1, 57, 63, 220, 300, 435):  # reading, writing, forking …
        assert outcome(code, architecture, number) == ALLOWED
    kinds = [(AF_UNIX, STREAM), (AF_UNIX, STREAM | CLOEXEC), (AF_UNIX, DATAGRAM), (AF_INET, STREAM), (AF_NETLINK, 3)]
    found = [outcome(code, architecture, socket, *each) == ALLOWED for each in kinds]
    assert found == [serving, serving, False, False, False]


def test_the_same_calls_under_other_numbers_are_refused() -> None:
    code = wall_shim._filter(*wall_shim._MACHINES["x86_64"], serving=True)
    assert outcome(code, I386, 1) == REFUSED
    assert outcome(code, X86, 0x40000000 + 41, AF_UNIX, STREAM) == REFUSED
    assert outcome(code, X86, 1) == ALLOWED
