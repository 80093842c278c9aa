"""Names, labels, keys and paths, judged as Kubernetes' own functions judge them."""

from collections.abc import Callable
from pathlib import Path

from fidelity.test_decoding import peers
from fixtures.recorded import Case, LeftOut, verdict
from kconv import names

RULES: dict[str, Callable[[str], list[str]]] = {
    "IsConfigMapKey": names.config_key_problems,
    "IsDNS1035Label": names.dns1035_label_problems,
    "IsDNS1123Label": names.dns_label_problems,
    "IsDNS1123Subdomain": names.subdomain_problems,
    "IsDomainPrefixedPath": names.domain_prefixed_path_problems,
    "IsHTTPHeaderName": names.http_header_problems,
    "IsLabelKey": names.label_name_problems,
    "IsLabelValue": names.label_value_problems,
    "IsPathSegmentName": names.path_segment_problems,
    "IsPathSegmentPrefix": names.path_prefix_problems,
    "IsRelaxedEnvVarName": names.environment_variable_problems,
    "IsValidPercent": names.percent_problems,
    "IsValidPortName": names.port_name_problems,
}

LEFT_OUT = (
    LeftOut(
        "Kubernetes counts the same limit in bytes in one place, in characters in another",
        lambda case: "must be no more than 253 bytes" in case["expected"].get("errors", ()),
    ),
)


def test_names(reference: Path) -> None:
    def wrong(case: Case) -> str:
        given, expected = case["input"], case["expected"]
        problems = RULES[given["fn"]](given["value"])
        if "nerr" in expected:
            return "" if bool(problems) == bool(expected["nerr"]) else f"{given}: {problems}"
        return "" if problems == expected["errors"] else f"{given}: {problems}, not {expected}"

    cases = peers(reference, "names")
    assert {case["input"]["fn"] for case in cases} == set(RULES)
    assert verdict(cases, wrong, LEFT_OUT) == []


def test_addresses() -> None:
    good = ["10.9.8.7", "::1", "2001:db8::ffff", "255.255.255.255"]
    bad = ["", "1.2.3", "010.1.1.1", "fe80::1%eth0", "::ffff:1.2.3.4", "256.1.1.1", "localhost"]
    assert [text for text in good if names.ip_problems(text)] == []
    assert [text for text in bad if not names.ip_problems(text)] == []
