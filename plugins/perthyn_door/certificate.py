"""Certificate: what lets tablets of this house speak with it in secret, made here, without anybody outside.

An authority of the house's own signs a certificate for the addresses of this machine. A browser does not know that
authority: it warns once, or not at all where ``desk-authority.pem`` has been installed on the tablet. Times and uses
are those that Apple asks for (https://support.apple.com/en-us/103769).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from perthyn.settings import write_whole

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

FOLDER = "perthyn.desk"
AUTHORITY_DAYS, DAYS, LEFT = 3650, 397, 30
"""How long the authority and a certificate last, and with how many days left a new one is made."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files that a server is given, and the authority's mark, by which a person can compare it."""

    chain: Path
    key: Path
    authority: Path
    mark: str


def certificate(folder: Path, names: Sequence[str], now: datetime) -> Certificate:
    """A certificate for these names and addresses: the one that is there, or a new one. Raises `OSError`."""
    place = folder / FOLDER
    place.mkdir(mode=0o700, exist_ok=True)
    found = Certificate(place / "desk.pem", place / "desk.key", place / "desk-authority.pem", "")
    authority, authority_key = _authority(found.authority, place / "authority.key", folder.resolve().name, now)
    if not _fits(found, names, now):
        made, key = _signed(names, authority, authority_key, now)
        write_whole(found.key, _key_text(key), secret=True)
        write_whole(found.chain, _text(made) + _text(authority))
    return Certificate(found.chain, found.key, found.authority, mark(authority))


def mark(authority: x509.Certificate) -> str:
    """The SHA-256 of a certificate as browsers show it: ``AB:CD:...``."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return sha256(authority.public_bytes(Encoding.DER)).digest().hex(":").upper()


def addresses() -> list[str]:
    """The addresses of this machine that others in the house may reach, the likeliest first; none without a network."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # nothing is sent; the system says which way it would go (RFC 5737)
            found.append(asked.getsockname()[0])
        except OSError:
            pass
    try:
        told = socket.gethostbyname_ex(socket.gethostname())[2]
    except OSError:
        told = []
    found += [one for one in told if one not in found]
    return [one for one in found if not ipaddress.ip_address(one).is_loopback]


def _authority(
    file: Path, key_file: Path, name: str, now: datetime
) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if file.exists() and key_file.exists():
        held = x509.load_pem_x509_certificate(file.read_bytes())
        held_key = load_pem_private_key(key_file.read_bytes(), None)
        if held.not_valid_after_utc - now > timedelta(days=DAYS) and isinstance(held_key, ec.EllipticCurvePrivateKey):
            return held, held_key
    key = ec.generate_private_key(ec.SECP256R1())
    me = _name(f"perthyn: {name[:40]}")
    made = (
        _begun(me, me, key, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_uses(key_cert_sign=True), critical=True)
    ).sign(key, _hash())
    write_whole(key_file, _key_text(key), secret=True)
    write_whole(file, _text(made))
    return made, key


def _signed(
    names: Sequence[str], authority: x509.Certificate, authority_key: EllipticCurvePrivateKey, now: datetime
) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        _begun(_name(names[0]), authority.subject, key, now, DAYS)
        .add_extension(x509.SubjectAlternativeName([_general(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_uses(digital_signature=True), critical=True)
    ).sign(authority_key, _hash())
    return made, key


def _begun(
    whose: x509.Name, by: x509.Name, key: EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(whose)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _fits(found: Certificate, names: Sequence[str], now: datetime) -> bool:
    from cryptography import x509

    if not (found.chain.exists() and found.key.exists()):
        return False
    held, authority = x509.load_pem_x509_certificates(found.chain.read_bytes())
    there = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        set(there) == {_general(one) for one in names}
        and held.not_valid_after_utc - now > timedelta(days=LEFT)
        and _text(authority) == found.authority.read_text(encoding="ascii")
    )


def _general(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(text: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _uses(**named: bool) -> x509.KeyUsage:
    from cryptography import x509

    all_of_them = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False
    )  # fmt: skip
    return x509.KeyUsage(**(all_of_them | named))


def _hash() -> hashes.SHA256:
    from cryptography.hazmat.primitives import hashes

    return hashes.SHA256()


def _text(made: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return made.public_bytes(Encoding.PEM).decode("ascii")


def _key_text(key: EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
