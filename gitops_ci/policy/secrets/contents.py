"""What a file's bytes are: text in some encoding, a key store, or something that is not searched."""

from __future__ import annotations

import codecs

_SAMPLE = 8_000  # bytes, as git looks at for the same question
_CONTROLS = bytes({*range(32), 127} - {9, 10, 12, 13, 27})
_MOST_CONTROLS = 0.02  # of a text; compressed data has a tenth
_UTF16_ZEROS = 0.3  # of the bytes, where no mark tells the encoding
LFS = b"version https://git-lfs.github.com/spec/"

_RSA = b"\x02\x01\x00\x02\x82"
_PKCS8 = b"\x02\x01\x00\x30"
_PKCS12 = b"\x02\x01\x03\x30"
_JKS = b"\xfe\xed\xfe\xed"
_JKS_PRIVATE = b"\x00\x00\x00\x01"


def text(content: bytes) -> str | None:
    """The text of a file, whatever its encoding (UTF-8, or UTF-16 as Windows writes it); None where it is none.

    Bytes that are not valid become a sign of their own: they hide nothing of what stands beside them.
    """
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if content.startswith(mark):
            return content[2:].decode(encoding, "replace")
    sample = content[:_SAMPLE]
    if b"\0" in sample:
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if len(sample) >= 4 and sample[start::2].count(0) >= 2 * _UTF16_ZEROS * (len(sample) // 2):
                return content.decode(encoding, "replace")
    if len(sample) - len(sample.translate(None, _CONTROLS)) > _MOST_CONTROLS * len(sample):
        return None
    return content.decode("utf-8", "replace").removeprefix("\ufeff")


def key_store(content: bytes) -> str | None:
    """What kind of private key a binary file is: DER, PKCS#12, or a Java key store whose first entry is one."""
    if content.startswith(_JKS):
        return "Java key store" if content[12:16] == _JKS_PRIVATE else None
    if content[:2] != b"\x30\x82":
        return None
    head = content[4:9]
    if head.startswith(_PKCS12):
        return "PKCS#12 key store"
    return "DER private key" if head == _RSA or head.startswith(_PKCS8) else None
