"""Bytes, hashes and media types (contract 2.10.3)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import mimetypes
from typing import Final

from tieline.expressions.coerce import to_buffer, to_text
from tieline.expressions.errors import DataError, RuntimeError_, shorten
from tieline.expressions.functions.registry import Any_, Bytes, Text, group
from tieline.expressions.values import Buffer, Value

text = group("text")

_TYPES: Final = {
    "avif": "image/avif",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "eml": "message/rfc822",
    "gz": "application/gzip",
    "heic": "image/heic",
    "ics": "text/calendar",
    "jpg": "image/jpeg",
    "md": "text/markdown",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ogg": "audio/ogg",
    "otf": "font/otf",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "rtf": "application/rtf",
    "svg": "image/svg+xml",
    "tsv": "text/tab-separated-values",
    "ttf": "font/ttf",
    "vcf": "text/vcard",
    "wav": "audio/wav",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}
"""Common types the standard library does not know, or names differently from one version to the next."""

_STANDARD: Final = mimetypes.MimeTypes()


@text(
    "toBinary(v; [enc])",
    "The value as bytes; with `hex` or `base64` the text is decoded.",
    example='toBinary("TWFrZQ=="; "base64")',
    result={"$bin": "4d616b65"},
)
def to_binary(v: Any_, enc: Text = "text") -> Buffer:
    if isinstance(v, Buffer):
        return v
    return to_buffer(v) if enc.lower() in {"text", "utf8", "utf-8"} else Buffer(_decoded(to_text(v), enc))


@text("base64(t)", "Base64 with padding.", example='base64("Make")', result="TWFrZQ==")
def base64_(t: Bytes) -> str:
    return base64.b64encode(t.data).decode("ascii")


@text("md5(t)", "The MD5 hash in hex.", example='md5("Make")', result="529a05ca6c1263aab080ec4f20754411")
def md5(t: Bytes) -> str:
    return hashlib.md5(t.data, usedforsecurity=False).hexdigest()


_HASH_HELP = (
    "hash; `enc` is hex, base64 or latin1. With a key it is an HMAC; "
    "`keyEnc` is text, hex, base64 or binary (the key is a buffer)."
)


@text(
    "sha1(t; [enc]; [key]; [keyEnc])",
    f"The SHA-1 {_HASH_HELP}",
    example='sha1("workfront")',
    result="b2b30b8ae1f9e5b40fbb0696eaabdbfd8d0c087f",
)
def sha1(t: Bytes, enc: Text = "hex", key: Any_ = None, key_enc: Text = "text") -> str:
    return _hash("sha1", t, enc, key, key_enc)


@text(
    "sha256(t; [enc]; [key]; [keyEnc])",
    f"The SHA-256 {_HASH_HELP}",
    example='sha256("Make"; "hex"; "key")',
    result="b84abf7f8352c0fda7f439bbf261951f1ed0ed5bb549b87dd5e92796735b624e",
)
def sha256(t: Bytes, enc: Text = "hex", key: Any_ = None, key_enc: Text = "text") -> str:
    return _hash("sha256", t, enc, key, key_enc)


@text(
    "sha512(t; [enc]; [key]; [keyEnc])",
    f"The SHA-512 {_HASH_HELP}",
    example='substring(sha512("Make"; "base64"); 0; 16)',
    result="6AAM0PuPrhjKqNqm",
)
def sha512(t: Bytes, enc: Text = "hex", key: Any_ = None, key_enc: Text = "text") -> str:
    return _hash("sha512", t, enc, key, key_enc)


@text(
    "mime(fileName)",
    "The media type that belongs to the extension of a file name.",
    example='mime("picture.png")',
    result="image/png",
)
def mime(file_name: Text) -> str:
    extension = file_name.rpartition(".")[2].lower()
    if extension in _TYPES:
        return _TYPES[extension]
    return _STANDARD.types_map[True].get(f".{extension}", "application/octet-stream")


def _hash(algorithm: str, data: Buffer, enc: str, key: Value, key_enc: str) -> str:
    if key is None:
        digest = hashlib.new(algorithm, data.data, usedforsecurity=False).digest()
    else:
        digest = hmac.digest(_key(key, key_enc), data.data, algorithm)
    match enc.lower():
        case "hex":
            return digest.hex()
        case "base64":
            return base64.b64encode(digest).decode("ascii")
        case "latin1" | "binary":
            return digest.decode("latin-1")
    raise DataError(f"'{shorten(enc)}' is not an encoding of a hash", suggestion="use hex, base64 or latin1")


def _key(key: Value, encoding: str) -> bytes:
    match encoding.lower():
        case "text" | "utf8" | "utf-8":
            return to_buffer(key).data
        case "binary":
            if isinstance(key, Buffer):
                return key.data
            raise RuntimeError_("with the key encoding binary the key must be a buffer")
    return _decoded(to_text(key), encoding)


def _decoded(text: str, encoding: str) -> bytes:
    """The bytes a hex or base64 text stands for; base64 also URL-safe and without padding."""
    bare = "".join(text.split())
    try:
        match encoding.lower():
            case "hex":
                return bytes.fromhex(bare)
            case "base64" | "base64url":
                bare = bare.rstrip("=").replace("-", "+").replace("_", "/")
                return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
            case "latin1" | "binary":
                return text.encode("latin-1")
            case "ascii":
                return text.encode("ascii")
    except (ValueError, binascii.Error):
        raise DataError(f"'{shorten(text)}' is not {encoding}") from None
    raise DataError(f"'{shorten(encoding)}' is not an encoding", suggestion="use hex or base64")
