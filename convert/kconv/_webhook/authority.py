"""The certificates of a webhook that signs for itself, and when they are followed by new ones.

A client that trusts a bundle must never meet a certificate that the bundle does not know. So a new
authority is in the bundle for a while before it signs anything, and the one before it stays there
until it runs out.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from kconv._errors import UsageError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

DAY: Final = 86400.0

AUTHORITY_LIFE: Final = 365 * DAY
CERTIFICATE_LIFE: Final = 90 * DAY
"""How long certificates are good for. They are followed when a third of that is left."""

SETTLE: Final = 600.0
"""Seconds for which everybody has to have had a bundle before its new authority signs."""

_SKEW: Final = 300.0
"""By how much a certificate is dated back: clocks differ."""

Data = Mapping[str, bytes]


class SignedPair(NamedTuple):
    """A certificate and its key, as PEM."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        # A key is in no log and no traceback.
        return "SignedPair(...)"


@dataclass(frozen=True, slots=True)
class Authority:
    """``signer`` signs now, ``following`` will, ``former`` have signed; ``served`` is served."""

    signer: SignedPair
    served: SignedPair
    following: SignedPair | None = None
    former: tuple[bytes, ...] = ()

    @property
    def trusted(self) -> tuple[bytes, ...]:
        """Every certificate that a client has to trust, the one that signs first."""
        following = () if self.following is None else (self.following.certificate,)
        return (self.signer.certificate, *following, *self.former)

    @property
    def bundle(self) -> bytes:
        """What a client has to trust, as PEM."""
        return b"".join(self.trusted)

    def data(self) -> dict[str, bytes]:
        """The data of the Secret that holds it. ``ca.crt`` is the bundle."""
        found = {
            "ca.crt": self.bundle,
            "tls.crt": self.served.certificate,
            "tls.key": self.served.key,
            "signer.crt": self.signer.certificate,
            "signer.key": self.signer.key,
            "former.crt": b"".join(self.former),
        }
        if self.following is not None:
            found |= {
                "following.crt": self.following.certificate,
                "following.key": self.following.key,
            }
        return found


def authority_of(data: Data) -> Authority:
    """What the data of a Secret hold. Raises `UsageError` for what `Authority.data` is not of.

    What is served may not fit, as `advance` makes another one of it.
    """
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        found = Authority(
            _pair_of(data, "signer"),
            _pair_of(data, "tls"),
            _pair_of(data, "following") if data.get("following.crt") else None,
            tuple(split(data.get("former.crt", b""))),
        )
        for pair in (found.signer, *((found.following,) if found.following else ())):
            _signing_key(pair)
    except (KeyError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        said = f"it has no {error}" if isinstance(error, KeyError) else str(error)
        raise UsageError(f"it does not hold the certificates of a kconv webhook: {said}") from None
    return found


def _pair_of(data: Data, name: str) -> SignedPair:
    # As `split` has it, or a bundle that was written by hand would never be that of a CRD.
    (certificate,) = split(data[f"{name}.crt"]) or [b""]
    return SignedPair(_pem(_read(certificate)), data[f"{name}.key"])


def split(bundle: bytes) -> list[bytes]:
    """The certificates of a bundle, each as PEM. Raises `ValueError`."""
    from cryptography import x509

    if not bundle.strip():
        return []
    return [_pem(each) for each in x509.load_pem_x509_certificates(bundle)]


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def advance(
    state: Authority | None, names: Sequence[str], now: float, *, is_known: bool
) -> Authority:
    """What the certificates should be now; the same where nothing is due.

    ``names`` are the hosts that the served certificate has to name. ``is_known`` says whether every
    client has the whole bundle of ``state``.
    """
    if state is None:
        signer = _made_authority(now)
        return Authority(signer, _issued(signer, names, now))
    state = replace(state, former=tuple(each for each in state.former if _ends(each) > now))
    signer = state.signer
    if state.following is None and _is_due(signer.certificate, now):
        state = replace(state, following=_made_authority(now))
    elif state.following is not None and (
        _ends(signer.certificate) <= now or (is_known and _age(state.following, now) >= SETTLE)
    ):
        signer, former = state.following, (signer.certificate, *state.former)
        return Authority(signer, _issued(signer, names, now), None, former)
    served = state.served
    renewing = _is_due(served.certificate, now) and _may_be_longer(served, signer, now)
    if renewing or not _is_good(served, state.trusted, names, now):
        state = replace(state, served=_issued(signer, names, now))
    return state


def _is_due(certificate: bytes, now: float) -> bool:
    found = _read(certificate)
    begins, ends = found.not_valid_before_utc.timestamp(), found.not_valid_after_utc.timestamp()
    return ends - now < (ends - begins) / 3


def _may_be_longer(served: SignedPair, signer: SignedPair, now: float) -> bool:
    """Whether a new certificate would end later: none outlives who signed it."""
    return min(now + CERTIFICATE_LIFE, _ends(signer.certificate)) > _ends(served.certificate)


def _is_good(
    served: SignedPair, trusted: Sequence[bytes], names: Sequence[str], now: float
) -> bool:
    """Whether clients can take what is served: it may have been edited, or made ahead of time."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    found = _read(served.certificate)
    if not found.not_valid_before_utc.timestamp() <= now < _ends(served.certificate):
        return False
    try:
        key = load_pem_private_key(served.key, None)
        if key.public_key() != found.public_key() or _names(found) != sorted(names):
            return False
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound):
        return False
    for each in trusted:
        with suppress(ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            found.verify_directly_issued_by(_read(each))
            return True
    return False


def _age(pair: SignedPair, now: float) -> float:
    return now - _read(pair.certificate).not_valid_before_utc.timestamp() - _SKEW


def _ends(certificate: bytes) -> float:
    return _read(certificate).not_valid_after_utc.timestamp()


def _names(certificate: x509.Certificate) -> list[str]:
    from cryptography import x509

    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return sorted(found.value.get_values_for_type(x509.DNSName))


def _read(certificate: bytes) -> x509.Certificate:
    from cryptography import x509

    return x509.load_pem_x509_certificate(certificate)


def _signing_key(pair: SignedPair) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(pair.key, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("its key is of another kind")
    if key.public_key() != _read(pair.certificate).public_key():
        raise ValueError("the key of an authority is not that of its certificate")
    return key


def _made_authority(now: float) -> SignedPair:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # Each has a name of its own, by which a client finds who signed a certificate.
    name = _named(f"kconv webhook {serial:x}")
    builder = _builder(name, name, key, serial, now, now + AUTHORITY_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    return _signed(builder, key, key)


def _issued(signer: SignedPair, names: Sequence[str], now: float) -> SignedPair:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(now + CERTIFICATE_LIFE, _ends(signer.certificate))
    builder = _builder(
        _named(names[0][:64]),
        _read(signer.certificate).subject,
        key,
        x509.random_serial_number(),
        now,
        ends,
    )
    alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
    builder = builder.add_extension(alternatives, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    builder = builder.add_extension(_usage(signs=False), critical=True)
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = builder.add_extension(server, critical=False)
    return _signed(builder, key, _signing_key(signer))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
    serial: int,
    now: float,
    ends: float,
) -> x509.CertificateBuilder:
    from cryptography import x509

    def at(seconds: float) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(at(now - _SKEW))
        .not_valid_after(at(ends))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _signed(
    builder: x509.CertificateBuilder,
    key: EllipticCurvePrivateKey,
    signing: EllipticCurvePrivateKey,
) -> SignedPair:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    made = builder.add_extension(identifier, critical=False).sign(signing, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SignedPair(_pem(made), private)


def _named(name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
