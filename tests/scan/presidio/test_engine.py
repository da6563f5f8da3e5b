"""Presidio as it is set up: nothing is fetched, nothing is given up on, domains are looked up once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from presidio_analyzer.predefined_recognizers import EmailRecognizer
from tldextract import TLDExtract

from proxy.scan.presidio.engine import analyzer_engine, no_model
from proxy.scan.settings import PHONE_REGIONS

ENGINE = analyzer_engine(no_model(), PHONE_REGIONS)
(EMAIL,) = [r for r in ENGINE.registry.recognizers if isinstance(r, EmailRecognizer)]
OFFLINE = TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)


@given(
    user=st.text(alphabet=st.sampled_from("ab.+-_/?#:[]@!%1é"), min_size=1, max_size=8),
    domain=st.sampled_from(["example.com", "x.co.uk", "nowhere.invalidtld", "a_b.com", "münchen.de", "x.internal"]),
)
def test_an_address_is_valid_where_presidio_says_so(user: str, domain: str) -> None:
    address = f"{user}@{domain}"
    assert EMAIL.validate_result(address) is (OFFLINE(address).fqdn != "")


def test_the_language_model_is_no_recognizer_without_it() -> None:
    assert "SpacyRecognizer" not in {r.name for r in ENGINE.registry.recognizers}
