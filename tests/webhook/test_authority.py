"""Certificates that a webhook signs for itself: who trusts the bundle trusts what is served."""

from __future__ import annotations

import datetime
import random
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from kconv import UsageError
from kconv._webhook.authority import (
    AUTHORITY_LIFE,
    CERTIFICATE_LIFE,
    DAY,
    SETTLE,
    Authority,
    SignedPair,
    advance,
    authority_of,
    split,
)

NAMES = ["hook.gadgets.svc", "hook.gadgets.svc.cluster.local"]
BEGIN = 1_800_000_000.0


def trusts(bundle: bytes, certificate: bytes, now: float, name: str = NAMES[0]) -> bool:
    """Whether a client with a bundle takes a certificate for that of a host."""
    store = Store(x509.load_pem_x509_certificates(bundle))
    at = datetime.datetime.fromtimestamp(now, datetime.UTC)
    verifier = PolicyBuilder().store(store).time(at).build_server_verifier(x509.DNSName(name))
    try:
        verifier.verify(x509.load_pem_x509_certificate(certificate), [])
    except VerificationError:
        return False
    return True


def test_replicas_and_clients_that_lag_behind_always_fit_together() -> None:
    """Three years, with replicas that serve what was up to three looks ago."""
    chosen = random.Random(17)
    now, state = BEGIN, advance(None, NAMES, BEGIN, is_known=False)
    known = [state.bundle]
    lagging: list[Authority] = [state] * 3
    signers, renewals, quiet = {state.signer.certificate}, 0, 0
    while now < BEGIN + 3 * AUTHORITY_LIFE:
        # Looks of 30 s while there is something new, else a day at a time.
        now += 30.0 if quiet < 25 else DAY * chosen.uniform(1.0, 3.0)
        after = advance(state, NAMES, now, is_known=known[0] == state.bundle)
        quiet = 0 if after != state else quiet + 1
        renewals += after.served != state.served
        state = after
        signers.add(state.signer.certificate)
        # Clients hear of a bundle at the next look, or at the one after it; replicas likewise.
        known = [state.bundle] if chosen.random() < 0.5 else known
        lagging = [*lagging[1:], state]
        for certificate in {each.served.certificate for each in lagging}:
            assert trusts(known[0], certificate, now), f"after {(now - BEGIN) / DAY:.1f} days"
        if not quiet:
            assert authority_of(state.data()) == state
    assert len(signers) >= 4, "authorities have followed each other"
    assert renewals >= 3 * AUTHORITY_LIFE / CERTIFICATE_LIFE
    assert len(state.trusted) <= 3, "those that have run out are not trusted any more"


def test_a_new_authority_signs_only_once_everybody_has_had_it_for_a_while() -> None:
    state = advance(None, NAMES, BEGIN, is_known=True)
    assert advance(state, NAMES, BEGIN + 20 * DAY, is_known=True) == state
    late = BEGIN + AUTHORITY_LIFE * 0.7
    one = advance(state, NAMES, late, is_known=True)
    assert one.following is not None
    assert one.signer == state.signer
    assert split(one.bundle) == [state.signer.certificate, one.following.certificate]
    assert one.served != state.served, "that is old by now, too"
    assert advance(one, NAMES, late, is_known=True) == one
    for soon, is_known in ((SETTLE - 1, True), (30 * DAY, False)):
        assert advance(one, NAMES, late + soon, is_known=is_known).signer == state.signer
    two = advance(one, NAMES, late + SETTLE, is_known=True)
    assert (two.signer, two.following) == (one.following, None)
    assert two.former == (state.signer.certificate,)
    assert trusts(one.bundle, two.served.certificate, late + SETTLE)
    assert not trusts(state.bundle, two.served.certificate, late + SETTLE)
    gone = advance(two, NAMES, BEGIN + AUTHORITY_LIFE + 1, is_known=True)
    assert gone.former == ()
    # Nobody has looked for two years: there is no one left to wait for.
    asleep = advance(one, NAMES, BEGIN + AUTHORITY_LIFE + 1, is_known=False)
    assert asleep.signer == one.following


def test_no_certificate_outlives_who_signed_it() -> None:
    state = advance(None, NAMES, BEGIN, is_known=False)
    late = advance(state, NAMES, BEGIN + 0.9 * AUTHORITY_LIFE, is_known=False)
    assert late.served != state.served
    one, other = (
        x509.load_pem_x509_certificate(each).not_valid_after_utc
        for each in (late.served.certificate, late.signer.certificate)
    )
    assert one == other


def test_what_is_served_and_no_client_takes_is_made_anew() -> None:
    state = advance(None, NAMES, BEGIN, is_known=True)
    stranger = advance(None, NAMES, BEGIN, is_known=True).served
    ahead = advance(state, ["other"], BEGIN + 300 * DAY, is_known=False).served
    without_names = state.signer
    for said, served in (
        ("of another authority", stranger),
        ("of another key", SignedPair(state.served.certificate, stranger.key)),
        ("without a key", SignedPair(state.served.certificate, b"")),
        ("without names", without_names),
        ("made ahead of time", ahead),
    ):
        found = advance(replace(state, served=served), NAMES, BEGIN, is_known=True)
        assert found.signer == state.signer, said
        assert trusts(state.bundle, found.served.certificate, BEGIN), said
        assert found.served != served, said
    assert advance(state, NAMES, BEGIN, is_known=True) == state


def test_keys_are_not_shown() -> None:
    state = advance(None, NAMES, BEGIN, is_known=True)
    late = advance(state, NAMES, BEGIN + 0.7 * AUTHORITY_LIFE, is_known=True)
    assert late.following is not None
    assert "PRIVATE" not in f"{late} {late.served} {late!r}"


def test_other_names_are_signed_for_at_once() -> None:
    state = advance(None, NAMES, BEGIN, is_known=True)
    other = advance(state, ["other.gadgets.svc"], BEGIN + 1, is_known=True)
    assert other.signer == state.signer
    assert trusts(other.bundle, other.served.certificate, BEGIN + 1, "other.gadgets.svc")
    assert not trusts(other.bundle, other.served.certificate, BEGIN + 1)


def test_secrets_of_something_else_are_named() -> None:
    data = advance(None, NAMES, BEGIN, is_known=True).data()
    other = advance(None, NAMES, BEGIN, is_known=True).data()
    cases = {
        "it has no 'signer.crt'": {"tls.crt": b"", "tls.key": b""},
        "MalformedFraming|Unable to load": data | {"tls.crt": b"x"},
        "not that of its certificate": data | {"signer.key": other["signer.key"]},
        "certificates of a kconv webhook": data | {"signer.key": b"x"},
        "PEM": data | {"former.crt": b"-----BEGIN CERTIFICATE-----\nx"},
    }
    for said, given in cases.items():
        with pytest.raises(UsageError, match=said):
            authority_of(given)
